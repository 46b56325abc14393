package dev.lanewise.cpu.conv.winograd;

import static dev.lanewise.cpu.conv.Vectors.BYTES;
import static dev.lanewise.cpu.conv.Vectors.FLOAT;
import static dev.lanewise.cpu.conv.Vectors.ORDER;
import static dev.lanewise.cpu.conv.Vectors.SPECIES;
import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.MASK;

import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;

/**
 * The transforms of F(4x4, 3x3), {@code y = A' [(G w G') * (B' x B)] A} (Lavin and Gray, "Fast Algorithms for Convolutional
 * Neural Networks", 2015), with the interpolation points 0, 3/4, -3/4, 3/2, -3/2 and infinity. Those of the paper are 4/3 as large,
 * and with them the fourth output of a line and the third weight carry three times the rounding errors of others (see
 * docs/numerics.md). All factors but those of the kernels are exact in binary.
 *
 * <p>Each transform works on a vector of channels, first down the columns of a tile into scratch, then along the rows, in one loop:
 * with the arithmetic twice in one compilation C2 reaches its limit of nodes, stops inlining and boxes the vectors. All places are
 * addresses, all strides bytes.
 *
 * <p>The gradient with respect to the weights is the transposed algorithm: {@code gw = G' [(B' x B) * (A gy A')] G}, with the
 * products summed over all tiles.
 */
final class WinogradTransform {
    /** Output pixels along a side of a tile. */
    static final int TILE = 4;

    /** Input pixels along a side of a tile, and points of the transform. */
    static final int POINTS = 6;

    /** Weights along a side of a kernel. */
    static final int KERNEL = 3;

    /** Products of a tile. */
    static final int POSITIONS = POINTS * POINTS;

    /** Bytes of scratch a transform needs. */
    static final long WORK_BYTES = POSITIONS * BYTES;

    /** The near and the far point, and their squares. */
    private static final float A = 0.75f;

    private static final float B = 1.5f;
    private static final float A2 = A * A;
    private static final float B2 = B * B;

    /** One over the product of the far point's distances from all other points, and likewise of the near one. */
    private static final float OF_FAR = (float) (1 / (2.0 * B2 * (B2 - A2)));

    private static final float OF_NEAR = (float) (1 / (2.0 * A2 * (A2 - B2)));

    /** The factors: broadcast from memory, because a vector broadcast from a constant is boxed at each use. */
    private static final long FACTORS = Arena.global()
            .allocateFrom(
                    ValueLayout.JAVA_FLOAT,
                    A,
                    B,
                    A2,
                    B2,
                    A * A2,
                    B * B2,
                    A2 * B2,
                    -(A2 + B2),
                    -A2,
                    -B2,
                    (float) (1 / ((double) A2 * B2)),
                    OF_NEAR,
                    A * OF_NEAR,
                    A2 * OF_NEAR,
                    OF_FAR,
                    B * OF_FAR,
                    B2 * OF_FAR)
            .address();

    private static final int NEAR = 0;
    private static final int FAR = 1;
    private static final int NEAR_SQUARED = 2;
    private static final int FAR_SQUARED = 3;
    private static final int NEAR_CUBED = 4;
    private static final int FAR_CUBED = 5;
    private static final int PRODUCT_OF_SQUARES = 6;
    private static final int MINUS_SUM_OF_SQUARES = 7;
    private static final int MINUS_NEAR_SQUARED = 8;
    private static final int MINUS_FAR_SQUARED = 9;
    private static final int WEIGHT_AT_ZERO = 10;

    /** From here on the factors of three weights at the near point, and at the far one. */
    private static final int WEIGHTS_AT_NEAR = 11;

    private static final int WEIGHTS_AT_FAR = 14;

    private WinogradTransform() {}

