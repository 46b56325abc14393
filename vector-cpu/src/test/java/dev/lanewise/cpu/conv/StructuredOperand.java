package dev.lanewise.cpu.conv;

import java.util.Random;

/**
 * Stacks of planes with a structure, as they are hard for transforms: large numbers that keep to some places, so that those of
 * two operands may never meet at a tap, and numbers of many sizes.
 */
enum StructuredOperand {
    NORMAL(r -> (image, y, x) -> r.nextGaussian()),
    UNIFORM(r -> (image, y, x) -> 2 * r.nextDouble() - 1),
    RELU(r -> (image, y, x) -> Math.max(0, r.nextGaussian())),
    SELDOM_RELU(r -> {
        double bias = -1 - r.nextDouble();
        return (image, y, x) -> Math.max(0, r.nextGaussian() + bias);
    }),
    CONSTANT(r -> {
        double value = r.nextGaussian();
        return (image, y, x) -> value;
    }),
    ALMOST_CONSTANT(r -> (image, y, x) -> 1 + 0.01 * r.nextGaussian()),
    SIGNS(r -> (image, y, x) -> r.nextBoolean() ? 1 : -1),
    ALTERNATING(r -> (image, y, x) -> (y + x) % 2 == 0 ? 1 : -1),
    BITS(r -> {
        double share = r.nextDouble();
        return (image, y, x) -> r.nextDouble() < share ? 1 : 0;
    }),
    QUANTIZED(r -> {
        int levels = 2 << r.nextInt(7);
        return (image, y, x) -> Math.rint(r.nextGaussian() * levels / 4) / levels;
    }),
    SPARSE(r -> {
        double share = new double[] {0.01, 0.03, 0.1, 0.3, 0.5, 0.9}[r.nextInt(6)];
        return (image, y, x) -> r.nextDouble() < share ? r.nextGaussian() : 0;
    }),
    SPARSE_OVER_SMALL(r -> {
        double share = Math.pow(10, -3 * r.nextDouble());
        double small = small(r);
        return (image, y, x) -> r.nextGaussian() * (r.nextDouble() < share ? 1 : small);
    }),
    EXPONENTIAL(r -> (image, y, x) -> sign(r) * -Math.log(1 - r.nextDouble())),
    NARROW_LOGNORMAL(r -> (image, y, x) -> r.nextGaussian() * Math.exp(r.nextGaussian())),
    LOGNORMAL(r -> (image, y, x) -> sign(r) * Math.exp(2 * r.nextGaussian())),
    WIDE_LOGNORMAL(r -> (image, y, x) -> sign(r) * Math.exp(5 * r.nextGaussian())),
    CAUCHY(r -> (image, y, x) -> Math.tan(Math.PI * (r.nextDouble() - 0.5) * 0.99999)),
    CHECKERBOARD(r -> {
        int odd = r.nextInt(2);
        double small = small(r);
        return (image, y, x) -> large(r, (y + x) % 2 == odd, small);
    }),
    CHECKERBOARD_OF_ONES(r -> {
        int odd = r.nextInt(2);
        double small = small(r);
        return (image, y, x) -> (y + x) % 2 == odd ? 1 : small;
    }),
    LATTICE(r -> {
        int period = 2 + r.nextInt(7);
        int top = r.nextInt(period);
        int left = r.nextInt(period);
        double small = small(r);
        return (image, y, x) -> large(r, y % period == top && x % period == left, small);
    }),
    LATTICE_OF_ONES(r -> {
        int period = 2 + r.nextInt(4);
        int top = r.nextInt(period);
        int left = r.nextInt(period);
        double small = small(r);
        return (image, y, x) -> y % period == top && x % period == left ? 1 : small;
    }),
    LATTICE_OF_TILES(r -> {
        int top = r.nextInt(4);
        int left = r.nextInt(4);
        double small = small(r);
        return (image, y, x) -> large(r, y % 4 == top && x % 4 == left, small);
    }),
    LARGE_IN_LATTICE(r -> {
        Places lattice = places(LATTICE, r);
        return (image, y, x) -> lattice.at(image, y, x) * (r.nextInt(200) == 0 ? 20 : 1);
    }),
    ROWS(r -> {
        int period = 2 + r.nextInt(5);
        int first = r.nextInt(period);
        double small = small(r);
        return (image, y, x) -> large(r, y % period == first, small);
    }),
    COLUMNS(r -> {
        int period = 2 + r.nextInt(5);
        int first = r.nextInt(period);
        double small = small(r);
        return (image, y, x) -> large(r, x % period == first, small);
    }),
    DIAGONALS(r -> {
        int period = 3 + r.nextInt(5);
        int first = r.nextInt(period);
        double small = small(r);
        return (image, y, x) -> large(r, (y + 2 * x) % period == first, small);
    }),
    BLOCKS(r -> {
        int side = 2 + r.nextInt(6);
        int first = r.nextInt(2);
        double small = small(r);
        return (image, y, x) -> large(r, (y / side + x / side) % 2 == first, small);
    }),
    HALVES(r -> {
        int middle = 2 + r.nextInt(6);
        boolean above = r.nextBoolean();
        boolean first = r.nextBoolean();
        double small = small(r);
        return (image, y, x) -> large(r, (above ? y : x) < middle == first, small);
    }),
    EDGE(r -> {
        int which = r.nextInt(4);
        double small = small(r);
        return (image, y, x) -> large(r, (which < 2 ? y : x) == (which % 2 == 0 ? 0 : 5), small);
    }),
    CORNER(r -> {
        double large = Math.pow(10, 4 * r.nextDouble());
        return (image, y, x) -> y == 0 && x == 0 ? large : r.nextGaussian();
    }),
    IMAGES(r -> {
        int first = r.nextInt(2);
        double small = small(r);
        return (image, y, x) -> large(r, image % 2 == first, small);
    }),
    ONE_LARGE(r -> {
        int row = r.nextInt(6);
        int column = r.nextInt(6);
        double large = Math.pow(10, 1 + 3 * r.nextDouble());
        return (image, y, x) -> image == 0 && y == row && x == column ? large : r.nextGaussian();
    }),
    LARGE_OVER_CONSTANT(r -> {
        int row = r.nextInt(6);
        int column = r.nextInt(6);
        double large = Math.pow(10, 1 + 3 * r.nextDouble());
        return (image, y, x) -> image == 0 && y == row && x == column ? large : 1;
    }),
    LARGE_IN_EVERY_IMAGE(r -> {
        int row = r.nextInt(6);
        int column = r.nextInt(6);
        double large = Math.pow(10, 1 + 2 * r.nextDouble());
        return (image, y, x) -> r.nextGaussian() * (y == row && x == column ? large : 1);
    }),
    LARGE_CHECKERBOARD(r -> {
        Places board = places(CHECKERBOARD, r);
        int row = 2 * r.nextInt(3);
        double large = Math.pow(10, 1 + 2 * r.nextDouble());
        return (image, y, x) -> board.at(image, y, x) * (image == 0 && y == row && x < 2 ? large : 1);
    }),
    RAMP(r -> {
        double power = 1 + 3 * r.nextDouble();
        return (image, y, x) -> Math.pow((y + x + 1) / 16.0, power);
    }),
    WAVE(r -> {
        double length = 1 + 8 * r.nextDouble();
        return (image, y, x) -> Math.sin((y + 2 * x) / length);
    }),
    TILES_ALIKE(r -> {
        int period = 1 << r.nextInt(3);
        double[] tile = r.doubles((long) period * period, -1, 1).toArray();
        return (image, y, x) -> tile[y % period * period + x % period];
    }),
    CHANNELS_OF_ANY_SIZE(r -> {
        double size = Math.pow(10, 6 * r.nextDouble() - 3);
        return (image, y, x) -> size * r.nextGaussian();
    }),
    NEARLY_DEAD(r -> {
        double share = Math.pow(10, -1 - 2.5 * r.nextDouble());
        return (image, y, x) -> r.nextDouble() < share ? Math.abs(r.nextGaussian()) : 0;
    }),
    DEAD_BUT_FOR_A_PIXEL(r -> {
        int row = r.nextInt(6);
        int column = r.nextInt(6);
        double value = Math.pow(10, 6 * r.nextDouble() - 3);
        return (image, y, x) -> image == 0 && y == row && x == column ? value : 0;
    }),
    DEAD_IN_MOST_IMAGES(r -> {
        int period = 2 + r.nextInt(8);
        return (image, y, x) -> image % period == 0 ? Math.max(0, r.nextGaussian()) : 0;
    }),
    DEAD_OR_ALIVE(r -> {
        boolean dead = r.nextBoolean();
        return (image, y, x) -> dead ? 0 : r.nextGaussian();
    }),
    LATTICE_OVER_CONSTANT(r -> {
        int period = 2 + r.nextInt(4);
        int top = r.nextInt(period);
        int left = r.nextInt(period);
        double small = Math.pow(10, -1 - 2.5 * r.nextDouble());
        return (image, y, x) -> y % period == top && x % period == left ? 1 : small;
    }),
    CANCELLING(r -> {
        int length = 1 + r.nextInt(5);
        double value = r.nextGaussian();
        return (image, y, x) -> (x / length % 2 == 0 ? value : -value) * (1 + 1e-4 * r.nextGaussian());
    });

