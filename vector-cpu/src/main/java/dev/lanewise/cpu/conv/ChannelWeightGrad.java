package dev.lanewise.cpu.conv;

import static dev.lanewise.cpu.conv.Vectors.FLOAT;
import static dev.lanewise.cpu.conv.Vectors.LANES;
import static dev.lanewise.cpu.conv.Vectors.LONG;
import static dev.lanewise.cpu.conv.Vectors.ORDER;
import static dev.lanewise.cpu.conv.Vectors.SPECIES;
import static dev.lanewise.cpu.memory.Access.f64;
import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.MASK;

import dev.lanewise.cpu.memory.Scratch;
import dev.lanewise.cpu.parallel.Workers;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import org.jspecify.annotations.Nullable;

/**
 * The gradient of those weights of a convolution that meet a few channels of its input or of its output's gradient, as sums of
 * products. The convolution has one group, and neither strides nor dilation; all numbers are finite; all places are addresses.
 *
 * <p>Pixels and gradients are laid out at one pitch, with zeros between the rows of the gradients, several images one after the
 * other, so that each tap is the sum of one long product ({@link DepthwiseTile#gradient}). A task is one channel of the side
 * that has many: what it lays out meets all of the few. Products of zeros only are left out: of channels that a ReLU seldom
 * lets through, most are. Channels of small planes are one product of matrices ({@link ChannelWeightProduct}), and of channels of
 * which nearly all is zero the other numbers are multiplied one by one ({@link SparseWeightGrad}).
 */
public final class ChannelWeightGrad {
    private static final int TAPS = DepthwiseWeightGrad.TAPS;

    /** Bytes of a product: two of them stay in the first-level cache, and where all numbers are zero it is left out. */
    private static final long RUN_BYTES = 4 << 10;

    /** Bytes of the few channels that are laid out at a time. */
    private static final long FEW_BYTES = 2 << 20;

    /** Pixels of a plane up to which one product is faster. */
    private static final int SMALL_PLANE = 256;

    /** One number in this many may be other than zero, or it is slower to multiply them one by one. */
    private static final int SPARSE = 8;

    /** Likewise, where the channels are a product of matrices. */
    private static final int SPARSE_OF_PRODUCT = 64;

    private final ConvShape p;
    private final boolean ofInput;
    private final int[] chosen;

    /** Which pairs are computed, {@code [p.c()][p.k()]}; null for all. */
    private final boolean @Nullable [] pairs;

    private final long few;
    private final long many;
    private final int pitch;

    /** Elements of an image's plane, with its zeros. */
    private final int plane;

    private final int imagesPerRun;
    private final int runsPerChunk;

    /** Bytes of a run, with what the last tap's product reads behind it. */
    private final long runBytes;

    private final int vectors;
    private final int taps;
    private final int sumsPerPair;

    private ChannelWeightGrad(ConvShape p, boolean ofInput, int[] chosen, boolean @Nullable [] pairs, long x, long gy) {
        this.p = p;
        this.ofInput = ofInput;
        this.chosen = chosen;
        this.pairs = pairs;
        this.few = ofInput ? x : gy;
        this.many = ofInput ? gy : x;
        this.pitch = p.w() + 2 * p.padW();
        this.plane = (p.h() + 2 * p.padH()) * pitch;
        this.imagesPerRun = Math.clamp(RUN_BYTES / (4L * plane), 1, p.n());
        this.vectors = Vectors.blocks(imagesPerRun * plane, LANES);
        this.runBytes = Vectors.BYTES * (vectors + Vectors.blocks((p.r() - 1) * pitch + p.s(), LANES));
        this.runsPerChunk = Math.clamp(FEW_BYTES / (runBytes * chosen.length), 1, Vectors.blocks(p.n(), imagesPerRun));
        this.taps = p.r() * p.s();
        this.sumsPerPair = (int) Vectors.roundUp(taps, TAPS);
    }

