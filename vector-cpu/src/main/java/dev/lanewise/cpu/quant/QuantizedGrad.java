package dev.lanewise.cpu.quant;

import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.ZEROS;

import dev.lanewise.cpu.gemm.F32Panels;
import dev.lanewise.cpu.memory.Scratch;
import dev.lanewise.cpu.parallel.Workers;
import java.lang.foreign.MemorySegment;

/**
 * {@code g w}: the weight is the right operand as it is stored. A task has a range of columns, of which it unpacks some rows at a
 * time into the second-level cache; sums are in ascending rows.
 */
final class QuantizedGrad {
    /** Columns of a task, whole blocks of every format. */
    private static final int COLUMNS = 256;

    /** Rows that are unpacked at a time. */
    private static final int DEPTH = 128;

    private static final int WIDTH = F32Panels.WIDTH;
    private static final long ROW = COLUMNS * 4L;

    private QuantizedGrad() {}

    static void run(BlockRows weight, int m, int n, long g, long out) {
        if (n == 0) {
            ALL.asSlice(out, 4L * m * weight.k()).fill((byte) 0);
            return;
        }
        Workers.run(Math.ceilDiv(weight.k(), COLUMNS), task -> columns(weight, m, n, g, out, task * COLUMNS));
    }

    private static void columns(BlockRows weight, int m, int n, long g, long out, int first) {
        int count = Math.min(COLUMNS, weight.k() - first);
        try (Scratch scratch = Scratch.borrow((DEPTH + (long) m) * ROW)) {
            long wide = scratch.address();
            long sums = wide + DEPTH * ROW;
            // columns beyond the last are multiplied too, and must be numbers
            ALL.asSlice(wide, DEPTH * ROW).fill((byte) 0);
            for (int row = 0; row < n; row += DEPTH) {
                int depth = Math.min(DEPTH, n - row);
                for (int i = 0; i < depth; i++) {
                    weight.unpack(row + i, first, count, wide + i * ROW);
                }
                add(m, depth, g + row * 4L, n * 4L, wide, Math.ceilDiv(count, WIDTH), sums, row == 0);
            }
            for (int i = 0; i < m; i++) {
                long target = out + ((long) i * weight.k() + first) * 4;
                MemorySegment.copy(ALL, sums + i * ROW, ALL, target, count * 4L);
            }
        }
    }

    private static void add(int m, int depth, long g, long gRow, long wide, int panels, long sums, boolean begins) {
        for (int panel = 0; panel < panels; panel++) {
            long b = wide + (long) panel * WIDTH * 4;
            for (int i = 0; i < m; i += F32Panels.ROWS) {
                long c = sums + i * ROW + (long) panel * WIDTH * 4;
                int rows = Math.min(F32Panels.ROWS, m - i);
                F32Panels.tile(rows, depth, g + i * gRow, gRow, b, ROW, begins ? ZEROS : c, begins ? 0 : ROW, c, ROW);
            }
        }
    }
}
