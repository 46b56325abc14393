package dev.lanewise.cpu.index;

import static dev.lanewise.cpu.memory.Access.loadF32;
import static dev.lanewise.cpu.memory.Access.loadF64;
import static dev.lanewise.cpu.memory.Access.storeF32;
import static dev.lanewise.cpu.memory.Access.storeF64;

import dev.lanewise.cpu.Species;
import dev.lanewise.cpu.memory.Access;

/** Adds one row to another. */
final class AddRow {
    private AddRow() {}

    static void f32(long x, long total, long n) {
        long i = 0;
        for (; i <= n - Species.F32_LANES; i += Species.F32_LANES) {
            long at = i * Float.BYTES;
            storeF32(loadF32(total + at).add(loadF32(x + at)), total + at);
        }
        for (; i < n; i++) {
            long at = i * Float.BYTES;
            Access.f32(total + at, Access.f32(total + at) + Access.f32(x + at));
        }
    }

    static void f64(long x, long total, long n) {
        long i = 0;
        for (; i <= n - Species.F64_LANES; i += Species.F64_LANES) {
            long at = i * Double.BYTES;
            storeF64(loadF64(total + at).add(loadF64(x + at)), total + at);
        }
        for (; i < n; i++) {
            long at = i * Double.BYTES;
            Access.f64(total + at, Access.f64(total + at) + Access.f64(x + at));
        }
    }
}
