package dev.lanewise.cpu.conv.winograd;

import static dev.lanewise.cpu.conv.Vectors.BYTES;
import static dev.lanewise.cpu.conv.Vectors.ORDER;
import static dev.lanewise.cpu.conv.Vectors.SPECIES;
import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.MASK;
import static dev.lanewise.cpu.memory.NativeMemory.ZEROS;

import jdk.incubator.vector.FloatVector;

/** Products of pixels and weights whose channels lie next to each other. */
final class ChannelDots {
    private ChannelDots() {}

    /**
     * Writes a vector whose lanes sum up to the dot product of two matrices: four sums hide the latency of an addition.
     *
     * @param x the first matrix's first row
     * @param xRow bytes from one of its rows to the next
     * @param w the second matrix's
     * @param wRow bytes from one of its rows to the next
     * @param vectors of a row
     */
    static void sum(long x, long xRow, long w, long wRow, int rows, int vectors, long to) {
        // read from different places: started from one shared zero the vectors would be boxed
        FloatVector sum0 = load(ZEROS);
        FloatVector sum1 = load(ZEROS + BYTES);
        FloatVector sum2 = load(ZEROS + 2 * BYTES);
        FloatVector sum3 = load(ZEROS + 3 * BYTES);
        for (int row = 0; row < rows; row++) {
            long a = x + row * xRow;
            long b = w + row * wRow;
            int i = 0;
            for (; i + 4 <= vectors; i += 4) {
                sum0 = load(a).fma(load(b), sum0);
                sum1 = load(a + BYTES).fma(load(b + BYTES), sum1);
                sum2 = load(a + 2 * BYTES).fma(load(b + 2 * BYTES), sum2);
                sum3 = load(a + 3 * BYTES).fma(load(b + 3 * BYTES), sum3);
                a += 4 * BYTES;
                b += 4 * BYTES;
            }
            for (; i < vectors; i++) {
                sum0 = load(a).fma(load(b), sum0);
                a += BYTES;
                b += BYTES;
            }
        }
        sum0.add(sum1).add(sum2.add(sum3)).intoMemorySegment(ALL, to & MASK, ORDER);
    }

    private static FloatVector load(long at) {
        return FloatVector.fromMemorySegment(SPECIES, ALL, at & MASK, ORDER);
    }
}
