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
 * The transforms of F(4x4, 3x3), with the interpolation points 0, 1, -1, 2, -2 and infinity of Lavin and Gray, "Fast
 * Algorithms for Convolutional Neural Networks", 2015: {@code y = A' [(G w G') * (B' x B)] A}. Each works on a vector of
 * channels, first down the columns of a tile into scratch, then along the rows, in one loop: with the arithmetic twice in
 * one compilation C2 reaches its limit of nodes, stops inlining and boxes the vectors. All places are addresses, all strides bytes.
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

    /** The factors: broadcast from memory, because a vector broadcast from a constant is boxed at each use. */
    private static final long FACTORS = Arena.global()
            .allocateFrom(ValueLayout.JAVA_FLOAT, 2f, 4f, 5f, 8f, 1f / 4, 1f / 6, 1f / 12, 1f / 24)
            .address();

    private static final int TWO = 0;
    private static final int FOUR = 1;
    private static final int FIVE = 2;
    private static final int EIGHT = 3;
    private static final int QUARTER = 4;
    private static final int SIXTH = 5;
    private static final int TWELFTH = 6;
    private static final int TWENTY_FOURTH = 7;

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
            FloatVector four = factor(FOUR);
            FloatVector five = factor(FIVE);
            FloatVector d0 = load(source);
            FloatVector d1 = load(source + sourceStep);
            FloatVector d2 = load(source + 2 * sourceStep);
            FloatVector d3 = load(source + 3 * sourceStep);
            FloatVector d4 = load(source + 4 * sourceStep);
            FloatVector d5 = load(source + 5 * sourceStep);
            FloatVector even = d4.sub(d2.mul(four));
            FloatVector odd = d3.sub(d1.mul(four));
            FloatVector near = d4.sub(d2);
            FloatVector far = d3.sub(d1).mul(factor(TWO));
            store(d0.mul(four).sub(d2.mul(five)).add(d4), target);
            store(even.add(odd), target + targetStep);
            store(even.sub(odd), target + 2 * targetStep);
            store(near.add(far), target + 3 * targetStep);
            store(near.sub(far), target + 4 * targetStep);
            store(d1.mul(four).sub(d3.mul(five)).add(d5), target + 5 * targetStep);
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
            FloatVector sum1 = m1.add(m2);
            FloatVector difference1 = m1.sub(m2);
            FloatVector sum2 = m3.add(m4);
            FloatVector difference2 = m3.sub(m4);
            store(load(source).add(sum1).add(sum2), target);
            store(difference2.fma(factor(TWO), difference1), target + targetStep);
            store(sum2.fma(factor(FOUR), sum1), target + 2 * targetStep);
            store(
                    difference2.fma(factor(EIGHT), difference1).add(load(source + 5 * sourceStep)),
                    target + 3 * targetStep);
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
            FloatVector even1 = y0.add(y2);
            FloatVector odd1 = y1.add(y3);
            FloatVector even2 = y2.fma(factor(FOUR), y0);
            FloatVector odd2 = y3.mul(factor(EIGHT)).add(y1.mul(factor(TWO)));
            store(y0, target);
            store(even1.add(odd1), target + targetStep);
            store(even1.sub(odd1), target + 2 * targetStep);
            store(even2.add(odd2), target + 3 * targetStep);
            store(even2.sub(odd2), target + 4 * targetStep);
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
            FloatVector sixth = factor(SIXTH);
            FloatVector w0 = load(source);
            FloatVector w1 = load(source + sourceStep);
            FloatVector w2 = load(source + 2 * sourceStep);
            FloatVector near = w0.add(w2).mul(sixth);
            FloatVector nearOdd = w1.mul(sixth);
            FloatVector far = w0.mul(factor(TWENTY_FOURTH)).add(w2.mul(sixth));
            FloatVector farOdd = w1.mul(factor(TWELFTH));
            store(w0.mul(factor(QUARTER)), target);
            store(near.add(nearOdd).neg(), target + targetStep);
            store(nearOdd.sub(near), target + 2 * targetStep);
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
            FloatVector sixth = factor(SIXTH);
            FloatVector m1 = load(source + sourceStep);
            FloatVector m2 = load(source + 2 * sourceStep);
            FloatVector m3 = load(source + 3 * sourceStep);
            FloatVector m4 = load(source + 4 * sourceStep);
            FloatVector near = m1.add(m2).mul(sixth);
            FloatVector far = m3.add(m4);
            store(load(source).mul(factor(QUARTER)).sub(near).add(far.mul(factor(TWENTY_FOURTH))), target);
            store(m2.sub(m1).mul(sixth).add(m3.sub(m4).mul(factor(TWELFTH))), target + targetStep);
            store(far.mul(sixth).sub(near).add(load(source + 5 * sourceStep)), target + 2 * targetStep);
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
