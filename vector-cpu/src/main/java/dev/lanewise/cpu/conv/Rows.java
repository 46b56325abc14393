package dev.lanewise.cpu.conv;

import static dev.lanewise.cpu.conv.Vectors.BYTES;
import static dev.lanewise.cpu.conv.Vectors.FLOAT;
import static dev.lanewise.cpu.conv.Vectors.LANES;
import static dev.lanewise.cpu.conv.Vectors.ORDER;
import static dev.lanewise.cpu.conv.Vectors.SPECIES;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/** Short runs of floats: copied, cleared, interleaved. Offsets are bytes, counts are elements. */
final class Rows {
    private Rows() {}

    static void copy(MemorySegment from, long fromAt, MemorySegment to, long toAt, int count) {
        if (count < LANES) {
            for (int i = 0; i < count; i++) {
                to.set(FLOAT, toAt + 4L * i, from.get(FLOAT, fromAt + 4L * i));
            }
            return;
        }
        long last = 4L * (count - LANES);
        for (long at = 0; at < last; at += BYTES) {
            FloatVector.fromMemorySegment(SPECIES, from, fromAt + at, ORDER).intoMemorySegment(to, toAt + at, ORDER);
        }
        // The last vector overlaps the one before it: no tail.
        FloatVector.fromMemorySegment(SPECIES, from, fromAt + last, ORDER).intoMemorySegment(to, toAt + last, ORDER);
    }

    static void clear(MemorySegment to, long toAt, int count) {
        if (count < LANES) {
            for (int i = 0; i < count; i++) {
                to.set(FLOAT, toAt + 4L * i, 0f);
            }
            return;
        }
        FloatVector zero = FloatVector.zero(SPECIES);
        long last = 4L * (count - LANES);
        for (long at = 0; at < last; at += BYTES) {
            zero.intoMemorySegment(to, toAt + at, ORDER);
        }
        zero.intoMemorySegment(to, toAt + last, ORDER);
    }

    /** Copies every {@code step}-th element of {@code from}. */
    static void gather(MemorySegment from, long fromAt, int step, MemorySegment to, long toAt, int count) {
        for (int i = 0; i < count; i++) {
            to.set(FLOAT, toAt + 4L * i, from.get(FLOAT, fromAt + 4L * step * i));
        }
    }

    /** Copies to every {@code step}-th element of {@code to}. */
    static void scatter(MemorySegment from, long fromAt, MemorySegment to, long toAt, int step, int count) {
        for (int i = 0; i < count; i++) {
            to.set(FLOAT, toAt + 4L * step * i, from.get(FLOAT, fromAt + 4L * i));
        }
    }

    /** Adds {@code from} to {@code to}. */
    static void add(MemorySegment from, long fromAt, MemorySegment to, long toAt, long count) {
        long i = 0;
        for (; i + LANES <= count; i += LANES) {
            FloatVector.fromMemorySegment(SPECIES, to, toAt + 4 * i, ORDER)
                    .add(FloatVector.fromMemorySegment(SPECIES, from, fromAt + 4 * i, ORDER))
                    .intoMemorySegment(to, toAt + 4 * i, ORDER);
        }
        for (; i < count; i++) {
            to.set(FLOAT, toAt + 4 * i, to.get(FLOAT, toAt + 4 * i) + from.get(FLOAT, fromAt + 4 * i));
        }
    }
}
