package dev.lanewise.cpu.norm;

import static dev.lanewise.cpu.memory.Access.loadF64;
import static dev.lanewise.cpu.memory.Access.storeF64;

import dev.lanewise.cpu.Species;
import jdk.incubator.vector.VectorMask;

/** Scaled exponentials of a row in single precision. */
final class F64ExpRow {
    private static final int LANES = Species.F64_LANES;
    private static final long BYTES = Double.BYTES;

    private F64ExpRow() {}

    static void run(long x, long y, int n, double factor) {
        double scale = factor;
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            storeF64(Exp.of(loadF64(x + i * BYTES)).mul(scale), y + i * BYTES);
        }
        if (i < n) {
            VectorMask<Double> tail = Species.F64.indexInRange(i, n);
            storeF64(Exp.of(loadF64(x + i * BYTES, tail)).mul(scale), y + i * BYTES, tail);
        }
    }
}
