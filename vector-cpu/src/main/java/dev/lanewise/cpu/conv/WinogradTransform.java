package dev.lanewise.cpu.conv;

import static dev.lanewise.cpu.conv.Vectors.BYTES;
import static dev.lanewise.cpu.conv.Vectors.ORDER;
import static dev.lanewise.cpu.conv.Vectors.SPECIES;
import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.MASK;

import jdk.incubator.vector.FloatVector;

/**
 * The transforms of F(4x4, 3x3), with the interpolation points 0, 1, -1, 2, -2 and infinity of Lavin and Gray, "Fast
 * Algorithms for Convolutional Neural Networks", 2015: {@code y = A' [(G w G') * (B' x B)] A}. Each works on a vector of
 * channels, first down the columns of a tile into scratch, then along the rows. All places are addresses, all strides bytes.
 *
 * <p>The gradient with respect to the weights is the transposed algorithm: {@code gw = G' [(B' x B) * (A gy A')] G}, with the
 * products summed over all tiles.
 */
final class WinogradTransform {
    /** Output pixels along a side of a tile. */
    static final int TILE = 4;

    /** Input pixels along a side of a tile, and points of the transform. */
    static final int POINTS = 6;

    /** Products of a tile. */
    static final int POSITIONS = POINTS * POINTS;

    /** Bytes of scratch a transform needs. */
    static final long WORK_BYTES = POSITIONS * BYTES;

    private WinogradTransform() {}

    /** Transforms a 6x6 tile of input: {@code to = B' x B}. */
    static void input(long from, long row, long column, long to, long position, long work) {
        for (int j = 0; j < POINTS; j++) {
            input(from + j * column, row, work + j * BYTES, POINTS * BYTES);
        }
        for (int i = 0; i < POINTS; i++) {
            input(work + i * POINTS * BYTES, BYTES, to + i * POINTS * position, position);
        }
    }

    /** Transforms the products of a tile to the 4x4 output: {@code to = A' m A}. */
    static void output(long from, long position, long to, long row, long column, long work) {
        for (int j = 0; j < POINTS; j++) {
            output(from + j * position, POINTS * position, work + j * BYTES, POINTS * BYTES);
        }
        for (int i = 0; i < TILE; i++) {
            output(work + i * POINTS * BYTES, BYTES, to + i * row, column);
        }
    }

    /** Transforms a 4x4 tile of the output's gradient: {@code to = A gy A'}. */
    static void gradient(long from, long row, long column, long to, long position, long work) {
        for (int j = 0; j < TILE; j++) {
            gradient(from + j * column, row, work + j * BYTES, TILE * BYTES);
        }
        for (int i = 0; i < POINTS; i++) {
            gradient(work + i * TILE * BYTES, BYTES, to + i * POINTS * position, position);
        }
    }

    /** Transforms a 3x3 kernel: {@code to = G w G'}. */
    static void weights(long from, long row, long column, long to, long position, long work) {
        for (int j = 0; j < 3; j++) {
            weights(from + j * column, row, work + j * BYTES, 3 * BYTES);
        }
        for (int i = 0; i < POINTS; i++) {
            weights(work + i * 3 * BYTES, BYTES, to + i * POINTS * position, position);
        }
    }

    /** Transforms summed products to the 3x3 gradient of the kernel: {@code to = G' m G}. */
    static void weightGradient(long from, long position, long to, long row, long column, long work) {
        for (int j = 0; j < POINTS; j++) {
            weightGradient(from + j * position, POINTS * position, work + j * BYTES, POINTS * BYTES);
        }
        for (int i = 0; i < 3; i++) {
            weightGradient(work + i * POINTS * BYTES, BYTES, to + i * row, column);
        }
    }

