package dev.lanewise.cpu.conv;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.cpu.conv.winograd.WinogradWeightGrad;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Gradients of weights of tiles that are alike to the bit, of which transforms and sums are rounded alike: errors must not add up in one
 * direction, however many tiles there are.
 */
class AlikeTilesTest {
    /** Of the sum of the magnitudes of an element's products. */
    private static final double TOLERANCE = 5e-4;

    private static final int CHANNELS = 16;

    /** Outputs along a side: a multiple of each period. */
    private static final int SIDE = 48;

    private static final int TILES = SIDE * SIDE / 16;
    private static final int[] PERIODS = {2, 3, 4, 6, 8};

    /** What the channels of one operand have in common. */
    private enum Texture {
        CHECKERBOARD {
            @Override
            double[] plane(Random r, int period, int odd, double small) {
                int place = r.nextInt(period * period);
                return fill(period, (y, x) -> (y + x) % 2 == odd ? size(r) : y * period + x == place ? small : 0);
            }
        },
        STRIPES {
            @Override
            double[] plane(Random r, int period, int odd, double small) {
                return fill(period, (y, x) -> (odd == 0 ? y : x) % 2 == 0 ? size(r) : small * r.nextInt(2));
            }
        },
        SIGNS {
            @Override
            double[] plane(Random r, int period, int odd, double small) {
                double value = r.nextDouble() + 0.5;
                return fill(period, (y, x) -> r.nextBoolean() ? value : -value);
            }
        },
        CENTERED {
            @Override
            double[] plane(Random r, int period, int odd, double small) {
                double[] plane = fill(period, (y, x) -> 1 + r.nextDouble());
                double mean = 0;
                for (double value : plane) {
                    mean += value / plane.length;
                }
                for (int i = 0; i < plane.length; i++) {
                    plane[i] -= mean;
                }
                return plane;
            }
        },
        ONE_HOT {
            @Override
            double[] plane(Random r, int period, int odd, double small) {
                int place = r.nextInt(period * period);
                return fill(period, (y, x) -> y * period + x == place ? 1 : 0);
            }
        },
        MASKED {
            @Override
            double[] plane(Random r, int period, int odd, double small) {
                return fill(period, (y, x) -> r.nextInt(3) > 0 ? size(r) : small * r.nextInt(2));
            }
        },
        PICTURE {
            @Override
            double[] plane(Random r, int period, int odd, double small) {
                return fill(period, (y, x) -> r.nextGaussian());
            }

            @Override
            int period(Random r) {
                return SIDE + 2;
            }
        };

        abstract double[] plane(Random r, int period, int odd, double small);

        int period(Random r) {
            return PERIODS[r.nextInt(PERIODS.length)];
        }

        private static double size(Random r) {
            return (r.nextBoolean() ? 1 : -1) * (1 + r.nextDouble());
        }

        private static double[] fill(int period, Place place) {
            double[] plane = new double[period * period];
            for (int i = 0; i < plane.length; i++) {
                plane[i] = place.at(i / period, i % period);
            }
            return plane;
        }
    }

    private interface Place {
        double at(int y, int x);
    }

    /** Tiles from a few hundred to thousands. */
    @Test
    void fewAndManyTiles() {
        assertThat(wrong(1, 24, 4)).isEmpty();
        assertThat(wrong(101, 24, 26)).isEmpty();
    }

    @Test
    @Tag("long")
    void manyCases() {
        for (int images : new int[] {1, 4, 26, 100}) {
            assertThat(wrong(1_000_000 * images, 500, images)).isEmpty();
        }
        assertThat(wrong(1, 100, 200)).isEmpty();
    }

    private static List<String> wrong(int firstSeed, int count, int images) {
        List<String> wrong = new ArrayList<>();
        int computed = 0;
        for (int seed = firstSeed; seed < firstSeed + count; seed++) {
            computed += isComputed(seed, images, wrong) ? 1 : 0;
        }
        // the others are left to the definition, as they should be only if need be
        assertThat(computed).isGreaterThan(count / 4);
        return wrong;
    }

