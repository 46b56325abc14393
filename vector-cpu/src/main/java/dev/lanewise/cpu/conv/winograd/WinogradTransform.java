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
 * docs/numerics.md). All factors but those of the kernels are exact in binary, as are
 * those of scaled tiles ({@link TileScales}).
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

    /** Bytes of a tile's factors ({@link #writeFactors}). */
    static final long FACTOR_BYTES = 64;

    /** The factors of a tile that is not scaled. */
    static final long PLAIN = plainFactors();

    private static final int ONE = 0;
    private static final int NEAR = 1;
    private static final int FAR = 2;
    private static final int NEAR_SQUARED = 3;
    private static final int FAR_SQUARED = 4;
    private static final int NEAR_CUBED = 5;
    private static final int FAR_CUBED = 6;
    private static final int PRODUCT_OF_SQUARES = 7;
    private static final int MINUS_SUM_OF_SQUARES = 8;
    private static final int MINUS_NEAR_SQUARED = 9;
    private static final int MINUS_FAR_SQUARED = 10;

    /** The factors of kernels: broadcast from memory, because a vector broadcast from a constant is boxed at each use. */
    private static final long KERNEL_FACTORS = Arena.global()
            .allocateFrom(
                    ValueLayout.JAVA_FLOAT,
                    (float) (1 / ((double) A2 * B2)),
                    OF_NEAR,
                    A * OF_NEAR,
                    A2 * OF_NEAR,
                    OF_FAR,
                    B * OF_FAR,
                    B2 * OF_FAR,
                    6,
                    -4,
                    -2,
                    27 / 8f,
                    32 / 243f,
                    16 / 81f,
                    8 / 27f)
            .address();

    private static final int WEIGHT_AT_ZERO = 0;

    /** From here on the factors of three weights at the near point, and at the far one. */
    private static final int WEIGHTS_AT_NEAR = 1;

    private static final int WEIGHTS_AT_FAR = 4;

    /** The same for gradients, in units of what is common to a weight: these are exact in binary, those units are not. */
    private static final int FIRST_AT_ZERO = 7;

    private static final int FIRST_AT_NEAR = 8;
    private static final int SECOND_AT_NEAR = 9;
    private static final int THIRD_AT_INFINITY = 10;
    private static final int FIRST_UNIT = 11;
    private static final int SECOND_UNIT = 12;
    private static final int THIRD_UNIT = 13;

    private WinogradTransform() {}

    private static long plainFactors() {
        long to = Arena.global().allocate(FACTOR_BYTES, FACTOR_BYTES).address();
        writeFactors(1, to);
        return to;
    }

    /**
     * Writes the factors of the transforms of tiles that are scaled.
     *
     * @param scale of at most 17 bits, so that the factors are exact
     */
    static void writeFactors(double scale, long to) {
        double[] factors = {1, A, B, A2, B2, A * A2, B * B2, A2 * B2, -(A2 + B2), -A2, -B2};
        for (int i = 0; i < factors.length; i++) {
            ALL.set(FLOAT, (to + 4L * i) & MASK, (float) (scale * factors[i]));
        }
    }

    /**
     * Transforms a 6x6 tile of input: {@code to = B' x B}, times the tile's scale.
     *
     * @param scaled the tile's factors
     */
    static void input(long from, long row, long column, long to, long position, long scaled, long work) {
        for (int pass = 0; pass < POINTS + POINTS; pass++) {
            boolean down = pass < POINTS;
            int line = down ? pass : pass - POINTS;
            long source = down ? from + line * column : work + (long) line * POINTS * BYTES;
            long sourceStep = down ? row : BYTES;
            long target = down ? work + line * BYTES : to + (long) line * POINTS * position;
            long targetStep = down ? POINTS * BYTES : position;
            long factors = down ? scaled : PLAIN;
            FloatVector one = factor(factors, ONE);
            FloatVector d0 = load(source);
            FloatVector d1 = load(source + sourceStep);
            FloatVector d2 = load(source + 2 * sourceStep);
            FloatVector d3 = load(source + 3 * sourceStep);
            FloatVector d4 = load(source + 4 * sourceStep).mul(one);
            FloatVector d5 = load(source + 5 * sourceStep).mul(one);
            // each factor once: C2's limit of nodes
            FloatVector farSquared = factor(factors, MINUS_FAR_SQUARED);
            FloatVector nearSquared = factor(factors, MINUS_NEAR_SQUARED);
            FloatVector product = factor(factors, PRODUCT_OF_SQUARES);
            FloatVector sum = factor(factors, MINUS_SUM_OF_SQUARES);
            FloatVector scaledD3 = d3.mul(one);
            FloatVector nearEven = d2.fma(farSquared, d4);
            FloatVector nearOdd = d1.fma(farSquared, scaledD3).mul(factor(PLAIN, NEAR));
            FloatVector farEven = d2.fma(nearSquared, d4);
            FloatVector farOdd = d1.fma(nearSquared, scaledD3).mul(factor(PLAIN, FAR));
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
            store(farDifference.fma(factor(PLAIN, FAR), nearDifference.mul(factor(PLAIN, NEAR))), target + targetStep);
            store(
                    farSum.fma(factor(PLAIN, FAR_SQUARED), nearSum.mul(factor(PLAIN, NEAR_SQUARED))),
                    target + 2 * targetStep);
            FloatVector last = nearDifference.fma(factor(PLAIN, NEAR_CUBED), load(source + 5 * sourceStep));
            store(farDifference.fma(factor(PLAIN, FAR_CUBED), last), target + 3 * targetStep);
        }
    }

    /**
     * Transforms a 4x4 tile of the output's gradient: {@code to = A gy A'}, times the tile's scale.
     *
     * @param scaled the tile's factors
     */
    static void gradient(long from, long row, long column, long to, long position, long scaled, long work) {
        for (int pass = 0; pass < TILE + POINTS; pass++) {
            boolean down = pass < TILE;
            int line = down ? pass : pass - TILE;
            long source = down ? from + line * column : work + (long) line * TILE * BYTES;
            long sourceStep = down ? row : BYTES;
            long target = down ? work + line * BYTES : to + (long) line * POINTS * position;
            long targetStep = down ? TILE * BYTES : position;
            long factors = down ? scaled : PLAIN;
            FloatVector one = factor(factors, ONE);
            FloatVector y0 = load(source).mul(one);
            FloatVector y1 = load(source + sourceStep);
            FloatVector y2 = load(source + 2 * sourceStep);
            FloatVector y3 = load(source + 3 * sourceStep);
            FloatVector nearEven = y2.fma(factor(factors, NEAR_SQUARED), y0);
            FloatVector nearOdd = y3.fma(factor(factors, NEAR_CUBED), y1.mul(factor(factors, NEAR)));
            FloatVector farEven = y2.fma(factor(factors, FAR_SQUARED), y0);
            FloatVector farOdd = y3.fma(factor(factors, FAR_CUBED), y1.mul(factor(factors, FAR)));
            store(y0, target);
            store(nearEven.add(nearOdd), target + targetStep);
            store(nearEven.sub(nearOdd), target + 2 * targetStep);
            store(farEven.add(farOdd), target + 3 * targetStep);
            store(farEven.sub(farOdd), target + 4 * targetStep);
            store(y3.mul(one), target + 5 * targetStep);
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
            FloatVector near = w0.fma(
                    factor(KERNEL_FACTORS, WEIGHTS_AT_NEAR), w2.mul(factor(KERNEL_FACTORS, WEIGHTS_AT_NEAR + 2)));
            FloatVector nearOdd = w1.mul(factor(KERNEL_FACTORS, WEIGHTS_AT_NEAR + 1));
            FloatVector far =
                    w0.fma(factor(KERNEL_FACTORS, WEIGHTS_AT_FAR), w2.mul(factor(KERNEL_FACTORS, WEIGHTS_AT_FAR + 2)));
            FloatVector farOdd = w1.mul(factor(KERNEL_FACTORS, WEIGHTS_AT_FAR + 1));
            store(w0.mul(factor(KERNEL_FACTORS, WEIGHT_AT_ZERO)), target);
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
            FloatVector first = near.fma(factor(KERNEL_FACTORS, FIRST_AT_NEAR), far);
            FloatVector third = far.sub(near);
            store(
                    load(source)
                            .fma(factor(KERNEL_FACTORS, FIRST_AT_ZERO), first)
                            .mul(factor(KERNEL_FACTORS, FIRST_UNIT)),
                    target);
            store(
                    nearOdd.fma(factor(KERNEL_FACTORS, SECOND_AT_NEAR), farOdd)
                            .mul(factor(KERNEL_FACTORS, SECOND_UNIT)),
                    target + targetStep);
            store(
                    load(source + 5 * sourceStep)
                            .fma(factor(KERNEL_FACTORS, THIRD_AT_INFINITY), third)
                            .mul(factor(KERNEL_FACTORS, THIRD_UNIT)),
                    target + 2 * targetStep);
        }
    }

    private static FloatVector factor(long factors, int index) {
        return FloatVector.broadcast(SPECIES, ALL.get(FLOAT, (factors + 4L * index) & MASK));
    }

    private static FloatVector load(long address) {
        return FloatVector.fromMemorySegment(SPECIES, ALL, address & MASK, ORDER);
    }

    private static void store(FloatVector value, long address) {
        value.intoMemorySegment(ALL, address & MASK, ORDER);
    }
}
