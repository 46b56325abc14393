package dev.lanewise.cpu;

import static dev.lanewise.cpu.memory.Access.loadF32;

import dev.lanewise.cpu.memory.Access;
import dev.lanewise.cpu.memory.NativeMemory;
import jdk.incubator.vector.FloatVector;

/**
 * Sums of dense single-precision rows to more than single precision: every addition's rounding error is added up beside it
 * (TwoSum, Knuth, "The Art of Computer Programming", volume 2, 4.2.2). At memory speed that costs nothing, and sums that
 * nearly cancel keep their meaning: the gradient of a bias before a batch normalization is exactly zero, and an adaptive
 * optimizer would make steps of full size from its rounding errors.
 */
public final class RowSum {
    private static final int LANES = Species.F32_LANES;
    private static final long VECTOR = LANES * 4L;

    private RowSum() {}

    /** The sum of {@code n} neighbouring elements. */
    public static double f32(long address, int n) {
        FloatVector a = loadF32(NativeMemory.ZEROS);
        FloatVector b = loadF32(NativeMemory.ZEROS + VECTOR);
        FloatVector errorsOfA = loadF32(NativeMemory.ZEROS + 2 * VECTOR);
        FloatVector errorsOfB = loadF32(NativeMemory.ZEROS + 3 * VECTOR);
        int i = 0;
        // written out: helpers are not inlined where this loop itself is inlined deep in others
        for (; i <= n - 2 * LANES; i += 2 * LANES) {
            FloatVector v = loadF32(address + i * 4L);
            FloatVector w = loadF32(address + i * 4L + VECTOR);
            FloatVector newA = a.add(v);
            FloatVector newB = b.add(w);
            FloatVector addedToA = newA.sub(a);
            FloatVector addedToB = newB.sub(b);
            errorsOfA = errorsOfA.add(a.sub(newA.sub(addedToA)).add(v.sub(addedToA)));
            errorsOfB = errorsOfB.add(b.sub(newB.sub(addedToB)).add(w.sub(addedToB)));
            a = newA;
            b = newB;
        }
        double rest = 0;
        for (; i < n; i++) {
            rest += Access.f32(address + i * 4L);
        }
        float plain = LaneSum.of(a.add(b));
        // the errors of infinities are NaN
        return Float.isInfinite(plain)
                ? rest + plain
                : rest + LaneSum.exact(a) + LaneSum.exact(b) + LaneSum.of(errorsOfA.add(errorsOfB));
    }
}
