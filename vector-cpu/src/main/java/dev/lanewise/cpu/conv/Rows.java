package dev.lanewise.cpu.conv;

import static dev.lanewise.cpu.conv.Vectors.BYTES;
import static dev.lanewise.cpu.conv.Vectors.FLOAT;
import static dev.lanewise.cpu.conv.Vectors.LANES;
import static dev.lanewise.cpu.conv.Vectors.ORDER;
import static dev.lanewise.cpu.conv.Vectors.SPECIES;
import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.MASK;

import jdk.incubator.vector.FloatVector;

/** Short runs of floats: copied, cleared, interleaved, by address. Counts are elements. */
final class Rows {
    private Rows() {}

    static void copy(long from, long to, int count) {
        if (count < LANES) {
            for (int i = 0; i < count; i++) {
                ALL.set(FLOAT, (to + 4L * i) & MASK, ALL.get(FLOAT, (from + 4L * i) & MASK));
            }
            return;
        }
        long last = 4L * (count - LANES);
        for (long at = 0; at < last; at += BYTES) {
            FloatVector.fromMemorySegment(SPECIES, ALL, (from + at) & MASK, ORDER).intoMemorySegment(ALL, (to + at) & MASK, ORDER);
        }
        // The last vector overlaps the one before it: no tail.
        FloatVector.fromMemorySegment(SPECIES, ALL, (from + last) & MASK, ORDER).intoMemorySegment(ALL, (to + last) & MASK, ORDER);
    }

    static void clear(long to, long count) {
        if (count < LANES) {
            for (int i = 0; i < count; i++) {
                ALL.set(FLOAT, (to + 4L * i) & MASK, 0f);
            }
            return;
        }
        FloatVector zero = FloatVector.zero(SPECIES);
        long last = 4L * (count - LANES);
        for (long at = 0; at < last; at += BYTES) {
            zero.intoMemorySegment(ALL, (to + at) & MASK, ORDER);
        }
        zero.intoMemorySegment(ALL, (to + last) & MASK, ORDER);
    }

    /** Copies every {@code step}-th element of {@code from}. */
    static void gather(long from, int step, long to, int count) {
        for (int i = 0; i < count; i++) {
            ALL.set(FLOAT, (to + 4L * i) & MASK, ALL.get(FLOAT, (from + 4L * step * i) & MASK));
        }
    }

    /** Copies to every {@code step}-th element of {@code to}. */
    static void scatter(long from, long to, int step, int count) {
        for (int i = 0; i < count; i++) {
            ALL.set(FLOAT, (to + 4L * step * i) & MASK, ALL.get(FLOAT, (from + 4L * i) & MASK));
        }
    }

    /** Adds {@code from} to {@code to}. */
    static void add(long from, long to, long count) {
        long i = 0;
        for (; i + LANES <= count; i += LANES) {
            FloatVector.fromMemorySegment(SPECIES, ALL, (to + 4 * i) & MASK, ORDER)
                    .add(FloatVector.fromMemorySegment(SPECIES, ALL, (from + 4 * i) & MASK, ORDER))
                    .intoMemorySegment(ALL, (to + 4 * i) & MASK, ORDER);
        }
        for (; i < count; i++) {
            ALL.set(FLOAT, (to + 4 * i) & MASK, ALL.get(FLOAT, (to + 4 * i) & MASK) + ALL.get(FLOAT, (from + 4 * i) & MASK));
        }
    }

    /** Returns the float at an address. */
    static float read(long at) {
        return ALL.get(FLOAT, at & MASK);
    }

    /** Adds {@code bias} and, if {@code relu}, replaces what is negative by zero. */
    static void biasAndActivate(long at, int count, float bias, boolean relu) {
        int i = 0;
        for (; i + LANES <= count; i += LANES) {
            FloatVector sum = FloatVector.fromMemorySegment(SPECIES, ALL, (at + 4L * i) & MASK, ORDER).add(bias);
            (relu ? sum.max(0f) : sum).intoMemorySegment(ALL, (at + 4L * i) & MASK, ORDER);
        }
        for (; i < count; i++) {
            float sum = ALL.get(FLOAT, (at + 4L * i) & MASK) + bias;
            ALL.set(FLOAT, (at + 4L * i) & MASK, relu ? Math.max(sum, 0f) : sum);
        }
    }
}