    /**
     * Computes the gradients of the weights that meet some channels, and no others of {@code gw}.
     *
     * @param ofInput whether the channels are those of {@code x}, or else of {@code gy}
     * @param chosen the channels, at least one
     * @param pairs which of these channels' pairs are computed, {@code [p.c()][p.k()]}; null for all
     */
    public static void run(
            ConvShape p, boolean ofInput, int[] chosen, boolean @Nullable [] pairs, long x, long gy, long gw) {
        boolean isProduct = pairs == null && p.h() * p.w() <= SMALL_PLANE && ChannelWeightProduct.fits(p, ofInput);
        int[] dense = runSparse(p, ofInput, chosen, pairs, x, gy, gw, isProduct ? SPARSE_OF_PRODUCT : SPARSE);
        if (dense.length == 0) {
            return;
        }
        if (isProduct) {
            new ChannelWeightProduct(p, ofInput, dense).run(x, gy, gw);
        } else {
            new ChannelWeightGrad(p, ofInput, dense, pairs, x, gy).run(gw);
        }
    }

    /**
     * Computes the gradients of the weights of some pairs of channels, where one channel is zero nearly everywhere.
     *
     * @param pairs which pairs are computed, {@code [p.c()][p.k()]}; those that are are taken out
     */
    public static void runSparse(ConvShape p, boolean[] pairs, long x, long gy, long gw) {
        for (boolean ofInput : new boolean[] {false, true}) {
            boolean[] isLeft = new boolean[ofInput ? p.c() : p.k()];
            for (int i = 0; i < pairs.length; i++) {
                isLeft[ofInput ? i / p.k() : i % p.k()] |= pairs[i];
            }
            int[] chosen =
                    IntStream.range(0, isLeft.length).filter(i -> isLeft[i]).toArray();
            int[] dense = runSparse(p, ofInput, chosen, pairs, x, gy, gw, SPARSE);
            Arrays.fill(isLeft, false);
            for (int channel : dense) {
                isLeft[channel] = true;
            }
            for (int i = 0; i < pairs.length; i++) {
                pairs[i] &= isLeft[ofInput ? i / p.k() : i % p.k()];
            }
        }
    }

    /** Computes what meets the channels of which at most one number in {@code share} is not zero; returns the others. */
    private static int[] runSparse(
            ConvShape p,
            boolean ofInput,
            int[] chosen,
            boolean @Nullable [] pairs,
            long x,
            long gy,
            long gw,
            int share) {
        @Nullable SparseChannel[] found = new SparseChannel[chosen.length];
        Workers.run(chosen.length, i -> found[i] = sparse(p, ofInput, chosen[i], x, gy, share));
        List<SparseChannel> sparse =
                Arrays.stream(found).filter(Objects::nonNull).toList();
        if (!sparse.isEmpty()) {
            new SparseWeightGrad(p, ofInput, sparse, pairs, x, gy).run(gw);
        }
        return IntStream.range(0, chosen.length)
                .filter(i -> found[i] == null)
                .map(i -> chosen[i])
                .toArray();
    }

    /** A channel of which at most one number in {@code share} is not zero, or null. */
    private static @Nullable SparseChannel sparse(
            ConvShape p, boolean ofInput, int channel, long x, long gy, int share) {
        return ofInput
                ? SparseChannel.of(x, p.n(), p.c(), p.h(), p.w(), channel, (long) p.n() * p.h() * p.w() / share)
                : SparseChannel.of(gy, p.n(), p.k(), p.oh(), p.ow(), channel, (long) p.n() * p.oh() * p.ow() / share);
    }

    private void run(long gw) {
        int others = ofInput ? p.k() : p.c();
        long sumBytes = (long) Double.BYTES * sumsPerPair * chosen.length;
        try (Scratch offsets = Scratch.borrow(8L * sumsPerPair);
                Scratch sums = Scratch.borrow(sumBytes * others);
                Scratch laid = Scratch.borrow(runBytes * runsPerChunk * chosen.length)) {
            fillOffsets(offsets.address());
            Rows.clear(sums.address(), sumBytes * others / Float.BYTES);
            int chunk = imagesPerRun * runsPerChunk;
            for (int first = 0; first < p.n(); first += chunk) {
                int image = first;
                int runs = Vectors.blocks(Math.min(chunk, p.n() - image), imagesPerRun);
                var zero = new boolean[chosen.length * runs];
                Workers.run(chosen.length * runs, task -> layOutFew(task, image, runs, laid.address(), zero));
                Workers.run(
                        others,
                        i -> addProducts(
                                i,
                                image,
                                runs,
                                laid.address(),
                                zero,
                                offsets.address(),
                                sums.address() + sumBytes * i));
            }
            Workers.run(others, i -> write(i, sums.address() + sumBytes * i, gw));
        }
    }

