package dev.lanewise.cpu.gemm;

import dev.lanewise.cpu.memory.NativeMemory;
import dev.lanewise.cpu.memory.Scratch;
import dev.lanewise.cpu.parallel.Workers;
import java.util.function.IntConsumer;

/**
 * One product by blocks and panels, the five loops of BLIS around the micro-kernel: columns in ranges whose packed B is kept
 * whole, then tasks of rows and columns of C, and in a task blocks of k, panels of B, tiles of rows.
 *
 * <p>A is read where it lies, at any strides. B is packed unless the rows of C are too few to pay for it; panels that end in
 * a part of a vector always are. A tile of C that is not stored as it is computed (part of a vector, alpha or beta,
 * transposed) goes through scratch memory.
 */
final class BlockedProduct implements Product, IntConsumer {
    /** Up to this many rows of C, reading B from its place costs less than a packed copy. */
    private static final int ROWS_WITHOUT_PACKING = 16;

    /** Elements packed in one task. */
    private static final int PACK_GRAIN = 1 << 15;

    /** Packed B of one range of columns. */
    private static final long MOST_PACKED_BYTES = 64L << 20;

    private final Kernels kernels;
    private final MicroKernel micro;
    private final int elementBytes;
    private final int width;
    private final ProductView view;
    private final Blocking blocking;
    private final OutputStage output;

    private boolean parallel;
    private long a;
    private long b;
    private long c;
    private long bias;
    private int columns;
    private int firstPacked;
    private long packed;
    private long biasRow;
    private int packRows;
    private boolean packing;

    BlockedProduct(Kernels kernels, ProductView view, Blocking blocking) {
        this.kernels = kernels;
        this.micro = kernels.micro();
        this.elementBytes = kernels.elementBytes();
        this.width = 2 * kernels.lanes();
        this.view = view;
        this.blocking = blocking;
        this.output = new OutputStage(kernels, view);
    }

    @Override
    public void run(long aAddress, long bAddress, long cAddress, long biasAddress, boolean mayFork) {
        parallel = mayFork;
        long rowBytes = (long) Math.max(1, view.k()) * elementBytes;
        int range = (int) Math.min(view.n(), Math.max(width, MOST_PACKED_BYTES / rowBytes / width * width));
        for (int j = 0; j < view.n(); j += range) {
            a = aAddress;
            b = bAddress + j * view.bColumn();
            c = cAddress + j * view.cColumn();
            bias = view.bias() == Bias.PER_COLUMN ? biasAddress + (long) j * elementBytes : biasAddress;
            columns = Math.min(range, view.n() - j);
            runRange();
        }
    }

    private void runRange() {
        firstPacked = firstPackedPanel();
        long panelBytes = (long) view.k() * width * elementBytes;
        int panels = Math.ceilDiv(columns, width) - firstPacked;
        boolean padsBias = output.startsFromBias() && columns % kernels.lanes() != 0;
        long biasBytes = padsBias ? (long) Blocking.roundUp(columns, width) * elementBytes : 0;
        try (Scratch scratch = Scratch.borrow(panels * panelBytes + biasBytes)) {
            packed = scratch.address();
            biasRow = bias;
            if (padsBias) {
                biasRow = packed + panels * panelBytes;
                kernels.finish().combine(1, columns, bias, biasBytes, biasRow, biasBytes, 1, 0);
            }
            if (panels > 0 && view.k() > 0) {
                packRows = Math.max(1, Math.min(view.k(), PACK_GRAIN / width));
                packing = true;
                runTasks(panels * Math.ceilDiv(view.k(), packRows));
            }
            packing = false;
            runTasks(Math.ceilDiv(view.m(), blocking.taskRows()) * Math.ceilDiv(columns, blocking.taskColumns()));
        }
    }

    private int firstPackedPanel() {
        if (view.bColumn() != elementBytes || view.m() > ROWS_WITHOUT_PACKING) {
            return 0;
        }
        int rest = columns % width;
        return columns / width + (rest == kernels.lanes() ? 1 : 0);
    }

    private void runTasks(int tasks) {
        if (parallel && tasks > 1) {
            Workers.run(tasks, this);
        } else {
            for (int task = 0; task < tasks; task++) {
                accept(task);
            }
        }
    }

    /** One task of packing or of computing. */
    @Override
    public void accept(int task) {
        if (packing) {
            int panels = Math.ceilDiv(columns, width) - firstPacked;
            packPart(task % panels, task / panels);
        } else {
            int down = Math.ceilDiv(view.m(), blocking.taskRows());
            computeTask(task % down * blocking.taskRows(), task / down * blocking.taskColumns());
        }
    }

