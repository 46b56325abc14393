package dev.lanewise.cpu.gemm;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;

/** Numbers in native memory, single or double precision, for tests. */
record Matrix(MemorySegment segment, boolean isDouble) {
    static Matrix random(Arena arena, long elements, boolean isDouble, SplittableRandom random) {
        Matrix matrix = new Matrix(arena.allocate(Math.max(1, elements) * (isDouble ? 8 : 4), 64), isDouble);
        for (long i = 0; i < elements; i++) {
            matrix.set(i, random.nextDouble(-1, 1));
        }
        return matrix;
    }

    double get(long index) {
        return isDouble
                ? segment.getAtIndex(ValueLayout.JAVA_DOUBLE, index)
                : segment.getAtIndex(ValueLayout.JAVA_FLOAT, index);
    }

    void set(long index, double value) {
        if (isDouble) {
            segment.setAtIndex(ValueLayout.JAVA_DOUBLE, index, value);
        } else {
            segment.setAtIndex(ValueLayout.JAVA_FLOAT, index, (float) value);
        }
    }

    int elementBytes() {
        return isDouble ? 8 : 4;
    }
}
