package dev.lanewise.cpu.conv.winograd;

import static dev.lanewise.cpu.conv.Vectors.BYTES;
import static dev.lanewise.cpu.conv.Vectors.ORDER;
import static dev.lanewise.cpu.conv.Vectors.SPECIES;
import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.MASK;

import dev.lanewise.cpu.conv.Rows;
import jdk.incubator.vector.FloatVector;

/** The sums over all inputs of each tap's squares, for a vector of 3x3 kernels. */
final class TapEnergies {
    /** How much larger the sum of a tap's squares may be than that of another. */
    private static final float MOST = 1 << 6;

    /** Weights beyond 2^-40 and 2^55, with those of pixels, stay in the range of floats. */
    private static final float TINY = 0x1p-80f;

    private static final float HUGE = 0x1p110f;

    private TapEnergies() {}

    /**
     * Whether the kernels of {@code outputs} lanes are even: no tap much larger than another, none beyond the usual range.
     *
     * @param kernels a vector for each input and tap
     * @param work scratch of two vectors
     */
    static boolean areEven(long kernels, int inputs, int outputs, long work) {
        FloatVector zero = FloatVector.zero(SPECIES);
        FloatVector e0 = zero;
        FloatVector e1 = zero;
        FloatVector e2 = zero;
        FloatVector e3 = zero;
        FloatVector e4 = zero;
        FloatVector e5 = zero;
        FloatVector e6 = zero;
        FloatVector e7 = zero;
        FloatVector e8 = zero;
        for (int input = 0; input < inputs; input++) {
            long at = kernels + input * 9L * BYTES;
            e0 = added(e0, at);
            e1 = added(e1, at + BYTES);
            e2 = added(e2, at + 2 * BYTES);
            e3 = added(e3, at + 3 * BYTES);
            e4 = added(e4, at + 4 * BYTES);
            e5 = added(e5, at + 5 * BYTES);
            e6 = added(e6, at + 6 * BYTES);
            e7 = added(e7, at + 7 * BYTES);
            e8 = added(e8, at + 8 * BYTES);
        }
        e0.max(e1).max(e2.max(e3)).max(e4.max(e5)).max(e6.max(e7)).max(e8).intoMemorySegment(ALL, work & MASK, ORDER);
        e0.min(e1)
                .min(e2.min(e3))
                .min(e4.min(e5))
                .min(e6.min(e7))
                .min(e8)
                .intoMemorySegment(ALL, (work + BYTES) & MASK, ORDER);
        for (int lane = 0; lane < outputs; lane++) {
            float most = Rows.read(work + 4L * lane);
            float least = Rows.read(work + BYTES + 4L * lane);
            boolean usual = most >= TINY && most <= HUGE && most <= MOST * least;
            if (most != 0 && !usual) {
                return false;
            }
        }
        return true;
    }

    private static FloatVector added(FloatVector sum, long at) {
        FloatVector w = FloatVector.fromMemorySegment(SPECIES, ALL, at & MASK, ORDER);
        return w.fma(w, sum);
    }
}