    private static void input(long from, long fromStep, long to, long toStep) {
        FloatVector d0 = load(from);
        FloatVector d1 = load(from + fromStep);
        FloatVector d2 = load(from + 2 * fromStep);
        FloatVector d3 = load(from + 3 * fromStep);
        FloatVector d4 = load(from + 4 * fromStep);
        FloatVector d5 = load(from + 5 * fromStep);
        FloatVector even = d4.sub(d2.mul(4f));
        FloatVector odd = d3.sub(d1.mul(4f));
        FloatVector near = d4.sub(d2);
        FloatVector far = d3.sub(d1).mul(2f);
        store(d0.mul(4f).sub(d2.mul(5f)).add(d4), to);
        store(even.add(odd), to + toStep);
        store(even.sub(odd), to + 2 * toStep);
        store(near.add(far), to + 3 * toStep);
        store(near.sub(far), to + 4 * toStep);
        store(d1.mul(4f).sub(d3.mul(5f)).add(d5), to + 5 * toStep);
    }

    private static void output(long from, long fromStep, long to, long toStep) {
        FloatVector m0 = load(from);
        FloatVector m1 = load(from + fromStep);
        FloatVector m2 = load(from + 2 * fromStep);
        FloatVector m3 = load(from + 3 * fromStep);
        FloatVector m4 = load(from + 4 * fromStep);
        FloatVector m5 = load(from + 5 * fromStep);
        FloatVector sum1 = m1.add(m2);
        FloatVector difference1 = m1.sub(m2);
        FloatVector sum2 = m3.add(m4);
        FloatVector difference2 = m3.sub(m4);
        store(m0.add(sum1).add(sum2), to);
        store(difference2.mul(2f).add(difference1), to + toStep);
        store(sum2.mul(4f).add(sum1), to + 2 * toStep);
        store(difference2.mul(8f).add(difference1).add(m5), to + 3 * toStep);
    }

    private static void gradient(long from, long fromStep, long to, long toStep) {
        FloatVector y0 = load(from);
        FloatVector y1 = load(from + fromStep);
        FloatVector y2 = load(from + 2 * fromStep);
        FloatVector y3 = load(from + 3 * fromStep);
        FloatVector even1 = y0.add(y2);
        FloatVector odd1 = y1.add(y3);
        FloatVector even2 = y2.mul(4f).add(y0);
        FloatVector odd2 = y3.mul(8f).add(y1.mul(2f));
        store(y0, to);
        store(even1.add(odd1), to + toStep);
        store(even1.sub(odd1), to + 2 * toStep);
        store(even2.add(odd2), to + 3 * toStep);
        store(even2.sub(odd2), to + 4 * toStep);
        store(y3, to + 5 * toStep);
    }

    private static void weights(long from, long fromStep, long to, long toStep) {
        FloatVector w0 = load(from);
        FloatVector w1 = load(from + fromStep);
        FloatVector w2 = load(from + 2 * fromStep);
        FloatVector near = w0.add(w2).mul(-1f / 6);
        FloatVector nearOdd = w1.mul(1f / 6);
        FloatVector far = w0.mul(1f / 24).add(w2.mul(1f / 6));
        FloatVector farOdd = w1.mul(1f / 12);
        store(w0.mul(0.25f), to);
        store(near.sub(nearOdd), to + toStep);
        store(near.add(nearOdd), to + 2 * toStep);
        store(far.add(farOdd), to + 3 * toStep);
        store(far.sub(farOdd), to + 4 * toStep);
        store(w2, to + 5 * toStep);
    }

    private static void weightGradient(long from, long fromStep, long to, long toStep) {
        FloatVector m0 = load(from);
        FloatVector m1 = load(from + fromStep);
        FloatVector m2 = load(from + 2 * fromStep);
        FloatVector m3 = load(from + 3 * fromStep);
        FloatVector m4 = load(from + 4 * fromStep);
        FloatVector m5 = load(from + 5 * fromStep);
        FloatVector near = m1.add(m2).mul(1f / 6);
        FloatVector far = m3.add(m4);
        store(m0.mul(0.25f).sub(near).add(far.mul(1f / 24)), to);
        store(m2.sub(m1).mul(1f / 6).add(m3.sub(m4).mul(1f / 12)), to + toStep);
        store(far.mul(1f / 6).sub(near).add(m5), to + 2 * toStep);
    }

    private static FloatVector load(long address) {
        return FloatVector.fromMemorySegment(SPECIES, ALL, address & MASK, ORDER);
    }

    private static void store(FloatVector value, long address) {
        value.intoMemorySegment(ALL, address & MASK, ORDER);
    }
}