    /** Transforms a 6x6 tile of input: {@code to = B' x B}. */
    static void input(long from, long row, long column, long to, long position, long work) {
        for (int pass = 0; pass < POINTS + POINTS; pass++) {
            boolean down = pass < POINTS;
            int line = down ? pass : pass - POINTS;
            long source = down ? from + line * column : work + (long) line * POINTS * BYTES;
            long sourceStep = down ? row : BYTES;
            long target = down ? work + line * BYTES : to + (long) line * POINTS * position;
            long targetStep = down ? POINTS * BYTES : position;
            FloatVector d0 = load(source);
            FloatVector d1 = load(source + sourceStep);
            FloatVector d2 = load(source + 2 * sourceStep);
            FloatVector d3 = load(source + 3 * sourceStep);
            FloatVector d4 = load(source + 4 * sourceStep);
            FloatVector d5 = load(source + 5 * sourceStep);
            // each factor once: C2's limit of nodes
            FloatVector farSquared = factor(MINUS_FAR_SQUARED);
            FloatVector nearSquared = factor(MINUS_NEAR_SQUARED);
            FloatVector product = factor(PRODUCT_OF_SQUARES);
            FloatVector sum = factor(MINUS_SUM_OF_SQUARES);
            FloatVector nearEven = d2.fma(farSquared, d4);
            FloatVector nearOdd = d1.fma(farSquared, d3).mul(factor(NEAR));
            FloatVector farEven = d2.fma(nearSquared, d4);
            FloatVector farOdd = d1.fma(nearSquared, d3).mul(factor(FAR));
            store(d0.fma(product, d2.fma(sum, d4)), target);
            store(nearEven.add(nearOdd), target + targetStep);
            store(nearEven.sub(nearOdd), target + 2 * targetStep);
            store(farEven.add(farOdd), target + 3 * targetStep);
            store(farEven.sub(farOdd), target + 4 * targetStep);
            store(d1.fma(product, d3.fma(sum, d5)), target + 5 * targetStep);
        }
    }

    /** Transforms the products of a tile to the 4x4 output: {@code to = A' m A}. */
    static void output(long from, long position, long to, long row, long column, long work) {
        for (int pass = 0; pass < POINTS + TILE; pass++) {
            boolean down = pass < POINTS;
            int line = down ? pass : pass - POINTS;
            long source = down ? from + line * position : work + (long) line * POINTS * BYTES;
            long sourceStep = down ? POINTS * position : BYTES;
            long target = down ? work + line * BYTES : to + line * row;
            long targetStep = down ? POINTS * BYTES : column;
            FloatVector m1 = load(source + sourceStep);
            FloatVector m2 = load(source + 2 * sourceStep);
            FloatVector m3 = load(source + 3 * sourceStep);
            FloatVector m4 = load(source + 4 * sourceStep);
            FloatVector nearSum = m1.add(m2);
            FloatVector nearDifference = m1.sub(m2);
            FloatVector farSum = m3.add(m4);
            FloatVector farDifference = m3.sub(m4);
            store(load(source).add(nearSum).add(farSum), target);
            store(farDifference.fma(factor(FAR), nearDifference.mul(factor(NEAR))), target + targetStep);
            store(farSum.fma(factor(FAR_SQUARED), nearSum.mul(factor(NEAR_SQUARED))), target + 2 * targetStep);
            FloatVector last = nearDifference.fma(factor(NEAR_CUBED), load(source + 5 * sourceStep));
            store(farDifference.fma(factor(FAR_CUBED), last), target + 3 * targetStep);
        }
    }

    /** Transforms a 4x4 tile of the output's gradient: {@code to = A gy A'}. */
    static void gradient(long from, long row, long column, long to, long position, long work) {
        for (int pass = 0; pass < TILE + POINTS; pass++) {
            boolean down = pass < TILE;
            int line = down ? pass : pass - TILE;
            long source = down ? from + line * column : work + (long) line * TILE * BYTES;
            long sourceStep = down ? row : BYTES;
            long target = down ? work + line * BYTES : to + (long) line * POINTS * position;
            long targetStep = down ? TILE * BYTES : position;
            FloatVector y0 = load(source);
            FloatVector y1 = load(source + sourceStep);
            FloatVector y2 = load(source + 2 * sourceStep);
            FloatVector y3 = load(source + 3 * sourceStep);
            FloatVector nearEven = y2.fma(factor(NEAR_SQUARED), y0);
            FloatVector nearOdd = y3.fma(factor(NEAR_CUBED), y1.mul(factor(NEAR)));
            FloatVector farEven = y2.fma(factor(FAR_SQUARED), y0);
            FloatVector farOdd = y3.fma(factor(FAR_CUBED), y1.mul(factor(FAR)));
            store(y0, target);
            store(nearEven.add(nearOdd), target + targetStep);
            store(nearEven.sub(nearOdd), target + 2 * targetStep);
            store(farEven.add(farOdd), target + 3 * targetStep);
            store(farEven.sub(farOdd), target + 4 * targetStep);
            store(y3, target + 5 * targetStep);
        }
    }