    private void fillOffsets(long at) {
        for (int tap = 0; tap < sumsPerPair; tap++) {
            // a block's missing taps repeat the last
            int taken = Math.min(tap, taps - 1);
            long offset = 4L * (taken / p.s() * pitch + taken % p.s());
            ALL.set(LONG, (at + 8L * tap) & MASK, offset);
        }
    }

    /** Lays out run {@code task % runs} of one of the few channels, in that order, and notes whether all of it is zero. */
    private void layOutFew(int task, int image, int runs, long to, boolean[] zero) {
        long at = to + runBytes * task;
        layOut(ofInput, few, chosen[task / runs], image + task % runs * imagesPerRun, at);
        zero[task] = isZero(at);
    }

    private boolean isZero(long run) {
        FloatVector any = FloatVector.zero(SPECIES);
        for (long at = run; at < run + runBytes; at += Vectors.BYTES) {
            FloatVector size = FloatVector.fromMemorySegment(SPECIES, ALL, at & MASK, ORDER)
                    .abs();
            any = any.add(size);
        }
        return !any.compare(VectorOperators.NE, 0).anyTrue();
    }

    /** Adds what the images of some runs give for one channel of the other side, with each of the few. */
    private void addProducts(int other, int image, int runs, long laid, boolean[] zero, long offsets, long sums) {
        try (Scratch own = Scratch.borrow(runBytes);
                Scratch lanes = Scratch.borrow(TAPS * Vectors.BYTES)) {
            for (int run = 0; run < runs; run++) {
                if (isLeftOut(other, run, runs, zero)) {
                    continue;
                }
                layOut(!ofInput, many, other, image + run * imagesPerRun, own.address());
                for (int i = 0; i < chosen.length; i++) {
                    if (zero[i * runs + run] || !isWanted(i, other)) {
                        continue;
                    }
                    long one = laid + runBytes * ((long) i * runs + run);
                    for (int tap = 0; tap < taps; tap += TAPS) {
                        DepthwiseTile.gradient(
                                ofInput ? own.address() : one,
                                ofInput ? one : own.address(),
                                offsets + 8L * tap,
                                vectors,
                                sums + 8L * ((long) i * sumsPerPair + tap),
                                lanes.address());
                    }
                }
            }
        }
    }

    private boolean isWanted(int few, int other) {
        int c = ofInput ? chosen[few] : other;
        int k = ofInput ? other : chosen[few];
        return pairs == null || pairs[c * p.k() + k];
    }

    private boolean isLeftOut(int other, int run, int runs, boolean[] zero) {
        for (int i = 0; i < chosen.length; i++) {
            if (!zero[i * runs + run] && isWanted(i, other)) {
                return false;
            }
        }
        return true;
    }

    /** Writes a channel's planes of a run's images, or zeros behind the last image, and zeros up to the run's end. */
    private void layOut(boolean pixels, long from, int channel, int firstImage, long to) {
        int images = Math.min(imagesPerRun, p.n() - firstImage);
        int channels = pixels ? p.c() : p.k();
        int h = pixels ? p.h() : p.oh();
        int w = pixels ? p.w() : p.ow();
        int top = pixels ? p.padH() : 0;
        int left = pixels ? p.padW() : 0;
        for (int image = 0; image < images; image++) {
            long source = from + 4L * ((long) (firstImage + image) * channels + channel) * h * w;
            long target = to + 4L * image * plane;
            Rows.clear(target, (long) top * pitch);
            for (int row = 0; row < h; row++) {
                Rows.copyPadded(source + 4L * row * w, w, target + 4L * (top + row) * pitch, left, pitch - left - w);
            }
            Rows.clear(target + 4L * (top + h) * pitch, plane - (long) (top + h) * pitch);
        }
        long end = 4L * images * plane;
        Rows.clear(to + end, (runBytes - end) / Float.BYTES);
    }

    private void write(int other, long sums, long gw) {
        for (int i = 0; i < chosen.length; i++) {
            int k = ofInput ? other : chosen[i];
            int c = ofInput ? chosen[i] : other;
            for (int tap = 0; isWanted(i, other) && tap < taps; tap++) {
                float sum = (float) f64(sums + 8L * ((long) i * sumsPerPair + tap));
                ALL.set(FLOAT, (gw + 4L * (((long) k * p.c() + c) * taps + tap)) & MASK, sum);
            }
        }
    }
}