    private void packPart(int index, int part) {
        int row = part * packRows;
        int rows = Math.min(packRows, view.k() - row);
        int column = (firstPacked + index) * width;
        int valid = Math.min(width, columns - column);
        int panelWidth = panelWidth(valid);
        kernels.packing()
                .pack(
                        b + row * view.bRow() + column * view.bColumn(),
                        view.bRow(),
                        view.bColumn(),
                        rows,
                        valid,
                        panelWidth,
                        packed + ((long) index * view.k() * width + (long) row * panelWidth) * elementBytes);
    }

    private int panelWidth(int valid) {
        return valid <= kernels.lanes() ? kernels.lanes() : width;
    }

    private void computeTask(int row, int column) {
        int rows = Math.min(blocking.taskRows(), view.m() - row);
        int count = Math.min(blocking.taskColumns(), columns - column);
        long target = cAt(row, column);
        if (output.needsTile()) {
            long tileRow = (long) Blocking.roundUp(count, width) * elementBytes;
            try (Scratch tile = Scratch.borrow(rows * tileRow)) {
                sweep(row, rows, column, count, tile.address(), tileRow, false);
                output.store(rows, count, tile.address(), tileRow, target, view.alpha(), view.beta());
            }
        } else if (count % kernels.lanes() != 0) {
            computeThroughTile(row, rows, column, count, target);
        } else {
            sweep(row, rows, column, count, target, view.cRow(), view.beta() == 1);
        }
        output.finish(rows, count, target, biasAt(row, column));
    }

    /** C ends in a part of a vector: sums are built up in a tile with room for whole ones. */
    private void computeThroughTile(int row, int rows, int column, int count, long target) {
        long tileRow = (long) Blocking.roundUp(count, width) * elementBytes;
        try (Scratch tile = Scratch.borrow(rows * tileRow)) {
            boolean onto = view.beta() == 1;
            if (onto) {
                kernels.finish().combine(rows, count, target, view.cRow(), tile.address(), tileRow, 1, 0);
            }
            sweep(row, rows, column, count, tile.address(), tileRow, onto);
            output.store(rows, count, tile.address(), tileRow, target, 1, 0);
        }
    }

    private long biasAt(int row, int column) {
        if (view.bias() == Bias.NONE || output.startsFromBias()) {
            return 0;
        }
        return bias + (long) (view.bias() == Bias.PER_COLUMN ? column : row) * elementBytes;
    }

    private long cAt(int row, int column) {
        return c + row * view.cRow() + column * view.cColumn();
    }

    /** Blocks of k, panels of B and tiles of rows; {@code onto} adds to what the target holds. */
    private void sweep(int row, int rows, int column, int count, long target, long targetRow, boolean onto) {
        int p = 0;
        do {
            int depth = Math.min(blocking.kc(), view.k() - p);
            for (int j = 0; j < count; j += width) {
                int valid = Math.min(width, count - j);
                long start = NativeMemory.ZEROS;
                if (p > 0 || onto) {
                    start = target + (long) j * elementBytes;
                } else if (output.startsFromBias()) {
                    start = biasRow + (long) (column + j) * elementBytes;
                }
                sweepPanel(
                        row,
                        rows,
                        p,
                        depth,
                        column + j,
                        valid,
                        start,
                        p > 0 || onto ? targetRow : 0,
                        target + (long) j * elementBytes,
                        targetRow);
            }
            p += depth;
        } while (p < view.k());
    }

    private void sweepPanel(
            int row, int rows, int p, int depth, int column, int valid, long start, long startRow, long target, long targetRow) {
        int panel = column / width;
        int panelWidth = panelWidth(valid);
        boolean isPacked = panel >= firstPacked;
        long bAddress = isPacked
                ? packed + ((long) (panel - firstPacked) * view.k() * width + (long) p * panelWidth) * elementBytes
                : b + p * view.bRow() + (long) column * elementBytes;
        long bRow = isPacked ? (long) panelWidth * elementBytes : view.bRow();
        long aAddress = a + row * view.aRow() + p * view.aColumn();
        int step = micro.rows();
        for (int i = 0; i < rows; i += step) {
            int height = Math.min(step, rows - i);
            long aTile = aAddress + i * view.aRow();
            long startTile = start + i * startRow;
            long targetTile = target + i * targetRow;
            if (panelWidth == width) {
                micro.wide(
                        height, depth, aTile, view.aRow(), view.aColumn(), bAddress, bRow, startTile, startRow, targetTile,
                        targetRow);
            } else {
                micro.narrow(
                        height, depth, aTile, view.aRow(), view.aColumn(), bAddress, bRow, startTile, startRow, targetTile,
                        targetRow);
            }
        }
    }
}
