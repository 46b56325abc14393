package dev.lanewise.cpu.conv.winograd;

import static dev.lanewise.cpu.conv.Vectors.FLOAT;
import static dev.lanewise.cpu.conv.Vectors.LANES;
import static dev.lanewise.cpu.conv.Vectors.LONG;
import static dev.lanewise.cpu.conv.Vectors.ORDER;
import static dev.lanewise.cpu.conv.Vectors.SPECIES;
import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.MASK;

import dev.lanewise.cpu.conv.ConvShape;
import dev.lanewise.cpu.conv.Rows;
import dev.lanewise.cpu.memory.Scratch;
import dev.lanewise.cpu.parallel.Workers;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import org.jspecify.annotations.Nullable;

/**
 * A proof, from below, that the magnitudes that each tap of each kernel's gradient sums are a needed share of the product of
 * its channels' norms. They are at least the gradient's own magnitude. Where that is too small, large pixels that meet large
 * gradients are counted ({@link LargePixels}), in some of the images, and where many pairs of channels are left, in more.
 */
final class TapProof implements AutoCloseable {
    private static final int TAPS = MetPixels.TAPS;

    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT;

    /** What a gradient must be of the product of two channels' norms. A measure, not a bound: docs/performance.md says of what. */
    private static final double SHARE = 2e-3;

    /** What is counted must be of that product. It is a sixth of what a tap sums, about: every large number counts as the least. */
    private static final double COUNTED_SHARE = 1e-3;

    /** Beyond this share of its channel's typical number a pixel is large, so that most is proved. */
    private static final double LARGE = 0.4;

    /**
     * The share of images looked at first, if channels' numbers are all alike. Others have fewer that are large: as many as the square
     * of the norm in units of the typical number, about, which meet by chance.
     */
    private static final double SAMPLED = 0.02;

    /** How many times as many images are looked at next. */
    private static final int GROWTH = 4;

    /** Pixels of the images looked at first, at least. */
    private static final int FEWEST = 512;

    /** Words after which it is seen whether they are enough. */
    private static final int WORDS_AT_A_TIME = 4;

    private final ConvShape p;
    private final long x;
    private final long gy;
    private final int[] order;
    private final ChannelSizes inputs;
    private final ChannelSizes gradients;

    /** The norms in units of the typical numbers. */
    private final double[] inputNorms;

    private final double[] gradientNorms;

    /** Channels of which some pairs are to be proved. */
    private final boolean[] openInputs;

    private final boolean[] openGradients;

    /** For each input channel and tap the least magnitude, over the norm of the gradients, that is proof enough. */
    private final Scratch limits;

    /** For each kernel the taps that are not proved, as bits. */
    private final Scratch open;

    private int images;
    private LargePixels inputBits;
    private LargePixels gradientBits;
    private volatile boolean anyOpen;

    /**
     * Prepares a proof.
     *
     * @param order the images, those first that are to be looked at first
     * @param inputs the sizes of the input's channels; a norm of 0 needs no proof, and for an infinite one there is none
     * @param gradients likewise of the gradients
     */
    TapProof(ConvShape p, long x, long gy, int[] order, ChannelSizes inputs, ChannelSizes gradients) {
        this.p = p;
        this.x = x;
        this.gy = gy;
        this.order = order;
        this.inputs = inputs;
        this.gradients = gradients;
        this.inputNorms = inputs.relativeNorms();
        this.gradientNorms = gradients.relativeNorms();
        this.openInputs = open(inputs);
        this.openGradients = open(gradients);
        long kernels = (long) p.c() * p.k();
        this.limits = Scratch.borrow(4L * TAPS * p.c());
        this.open = Scratch.borrow(2 * kernels + 2);
        Rows.clear(open.address(), (kernels + 1) / 2);
        for (int i = 0; i < TAPS * p.c(); i++) {
            ALL.set(FLOAT, (limits.address() + 4L * i) & MASK, (float) (SHARE * inputs.norms()[i / TAPS]));
        }
        this.images = firstImages();
        this.inputBits = LargePixels.ofInput(p, x, order, images);
        this.gradientBits = LargePixels.ofGradient(p, gy, order, images);
        readBits();
    }

    private int firstImages() {
        double filled =
                filled(inputNorms, openInputs, p.h() * p.w()) * filled(gradientNorms, openGradients, p.oh() * p.ow());
        double enough = Math.max(SAMPLED / filled, (double) FEWEST / ((double) p.n() * p.oh() * p.ow()));
        return (int) Math.clamp(Math.ceil(enough * p.n()), 1, p.n());
    }

    /** The norm of a channel in units of the typical number, on the average, as a share of what it is if all numbers are alike. */
    private double filled(double[] norms, boolean[] open, int pixels) {
        double sum = 0;
        int count = 0;
        for (int channel = 0; channel < norms.length; channel++) {
            if (open[channel] && norms[channel] < Double.POSITIVE_INFINITY) {
                sum += norms[channel];
                count++;
            }
        }
        return count == 0 ? 1 : sum / count / Math.sqrt((double) p.n() * pixels);
    }

    private static boolean[] open(ChannelSizes sizes) {
        boolean[] open = new boolean[sizes.norms().length];
        for (int channel = 0; channel < open.length; channel++) {
            open[channel] = sizes.norms()[channel] != 0;
        }
        return open;
    }

