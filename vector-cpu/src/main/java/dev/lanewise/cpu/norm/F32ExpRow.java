package dev.lanewise.cpu.norm;

import static dev.lanewise.cpu.memory.Access.loadF32;
import static dev.lanewise.cpu.memory.Access.storeF32;

import dev.lanewise.cpu.Species;
import jdk.incubator.vector.VectorMask;

/** Scaled exponentials of a row in single precision. */
final class F32ExpRow {
    private static final int LANES = Species.F32_LANES;
    private static final long BYTES = Float.BYTES;

    private F32ExpRow() {}

    static void run(long x, long y, int n, double factor) {
        float scale = (float) factor;
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            storeF32(Exp.of(loadF32(x + i * BYTES)).mul(scale), y + i * BYTES);
        }
        if (i < n) {
            VectorMask<Float> tail = Species.F32.indexInRange(i, n);
            storeF32(Exp.of(loadF32(x + i * BYTES, tail)).mul(scale), y + i * BYTES, tail);
        }
    }
}