    /** Transforms a 3x3 kernel: {@code to = G w G'}. */
    static void weights(long from, long row, long column, long to, long position, long work) {
        for (int pass = 0; pass < KERNEL + POINTS; pass++) {
            boolean down = pass < KERNEL;
            int line = down ? pass : pass - KERNEL;
            long source = down ? from + line * column : work + (long) line * KERNEL * BYTES;
            long sourceStep = down ? row : BYTES;
            long target = down ? work + line * BYTES : to + (long) line * POINTS * position;
            long targetStep = down ? KERNEL * BYTES : position;
            FloatVector w0 = load(source);
            FloatVector w1 = load(source + sourceStep);
            FloatVector w2 = load(source + 2 * sourceStep);
            FloatVector near = w0.fma(factor(WEIGHTS_AT_NEAR), w2.mul(factor(WEIGHTS_AT_NEAR + 2)));
            FloatVector nearOdd = w1.mul(factor(WEIGHTS_AT_NEAR + 1));
            FloatVector far = w0.fma(factor(WEIGHTS_AT_FAR), w2.mul(factor(WEIGHTS_AT_FAR + 2)));
            FloatVector farOdd = w1.mul(factor(WEIGHTS_AT_FAR + 1));
            store(w0.mul(factor(WEIGHT_AT_ZERO)), target);
            store(near.add(nearOdd), target + targetStep);
            store(near.sub(nearOdd), target + 2 * targetStep);
            store(far.add(farOdd), target + 3 * targetStep);
            store(far.sub(farOdd), target + 4 * targetStep);
            store(w2, target + 5 * targetStep);
        }
    }

    /** Transforms summed products to the 3x3 gradient of the kernel: {@code to = G' m G}. */
    static void weightGradient(long from, long position, long to, long row, long column, long work) {
        for (int pass = 0; pass < POINTS + KERNEL; pass++) {
            boolean down = pass < POINTS;
            int line = down ? pass : pass - POINTS;
            long source = down ? from + line * position : work + (long) line * POINTS * BYTES;
            long sourceStep = down ? POINTS * position : BYTES;
            long target = down ? work + line * BYTES : to + line * row;
            long targetStep = down ? POINTS * BYTES : column;
            FloatVector m1 = load(source + sourceStep);
            FloatVector m2 = load(source + 2 * sourceStep);
            FloatVector m3 = load(source + 3 * sourceStep);
            FloatVector m4 = load(source + 4 * sourceStep);
            FloatVector near = m1.add(m2);
            FloatVector nearOdd = m1.sub(m2);
            FloatVector far = m3.add(m4);
            FloatVector farOdd = m3.sub(m4);
            FloatVector first = load(source).mul(factor(WEIGHT_AT_ZERO));
            FloatVector last = load(source + 5 * sourceStep);
            store(far.fma(factor(WEIGHTS_AT_FAR), near.fma(factor(WEIGHTS_AT_NEAR), first)), target);
            store(
                    farOdd.fma(factor(WEIGHTS_AT_FAR + 1), nearOdd.mul(factor(WEIGHTS_AT_NEAR + 1))),
                    target + targetStep);
            store(
                    far.fma(factor(WEIGHTS_AT_FAR + 2), near.fma(factor(WEIGHTS_AT_NEAR + 2), last)),
                    target + 2 * targetStep);
        }
    }

    private static FloatVector factor(int index) {
        return FloatVector.broadcast(SPECIES, ALL.get(FLOAT, FACTORS + 4L * index));
    }

    private static FloatVector load(long address) {
        return FloatVector.fromMemorySegment(SPECIES, ALL, address & MASK, ORDER);
    }

    private static void store(FloatVector value, long address) {
        value.intoMemorySegment(ALL, address & MASK, ORDER);
    }
}
