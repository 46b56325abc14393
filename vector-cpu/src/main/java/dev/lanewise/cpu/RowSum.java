package dev.lanewise.cpu;

import static dev.lanewise.cpu.memory.Access.loadF32;
import static dev.lanewise.cpu.memory.Access.loadF64;

import dev.lanewise.cpu.memory.NativeMemory;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Sums of dense single-precision rows, accumulated in double precision. Widening costs nothing at memory speed, and sums
 * that nearly cancel keep their meaning: the gradient of a bias before a batch normalization is exactly zero, and an
 * adaptive optimizer would make steps of full size from its rounding errors.
 */
public final class RowSum {
    private static final int LANES = Species.F32_LANES;
    private static final long VECTOR = LANES * 4L;
    private static final long WIDE = Species.F64_LANES * 8L;

    private RowSum() {}

    /** The sum of {@code n} neighbouring elements. */
    public static double f32(long address, int n) {
        DoubleVector a = loadF64(NativeMemory.ZEROS);
        DoubleVector b = loadF64(NativeMemory.ZEROS + WIDE);
        DoubleVector c = loadF64(NativeMemory.ZEROS + 2 * WIDE);
        DoubleVector d = loadF64(NativeMemory.ZEROS + 3 * WIDE);
        int i = 0;
        for (; i <= n - 2 * LANES; i += 2 * LANES) {
            FloatVector v = loadF32(address + i * 4L);
            FloatVector w = loadF32(address + i * 4L + VECTOR);
            a = a.add(widen(v, 0));
            b = b.add(widen(v, 1));
            c = c.add(widen(w, 0));
            d = d.add(widen(w, 1));
        }
        if (i < n) {
            FloatVector v = loadF32(address + i * 4L, Species.F32.indexInRange(i, n));
            a = a.add(widen(v, 0));
            b = b.add(widen(v, 1));
            if (i + LANES < n) {
                FloatVector w = loadF32(address + i * 4L + VECTOR, Species.F32.indexInRange(i + LANES, n));
                c = c.add(widen(w, 0));
                d = d.add(widen(w, 1));
            }
        }
        return LaneSum.of(a.add(b).add(c.add(d)));
    }

    private static DoubleVector widen(FloatVector v, int part) {
        return (DoubleVector) v.convertShape(VectorOperators.F2D, Species.F64, part);
    }
}
