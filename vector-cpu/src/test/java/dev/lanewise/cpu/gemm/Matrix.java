package dev.lanewise.cpu.gemm;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.SplittableRandom;

/** Numbers in native memory, single or double precision, for tests. */
record Matrix(MemorySegment segment, boolean isDouble) {
    static Matrix random(Arena arena, long elements, boolean isDouble, SplittableRandom random) {
        Matrix matrix = new Matrix(arena.allocate(Math.max(1, elements) * (isDouble ? 8 : 4), 64), isDouble);
        double[] values = new double[Math.toIntExact(elements)];
        Arrays.setAll(values, i -> isDouble ? random.nextDouble(-1, 1) : (float) random.nextDouble(-1, 1));
        matrix.assign(values);
        return matrix;
    }

    /** All elements; one by one they would take longer than the product. */
    double[] values() {
        if (isDouble) {
            return segment.toArray(ValueLayout.JAVA_DOUBLE);
        }
        float[] floats = segment.toArray(ValueLayout.JAVA_FLOAT);
        double[] values = new double[floats.length];
        Arrays.setAll(values, i -> floats[i]);
        return values;
    }

    void assign(double[] values) {
        if (isDouble) {
            MemorySegment.copy(values, 0, segment, ValueLayout.JAVA_DOUBLE, 0, values.length);
            return;
        }
        float[] floats = new float[values.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) values[i];
        }
        MemorySegment.copy(floats, 0, segment, ValueLayout.JAVA_FLOAT, 0, floats.length);
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