    private static boolean isComputed(int seed, int images, List<String> wrong) {
        Random r = new Random(seed);
        Texture[] all = Texture.values();
        Texture of = all[r.nextInt(all.length)];
        Texture ofGradient = r.nextBoolean() ? of : all[r.nextInt(all.length)];
        double[][] x = channels(r, of, SIDE + 2);
        double[][] gy = channels(r, ofGradient, SIDE);
        ConvShape p = new ConvShape(images, CHANNELS, SIDE + 2, SIDE + 2, CHANNELS, 3, 3, 1, 1, 0, 0, 1, 1, 1);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment to = arena.allocate(4L * 9 * CHANNELS * CHANNELS, 64);
            long pixels = repeated(arena, x, images);
            boolean computed = WinogradWeightGrad.run(p, pixels, repeated(arena, gy, images), to.address());
            if (computed) {
                String what = seed + ": " + of + " and " + ofGradient + ", " + images * TILES + " tiles";
                compare(what, x, gy, images, to.toArray(ValueLayout.JAVA_FLOAT), wrong);
            }
            return computed;
        }
    }

    /** Some channels, or all, have a texture, the others normally distributed numbers, all periodical. */
    private static double[][] channels(Random r, Texture texture, int side) {
        int period = texture.period(r);
        int odd = r.nextInt(2);
        double small = Math.pow(10, -2.5 * r.nextDouble());
        double share = r.nextBoolean() ? 1 : r.nextDouble();
        boolean halves = r.nextInt(4) == 0;
        double[][] planes = new double[CHANNELS][];
        for (int channel = 0; channel < CHANNELS; channel++) {
            // without a dense channel the whole is left to the definition
            boolean structured = channel > 0 && r.nextDouble() < share;
            double[] cell = structured
                    ? texture.plane(r, period, odd, small)
                    : r.doubles((long) period * period, 1, 2).toArray();
            planes[channel] = new double[side * side];
            for (int i = 0; i < side * side; i++) {
                float value = (float) cell[i / side % period * period + i % side % period];
                planes[channel][i] = halves ? Float.float16ToFloat(Float.floatToFloat16(value)) : value;
            }
        }
        return planes;
    }

    private static long repeated(Arena arena, double[][] planes, int images) {
        int pixels = planes[0].length;
        MemorySegment to = arena.allocate(4L * images * planes.length * pixels, 64);
        for (int channel = 0; channel < planes.length; channel++) {
            for (int i = 0; i < pixels; i++) {
                to.setAtIndex(ValueLayout.JAVA_FLOAT, (long) channel * pixels + i, (float) planes[channel][i]);
            }
        }
        long bytes = 4L * planes.length * pixels;
        for (int image = 1; image < images; image++) {
            MemorySegment.copy(to, 0, to, image * bytes, bytes);
        }
        return to.address();
    }

    private static void compare(
            String what, double[][] x, double[][] gy, int images, float[] actual, List<String> wrong) {
        for (int i = 0; i < actual.length; i++) {
            double[] pixels = x[i / 9 % CHANNELS];
            double[] gradients = gy[i / 9 / CHANNELS];
            int first = i % 9 / 3 * (SIDE + 2) + i % 3;
            double sum = 0;
            double magnitudes = 0;
            for (int at = 0; at < SIDE * SIDE; at++) {
                double product = gradients[at] * pixels[first + at / SIDE * (SIDE + 2) + at % SIDE];
                sum += product;
                magnitudes += Math.abs(product);
            }
            double error = Math.abs(actual[i] - images * sum);
            if (!(error <= TOLERANCE * images * magnitudes)) {
                wrong.add("%s: element %d is %s, expected %s within rounding of %s: %.1e"
                        .formatted(what, i, actual[i], images * sum, images * magnitudes, error / images / magnitudes));
                return;
            }
        }
    }
}