    @Override
    public void close() {
        limits.close();
        open.close();
        inputBits.close();
        gradientBits.close();
    }

    /** Reads the pixels of open channels. */
    private void readBits() {
        Workers.run(p.c() + p.k(), i -> {
            int output = i - p.c();
            if (i < p.c() && openInputs[i]) {
                inputBits.read(i, (float) (LARGE * inputs.typical()[i]));
            } else if (output >= 0 && openGradients[output]) {
                gradientBits.read(output, (float) (LARGE * gradients.typical()[output]));
            }
        });
    }

    /** Looks at the gradients of kernels from some input channels to one output channel. */
    void check(int output, int firstInput, int channels, long gw) {
        if (!openGradients[output]) {
            return;
        }
        float norm = (float) gradients.norms()[output];
        long row = gw + 4L * TAPS * ((long) output * p.c() + firstInput);
        long limit = limits.address() + 4L * TAPS * firstInput;
        int count = channels * TAPS;
        int i = 0;
        for (; i + LANES <= count; i += LANES) {
            FloatVector least = load(limit + 4L * i).mul(norm);
            long small = load(row + 4L * i)
                    .abs()
                    .compare(VectorOperators.GE, least)
                    .not()
                    .toLong();
            for (; small != 0; small &= small - 1) {
                count(output, firstInput * TAPS + i + Long.numberOfTrailingZeros(small));
            }
        }
        for (; i < count; i++) {
            if (!(Math.abs(Rows.read(row + 4L * i)) >= Rows.read(limit + 4L * i) * norm)) {
                count(output, firstInput * TAPS + i);
            }
        }
    }

    private static FloatVector load(long at) {
        return FloatVector.fromMemorySegment(SPECIES, ALL, at & MASK, ORDER);
    }

    private void count(int output, int element) {
        int input = element / TAPS;
        int tap = element % TAPS;
        if (openInputs[input] && !meet(input, tap, output)) {
            int taps = taps(input, output) | 1 << tap;
            ALL.set(SHORT, at(input, output), (short) taps);
            anyOpen = true;
        }
    }

    private long at(int input, int output) {
        return (open.address() + 2 * ((long) output * p.c() + input)) & MASK;
    }

    private int taps(int input, int output) {
        return ALL.get(SHORT, at(input, output));
    }

    /** Whether enough large pixels and gradients meet. */
    private boolean meet(int input, int tap, int output) {
        long a = inputBits.bits(input, tap);
        long b = gradientBits.bits(output, 0);
        double needed = COUNTED_SHARE / (LARGE * LARGE) * inputNorms[input] * gradientNorms[output];
        int words = inputBits.words();
        int met = 0;
        for (int first = 0; first < words; first += WORDS_AT_A_TIME) {
            long end = 8L * Math.min(words, first + WORDS_AT_A_TIME);
            for (long at = 8L * first; at < end; at += 8) {
                met += Long.bitCount(ALL.get(LONG, (a + at) & MASK) & ALL.get(LONG, (b + at) & MASK));
            }
            if (met >= needed) {
                return true;
            }
        }
        return false;
    }

    /**
     * Looks at more images while many pairs are left, and returns the pairs of channels that have a tap that is not proved.
     *
     * @return {@code [inputs][outputs]}; null if all are proved
     */
    boolean @Nullable [] unproved() {
        if (!anyOpen) {
            return null;
        }
        boolean[] pairs = new boolean[p.c() * p.k()];
        int left = findUnproved(pairs);
        // to compute the gradients of so many pairs takes as long as to read their channels once more
        while (left > p.c() + p.k() && images < p.n()) {
            images = (int) Math.min(p.n(), (long) GROWTH * images);
            LargePixels ofInput = LargePixels.ofInput(p, x, order, images);
            inputBits.close();
            inputBits = ofInput;
            LargePixels ofGradient = LargePixels.ofGradient(p, gy, order, images);
            gradientBits.close();
            gradientBits = ofGradient;
            readBits();
            Workers.run(p.k(), this::countAgain);
            left = findUnproved(pairs);
        }
        return left == 0 ? null : pairs;
    }

    /** Notes the pairs, and the channels of those alone; returns their number. */
    private int findUnproved(boolean[] pairs) {
        int count = 0;
        boolean[] ofInput = new boolean[p.c()];
        for (int output = 0; output < p.k(); output++) {
            boolean any = false;
            for (int input = 0; openGradients[output] && input < p.c(); input++) {
                boolean unproved = taps(input, output) != 0;
                pairs[input * p.k() + output] = unproved;
                ofInput[input] |= unproved;
                any |= unproved;
                count += unproved ? 1 : 0;
            }
            openGradients[output] = any;
        }
        System.arraycopy(ofInput, 0, openInputs, 0, p.c());
        return count;
    }

    private void countAgain(int output) {
        for (int input = 0; openGradients[output] && input < p.c(); input++) {
            int taps = taps(input, output);
            ALL.set(SHORT, at(input, output), (short) 0);
            for (int tap = 0; tap < TAPS; tap++) {
                if ((taps >> tap & 1) != 0) {
                    count(output, input * TAPS + tap);
                }
            }
        }
    }
}
