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
import java.util.stream.IntStream;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import org.jspecify.annotations.Nullable;

/**
 * A proof, from below, that the magnitudes that each tap of each kernel's gradient sums are a needed share of the product of
 * its channels' norms. They are at least the gradient's own magnitude. Where that is too small, large pixels that meet large
 * gradients are counted ({@link LargePixels}), in more and more images.
 */
final class TapProof implements AutoCloseable {
    private static final int TAPS = WinogradTransform.KERNEL * WinogradTransform.KERNEL;

    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT;

    /**
     * What a tap must sum of the product of two channels' norms. A measure, not a bound: of 1,000 gradients with and without
     * structure 25 were off by more than 5e-4 of what a tap sums, all but one where that was less than 8.2e-4 of the product.
     * The counts find a fifth of what a tap sums, about, so they ask for more than this.
     */
    private static final double SHARE = 1e-3;

    /** Norms outside of these are not usual: roundings of numbers that are not normal would count. */
    private static final double TINY = 0x1p-50;

    private static final double HUGE = 0x1p50;

    /** What a pixel of ordinary numbers adds to the share, as far as it is counted. */
    private static final double ORDINARY = 0.01;

    /** Pixels of the first images, at least. */
    private static final int FEWEST = 128;

    /** How many times as many images are looked at next. */
    private static final int GROWTH = 4;

    /** Words after which it is seen whether they are enough. */
    private static final int WORDS_AT_A_TIME = 2;

    private static final float LOW = LargePixels.weight(0, 0);
    private static final float MIXED = LargePixels.weight(0, 1);
    private static final float HIGH = LargePixels.weight(1, 1);

    private final ConvShape p;
    private final long x;
    private final long gy;
    private final double[] inputs;
    private final double[] gradients;

    /** For each input channel and tap the least magnitude, over the norm of the gradients, that is proof enough. */
    private final Scratch limits;

    /** For each kernel the taps that are not proved, as bits. */
    private final Scratch open;

    /** What the weights of pairs of large pixels must sum up to. */
    private final float needed;

    private int images;
    private LargePixels largeInputs;
    private LargePixels largeGradients;
    private boolean anyOpen;

    /**
     * Prepares a proof.
     *
     * @param inputs the norm of each channel of the input, 0 if it needs no proof, infinite if there is none
     * @param gradients likewise of the gradients
     */
    TapProof(ConvShape p, long x, long gy, double[] inputs, double[] gradients) {
        this.p = p;
        this.x = x;
        this.gy = gy;
        this.inputs = inputs;
        this.gradients = gradients;
        long kernels = (long) p.c() * p.k();
        this.limits = Scratch.borrow(4L * TAPS * p.c());
        this.open = Scratch.borrow(2 * kernels + 2);
        Rows.clear(open.address(), (kernels + 1) / 2);
        this.needed = (float) (SHARE * p.n() * Math.sqrt((double) p.h() * p.w() * p.oh() * p.ow()));
        for (int i = 0; i < TAPS * p.c(); i++) {
            ALL.set(FLOAT, (limits.address() + 4L * i) & MASK, (float) (SHARE * inputs[i / TAPS]));
        }
        double first = Math.max(p.n() * SHARE / ORDINARY, (double) FEWEST / (p.oh() * p.ow()));
        this.images = (int) Math.min(p.n(), Math.ceil(first));
        this.largeInputs = LargePixels.ofInput(p, x, images);
        this.largeGradients = LargePixels.ofGradient(p, gy, images);
        read(null, null);
    }

    @Override
    public void close() {
        limits.close();
        open.close();
        largeInputs.close();
        largeGradients.close();
    }

    /** A norm, or infinity if it is not usual: with that nothing is proved. */
    static double usual(double norm) {
        return norm >= TINY && norm <= HUGE ? norm : Double.POSITIVE_INFINITY;
    }

    /** Reads some channels, or all. */
    private void read(boolean @Nullable [] ofInputs, boolean @Nullable [] ofGradients) {
        Workers.run(p.c() + p.k(), i -> {
            if (i < p.c()) {
                read(largeInputs, i, inputs, p.h() * p.w(), ofInputs);
            } else {
                read(largeGradients, i - p.c(), gradients, p.oh() * p.ow(), ofGradients);
            }
        });
    }

    private void read(LargePixels to, int channel, double[] norms, int plane, boolean @Nullable [] chosen) {
        if ((chosen == null || chosen[channel]) && norms[channel] != 0) {
            to.read(channel, norms[channel] / Math.sqrt((double) p.n() * plane));
        }
    }

    /** Looks at the gradients of kernels from some input channels to one output channel. */
    void check(int output, int firstInput, int channels, long gw) {
        float norm = (float) gradients[output];
        if (norm == 0) {
            return;
        }
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
        if (inputs[input] != 0 && !meet(input, tap, output)) {
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
        long a = largeInputs.bits(input, tap);
        long b = largeGradients.bits(output, 0);
        int words = largeInputs.words();
        int low = 0;
        int mixed = 0;
        int high = 0;
        for (int first = 0; first < words; first += WORDS_AT_A_TIME) {
            long end = 16L * Math.min(words, first + WORDS_AT_A_TIME);
            for (long at = 16L * first; at < end; at += 16) {
                long a0 = ALL.get(LONG, (a + at) & MASK);
                long a1 = ALL.get(LONG, (a + at + 8) & MASK);
                long b0 = ALL.get(LONG, (b + at) & MASK);
                long b1 = ALL.get(LONG, (b + at + 8) & MASK);
                low += Long.bitCount(a0 & b0);
                mixed += Long.bitCount(a0 & b1) + Long.bitCount(a1 & b0);
                high += Long.bitCount(a1 & b1);
            }
            if (low * LOW + mixed * MIXED + high * HIGH >= needed) {
                return true;
            }
        }
        return false;
    }

    /**
     * Looks at more images, and returns the pairs of channels that have a tap that is not proved.
     *
     * @return {@code [inputs][outputs]}; null if all are proved
     */
    boolean @Nullable [] unproved() {
        while (anyOpen && images < p.n()) {
            var ofInputs = new boolean[p.c()];
            var ofGradients = new boolean[p.k()];
            forEachOpen((input, output) -> {
                ofInputs[input] = true;
                ofGradients[output] = true;
            });
            images = (int) Math.min(p.n(), (long) GROWTH * images);
            largeInputs.close();
            largeGradients.close();
            largeInputs = LargePixels.ofInput(p, x, images);
            largeGradients = LargePixels.ofGradient(p, gy, images);
            read(ofInputs, ofGradients);
            anyOpen = false;
            Workers.run(p.k(), output -> countAgain(output, ofGradients));
        }
        if (!anyOpen) {
            return null;
        }
        boolean[] pairs = new boolean[p.c() * p.k()];
        forEachOpen((input, output) -> pairs[input * p.k() + output] = true);
        return pairs;
    }

    private interface Pair {
        void take(int input, int output);
    }

    private void forEachOpen(Pair pair) {
        IntStream.range(0, p.k())
                .forEach(output -> IntStream.range(0, p.c())
                        .filter(input -> taps(input, output) != 0)
                        .forEach(input -> pair.take(input, output)));
    }

    private void countAgain(int output, boolean[] chosen) {
        for (int input = 0; chosen[output] && input < p.c(); input++) {
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