    /** How many of these, the first ones, drawn cases choose from: what their seeds mean must not change. */
    static final int DRAWN = 39;

    /** What a plane holds. */
    private interface Places {
        double at(int image, int y, int x);
    }

    private interface Channel {
        Places of(Random random);
    }

    private final Channel channel;

    StructuredOperand(Channel channel) {
        this.channel = channel;
    }

    private static Places places(StructuredOperand operand, Random random) {
        return operand.channel.of(random);
    }

    /** How large the small numbers are: nothing, or anything up to a fifth. */
    private static double small(Random r) {
        return r.nextInt(4) == 0 ? 0 : 0.2 * Math.pow(10, -5 * r.nextDouble());
    }

    private static double large(Random r, boolean large, double small) {
        return r.nextGaussian() * (large ? 1 : small);
    }

    private static int sign(Random r) {
        return r.nextBoolean() ? 1 : -1;
    }

    /**
     * The values of {@code [images][channels][h][w]}, as floats.
     *
     * @param share of the channels that have this structure; the others are normally distributed
     * @param alike whether the channels have it at the same places
     * @param scale of all values
     */
    double[] values(Random random, int images, int channels, int h, int w, double share, boolean alike, double scale) {
        double[] values = new double[images * channels * h * w];
        long seed = random.nextLong();
        for (int c = 0; c < channels; c++) {
            Random own = new Random(alike ? seed : seed + c);
            Places places = places(random.nextDouble() < share ? this : NORMAL, own);
            for (int image = 0; image < images; image++) {
                for (int y = 0; y < h; y++) {
                    for (int x = 0; x < w; x++) {
                        values[((image * channels + c) * h + y) * w + x] = (float) (scale * places.at(image, y, x));
                    }
                }
            }
        }
        return values;
    }
}
