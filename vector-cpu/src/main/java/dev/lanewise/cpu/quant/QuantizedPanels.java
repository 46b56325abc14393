package dev.lanewise.cpu.quant;

import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.MASK;
import static dev.lanewise.cpu.memory.NativeMemory.ZEROS;

import dev.lanewise.cpu.gemm.F32Panels;
import dev.lanewise.cpu.memory.Scratch;
import dev.lanewise.cpu.parallel.Workers;
import java.lang.foreign.ValueLayout;
import java.util.function.IntConsumer;

/**
 * {@code x w^T} for many rows of x. The weight is the left operand of the micro-kernel, which reads its rows as they are unpacked,
 * a block of rows and k at a time into the second-level cache; x is packed once as panels of the right one, so that no weight is
 * transposed. A tile is {@code rows of w} by {@code rows of x}, and is stored transposed at the end.
 */
final class QuantizedPanels implements IntConsumer {
    /** Rows of the weight in a task; a multiple of all tiles' rows. */
    private static final int ROWS = 48;

    /** Numbers of a row that are unpacked at a time, whole blocks of every format: 48 rows of them take 96 KB. */
    private static final int DEPTH = 512;

    /** Rows of x whose sums a task holds: 48 of them take 96 KB. */
    private static final int MOST_COLUMNS = 512;

    private static final int WIDTH = F32Panels.WIDTH;
    private static final long PANEL_ROW = WIDTH * 4L;

    private final BlockRows weight;
    private final int m;
    private final int n;
    private final long x;
    private final long out;
    private boolean packing;
    private long panels;
    private int first;
    private int columns;

    QuantizedPanels(BlockRows weight, int m, int n, long x, long out) {
        this.weight = weight;
        this.m = m;
        this.n = n;
        this.x = x;
        this.out = out;
    }

    void run() {
        int most = Math.min(m, MOST_COLUMNS);
        try (Scratch scratch = Scratch.borrow(Math.ceilDiv(most, WIDTH) * PANEL_ROW * weight.k())) {
            panels = scratch.address();
            for (first = 0; first < m; first += MOST_COLUMNS) {
                columns = Math.min(MOST_COLUMNS, m - first);
                packing = true;
                Workers.run(Math.ceilDiv(columns, WIDTH), this);
                packing = false;
                Workers.run(Math.ceilDiv(n, ROWS), this);
            }
        }
    }

    @Override
    public void accept(int task) {
        if (packing) {
            int column = task * WIDTH;
            F32Panels.packColumns(
                    x + (long) (first + column) * weight.k() * 4,
                    weight.k() * 4L,
                    weight.k(),
                    Math.min(WIDTH, columns - column),
                    panel(task));
        } else {
            compute(task * ROWS, Math.min(ROWS, n - task * ROWS));
        }
    }

    private long panel(int index) {
        return panels + index * PANEL_ROW * weight.k();
    }

    private void compute(int row, int rows) {
        int count = Math.ceilDiv(columns, WIDTH);
        long tileBytes = ROWS * PANEL_ROW;
        long wideRow = Math.min(DEPTH, weight.k()) * 4L + 64;
        try (Scratch scratch = Scratch.borrow(count * tileBytes + ROWS * wideRow)) {
            long tiles = scratch.address();
            long wide = tiles + count * tileBytes;
            for (int p = 0; p < weight.k(); p += DEPTH) {
                int depth = Math.min(DEPTH, weight.k() - p);
                for (int i = 0; i < rows; i++) {
                    weight.unpack(row + i, p, depth, wide + i * wideRow);
                }
                for (int panel = 0; panel < count; panel++) {
                    long b = panel(panel) + p * PANEL_ROW;
                    sums(rows, depth, wide, wideRow, b, tiles + panel * tileBytes, p == 0);
                }
            }
            for (int panel = 0; panel < count; panel++) {
                int column = panel * WIDTH;
                long target = out + ((long) (first + column) * n + row) * 4;
                store(tiles + panel * tileBytes, rows, Math.min(WIDTH, columns - column), target);
            }
        }
    }

    private static void sums(int rows, int depth, long wide, long wideRow, long b, long tile, boolean begins) {
        for (int i = 0; i < rows; i += F32Panels.ROWS) {
            long c = tile + i * PANEL_ROW;
            F32Panels.tile(
                    Math.min(F32Panels.ROWS, rows - i),
                    depth,
                    wide + i * wideRow,
                    wideRow,
                    b,
                    PANEL_ROW,
                    begins ? ZEROS : c,
                    begins ? 0 : PANEL_ROW,
                    c,
                    PANEL_ROW);
        }
    }

    private void store(long tile, int rows, int count, long target) {
        for (int column = 0; column < count; column++) {
            long from = tile + column * 4L;
            long to = target + (long) column * n * 4;
            for (int i = 0; i < rows; i++) {
                float value = ALL.get(ValueLayout.JAVA_FLOAT, (from + i * PANEL_ROW) & MASK);
                ALL.set(ValueLayout.JAVA_FLOAT, (to + i * 4L) & MASK, value);
            }
        }
    }
}
