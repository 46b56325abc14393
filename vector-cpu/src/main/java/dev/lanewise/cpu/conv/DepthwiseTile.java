package dev.lanewise.cpu.conv;

import static dev.lanewise.cpu.conv.Vectors.FLOAT;
import static dev.lanewise.cpu.conv.Vectors.LANES;
import static dev.lanewise.cpu.conv.Vectors.LONG;
import static dev.lanewise.cpu.conv.Vectors.ORDER;
import static dev.lanewise.cpu.conv.Vectors.SPECIES;
import static dev.lanewise.cpu.memory.Access.f64;
import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.MASK;

import dev.lanewise.cpu.LaneSum;
import jdk.incubator.vector.FloatVector;

/** The loops of depthwise convolutions: one plane of outputs, four vectors of pixels at a time. */
final class DepthwiseTile {
    /** Vectors of pixels in a tile. */
    static final int VECTORS = 4;

    /** Bytes of a tile: what a run of pixels may be read and written past its end. */
    static final long BYTES = VECTORS * Vectors.BYTES;

    /** Sums worth handing to another thread. */
    static final long GRAIN = 1 << 14;

    private static final long STEP = Vectors.BYTES;

    private DepthwiseTile() {}

    /**
     * Computes {@code to[i] = start + sum over steps of w[step] * x[i + taps[step]]} for {@code length} pixels, and for those that
     * follow up to a whole tile.
     *
     * @param x address of the first pixel
     * @param taps pairs of byte offsets, of a pixel and of a weight
     * @param steps number of pairs
     * @param w address of the weights
     * @param start what the sums start from
     * @param to receives the sums
     * @param length number of pixels
     */
    static void run(long x, long taps, int steps, long w, float start, long to, long length) {
        for (long i = 0; i < length; i += (long) VECTORS * LANES) {
            tile(x + 4 * i, taps, steps, w, start, to + 4 * i);
        }
    }

    private static void tile(long x, long taps, int steps, long w, float start, long to) {
        FloatVector c0 = FloatVector.broadcast(SPECIES, start);
        FloatVector c1 = FloatVector.broadcast(SPECIES, start);
        FloatVector c2 = FloatVector.broadcast(SPECIES, start);
        FloatVector c3 = FloatVector.broadcast(SPECIES, start);
        for (int step = 0; step < steps; step++) {
            long entry = (taps + 16L * step) & MASK;
            long at = x + ALL.get(LONG, entry);
            FloatVector weight = FloatVector.broadcast(SPECIES, ALL.get(FLOAT, (w + ALL.get(LONG, entry + 8)) & MASK));
            c0 = FloatVector.fromMemorySegment(SPECIES, ALL, at & MASK, ORDER).fma(weight, c0);
            c1 = FloatVector.fromMemorySegment(SPECIES, ALL, (at + STEP) & MASK, ORDER)
                    .fma(weight, c1);
            c2 = FloatVector.fromMemorySegment(SPECIES, ALL, (at + 2 * STEP) & MASK, ORDER)
                    .fma(weight, c2);
            c3 = FloatVector.fromMemorySegment(SPECIES, ALL, (at + 3 * STEP) & MASK, ORDER)
                    .fma(weight, c3);
        }
        c0.intoMemorySegment(ALL, to & MASK, ORDER);
        c1.intoMemorySegment(ALL, (to + STEP) & MASK, ORDER);
        c2.intoMemorySegment(ALL, (to + 2 * STEP) & MASK, ORDER);
        c3.intoMemorySegment(ALL, (to + 3 * STEP) & MASK, ORDER);
    }

    /**
     * Adds to {@code sums[t]}, of F64, the sum of {@code g[i] * x[i + taps[t]]} over {@code vectors} vectors, for four taps.
     *
     * @param g address of the gradients
     * @param x address of the pixel that tap 0 meets
     * @param taps four byte offsets
     * @param vectors number of vectors
     * @param sums four sums
     * @param lanes room for four vectors
     */
    static void gradient(long g, long x, long taps, int vectors, long sums, long lanes) {
        long x0 = x + ALL.get(LONG, taps & MASK);
        long x1 = x + ALL.get(LONG, (taps + 8) & MASK);
        long x2 = x + ALL.get(LONG, (taps + 16) & MASK);
        long x3 = x + ALL.get(LONG, (taps + 24) & MASK);
        FloatVector c0 = FloatVector.zero(SPECIES);
        FloatVector c1 = FloatVector.zero(SPECIES);
        FloatVector c2 = FloatVector.zero(SPECIES);
        FloatVector c3 = FloatVector.zero(SPECIES);
        for (int i = 0; i < vectors; i++) {
            long at = i * STEP;
            FloatVector slope = FloatVector.fromMemorySegment(SPECIES, ALL, (g + at) & MASK, ORDER);
            c0 = FloatVector.fromMemorySegment(SPECIES, ALL, (x0 + at) & MASK, ORDER)
                    .fma(slope, c0);
            c1 = FloatVector.fromMemorySegment(SPECIES, ALL, (x1 + at) & MASK, ORDER)
                    .fma(slope, c1);
            c2 = FloatVector.fromMemorySegment(SPECIES, ALL, (x2 + at) & MASK, ORDER)
                    .fma(slope, c2);
            c3 = FloatVector.fromMemorySegment(SPECIES, ALL, (x3 + at) & MASK, ORDER)
                    .fma(slope, c3);
        }
        c0.intoMemorySegment(ALL, lanes & MASK, ORDER);
        c1.intoMemorySegment(ALL, (lanes + STEP) & MASK, ORDER);
        c2.intoMemorySegment(ALL, (lanes + 2 * STEP) & MASK, ORDER);
        c3.intoMemorySegment(ALL, (lanes + 3 * STEP) & MASK, ORDER);
        // one sum of lanes in a loop: four of them would be more than C2 takes in one method
        for (int tap = 0; tap < DepthwiseWeightGrad.TAPS; tap++) {
            long sum = sums + (long) Double.BYTES * tap;
            FloatVector c = FloatVector.fromMemorySegment(SPECIES, ALL, (lanes + tap * STEP) & MASK, ORDER);
            f64(sum, f64(sum) + LaneSum.of(c));
        }
    }
}
