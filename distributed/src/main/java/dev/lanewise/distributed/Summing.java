package dev.lanewise.distributed;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Adds what was received: in blocks that stay in the nearest cache, as arrays, over which a JIT compiler makes SIMD loops. */
final class Summing {
    private static final int BLOCK = 2048;

    private final float[] floats = new float[BLOCK];
    private final float[] moreFloats = new float[BLOCK];
    private final double[] doubles = new double[BLOCK];
    private final double[] moreDoubles = new double[BLOCK];
    private MemorySegment scratch = MemorySegment.NULL;

    /** Memory to receive into, until the next call. */
    MemorySegment scratch(long bytes) {
        if (scratch.byteSize() < bytes) {
            scratch = Arena.ofAuto().allocate(bytes, 64);
        }
        return scratch.asSlice(0, bytes);
    }

    /** Adds numbers of 4 or 8 bytes to a sum. */
    void add(MemorySegment sum, MemorySegment more, int width) {
        long elements = sum.byteSize() / width;
        for (long from = 0; from < elements; from += BLOCK) {
            int count = (int) Math.min(BLOCK, elements - from);
            if (width == Float.BYTES) {
                addFloats(sum, more, from * width, count);
            } else {
                addDoubles(sum, more, from * width, count);
            }
        }
    }

    private void addFloats(MemorySegment sum, MemorySegment more, long at, int count) {
        MemorySegment.copy(sum, ValueLayout.JAVA_FLOAT_UNALIGNED, at, floats, 0, count);
        MemorySegment.copy(more, ValueLayout.JAVA_FLOAT_UNALIGNED, at, moreFloats, 0, count);
        for (int i = 0; i < count; i++) {
            floats[i] += moreFloats[i];
        }
        MemorySegment.copy(floats, 0, sum, ValueLayout.JAVA_FLOAT_UNALIGNED, at, count);
    }

    private void addDoubles(MemorySegment sum, MemorySegment more, long at, int count) {
        MemorySegment.copy(sum, ValueLayout.JAVA_DOUBLE_UNALIGNED, at, doubles, 0, count);
        MemorySegment.copy(more, ValueLayout.JAVA_DOUBLE_UNALIGNED, at, moreDoubles, 0, count);
        for (int i = 0; i < count; i++) {
            doubles[i] += moreDoubles[i];
        }
        MemorySegment.copy(doubles, 0, sum, ValueLayout.JAVA_DOUBLE_UNALIGNED, at, count);
    }
}
