package dev.lanewise.cpu.gemm;

import dev.lanewise.cpu.memory.NativeMemory;
import dev.lanewise.cpu.memory.Scratch;
import dev.lanewise.cpu.parallel.Workers;
import java.util.function.IntConsumer;

/**
 * One product by blocks and panels, the loops of BLIS around the micro-kernel: tasks of rows and columns of C, and in a task
 * blocks of k, panels of B, tiles of rows.
 *
 * <p>A panel of B is packed into the first-level cache just before its use, unless so few rows use it that its copy would
 * cost more than it saves. Where B has to be transposed for that and several tasks need the same panel, all of B is
 * packed once beforehand. A is read where it lies, at any strides, unless a block of it is used by enough panels for a dense
 * copy to pay. A tile of C that can't be stored as it is computed (a part of a vector, alpha or beta, transposed) goes through
 * scratch memory.
 */
final class BlockedProduct implements Product, IntConsumer {
    /** Elements packed in one task when B is packed beforehand. */
    private static final int PACK_GRAIN = 1 << 15;

    /** B packed beforehand, at most; wider products are computed in ranges of columns. */
    private static final long MOST_PACKED_BYTES = 64L << 20;

    /** Up to this k a tile takes so little time that its stores decide: rows of C are then written along, not down. */
    private static final int SHALLOW = 64;

    private final Kernels kernels;
    private final MicroKernel micro;
    private final int elementBytes;
    private final int width;
    private final ProductView view;
    private final Blocking blocking;
    private final OutputStage output;
    private final boolean packsBefore;
    private final boolean packsA;

    private boolean parallel;
    private boolean packing;
    private long a;
    private long b;
    private long c;
    private long bias;
    private int columns;
    private long packedB;
    private long paddedBias;
    private int packRows;

    BlockedProduct(Kernels kernels, ProductView view, Blocking blocking) {
        this.kernels = kernels;
        this.micro = kernels.micro();
        this.elementBytes = kernels.elementBytes();
        this.width = 2 * kernels.lanes();
        this.view = view;
        this.blocking = blocking;
        this.output = new OutputStage(kernels, view);
        this.packsBefore = view.bColumn() != elementBytes && view.k() > 0 && blocking.taskRows() < view.m();
        this.packsA = blocking.packsA(view, elementBytes);
    }

    @Override
    public void run(long aAddress, long bAddress, long cAddress, long biasAddress, boolean mayFork) {
        parallel = mayFork;
        long rowBytes = (long) Math.max(1, view.k()) * elementBytes;
        int range = view.n();
        if (packsBefore) {
            range = (int) Math.min(range, Math.max(width, MOST_PACKED_BYTES / rowBytes / width * width));
        }
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
        int panels = Math.ceilDiv(columns, width);
        long packedBytes = packsBefore ? (long) panels * view.k() * width * elementBytes : 0;
        boolean padsBias = output.startsFromBias() && columns % kernels.lanes() != 0;
        long biasBytes = padsBias ? (long) panels * width * elementBytes : 0;
        try (Scratch scratch = Scratch.borrow(packedBytes + biasBytes)) {
            packedB = scratch.address();
            paddedBias = bias;
            if (padsBias) {
                paddedBias = packedB + packedBytes;
                kernels.finish().combine(1, columns, bias, biasBytes, paddedBias, biasBytes, 1, 0);
            }
            if (packsBefore) {
                packRows = Math.max(1, Math.min(view.k(), PACK_GRAIN / width));
                packing = true;
                runTasks(panels * Math.ceilDiv(view.k(), packRows));
            }
            packing = false;
            runTasks(Math.ceilDiv(view.m(), blocking.taskRows()) * Math.ceilDiv(columns, blocking.taskColumns()));
        }
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
            int panels = Math.ceilDiv(columns, width);
            packBefore(task % panels, task / panels * packRows);
        } else {
            int down = Math.ceilDiv(view.m(), blocking.taskRows());
            compute(task % down * blocking.taskRows(), task / down * blocking.taskColumns());
        }
    }

    private void packBefore(int panel, int p) {
        int column = panel * width;
        int valid = Math.min(width, columns - column);
        packPanel(p, Math.min(packRows, view.k() - p), column, valid, packedAt(panel, p, panelWidth(valid)));
    }

    private long packedAt(int panel, int p, int panelWidth) {
        return packedB + ((long) panel * view.k() * width + (long) p * panelWidth) * elementBytes;
    }

    private void packPanel(int p, int depth, int column, int valid, long target) {
        long source = b + p * view.bRow() + column * view.bColumn();
        kernels.packing().pack(source, view.bRow(), view.bColumn(), depth, valid, panelWidth(valid), target);
    }

    private int panelWidth(int valid) {
        return valid <= kernels.lanes() ? kernels.lanes() : width;
    }

    private void compute(int row, int column) {
        int rows = Math.min(blocking.taskRows(), view.m() - row);
        int count = Math.min(blocking.taskColumns(), columns - column);
        boolean tiled = output.needsTile()
                || count % kernels.lanes() != 0
                || view.k() > blocking.kc() && view.cRow() >= Blocking.LEAST_STRIDE_FOR_TILE;
        boolean direct = packsBefore || readsBInPlace(rows) && count % kernels.lanes() == 0;
        long panels = Math.ceilDiv(count, width);
        long panelBytes = direct ? 0 : panels * blocking.kc() * width * elementBytes;
        long tileBytes = tiled ? panels * rows * width * elementBytes : 0;
        long aBytes = packsA ? blocking.aBlockBytes(rows, elementBytes) : 0;
        long target = c + row * view.cRow() + column * view.cColumn();
        try (Scratch scratch = Scratch.borrow(panelBytes + tileBytes + aBytes)) {
            long bBlock = scratch.address();
            long tile = bBlock + panelBytes;
            long aBlock = tile + tileBytes;
            if (tiled) {
                computeTile(row, rows, column, count, target, tile, aBlock, bBlock);
            } else {
                long panelStep = (long) width * elementBytes;
                sweep(row, rows, column, count, target, view.cRow(), panelStep, view.beta() == 1, aBlock, bBlock);
            }
        }
        output.finish(rows, count, target, biasAt(row, column));
    }

    private boolean readsBInPlace(int rows) {
        return view.bColumn() == elementBytes
                && (rows <= micro.rows() || rows <= Blocking.MOST_ROWS_IN_PLACE && Blocking.spreads(view.bRow()));
    }

    /** Sums are built up in a tile, panel after panel, and then stored. */
    private void computeTile(
            int row, int rows, int column, int count, long target, long tile, long aBlock, long bBlock) {
        long tileRow = (long) width * elementBytes;
        long panelStep = rows * tileRow;
        boolean onto = !output.needsTile() && view.beta() == 1;
        if (onto) {
            for (int j = 0; j < count; j += width) {
                long from = target + j * view.cColumn();
                long to = tile + j / width * panelStep;
                kernels.finish().combine(rows, Math.min(width, count - j), from, view.cRow(), to, tileRow, 1, 0);
            }
        }
        sweep(row, rows, column, count, tile, tileRow, panelStep, onto, aBlock, bBlock);
        double beta = onto ? 0 : view.beta();
        for (int j = 0; j < count; j += width) {
            long from = tile + j / width * panelStep;
            long to = target + j * view.cColumn();
            output.store(rows, Math.min(width, count - j), from, tileRow, to, view.alpha(), beta);
        }
    }

    private long biasAt(int row, int column) {
        if (view.bias() == Bias.NONE || output.startsFromBias()) {
            return 0;
        }
        return bias + (long) (view.bias() == Bias.PER_COLUMN ? column : row) * elementBytes;
    }

    /** Blocks of k; {@code onto} adds to what the target holds. */
    private void sweep(
            int row,
            int rows,
            int column,
            int count,
            long target,
            long targetRow,
            long panelStep,
            boolean onto,
            long aBlock,
            long bBlock) {
        int p = 0;
        do {
            int depth = Math.min(blocking.kc(), view.k() - p);
            long aAddress = a + row * view.aRow() + p * view.aColumn();
            long aRow = view.aRow();
            long aColumn = view.aColumn();
            if (packsA && aColumn == elementBytes) {
                aRow = Blocking.spreadRow(depth, elementBytes);
                kernels.finish().combine(rows, depth, aAddress, view.aRow(), aBlock, aRow, 1, 0);
                aAddress = aBlock;
            } else if (packsA) {
                aColumn = Blocking.spreadRow(rows, elementBytes);
                kernels.finish().combine(depth, rows, aAddress, view.aColumn(), aBlock, aColumn, 1, 0);
                aAddress = aBlock;
            }
            sweepBlock(
                    rows, p, depth, column, count, aAddress, aRow, aColumn, target, targetRow, panelStep, onto, bBlock);
            p += depth;
        } while (p < view.k());
    }

    /** One block of k. */
    private void sweepBlock(
            int rows,
            int p,
            int depth,
            int column,
            int count,
            long aAddress,
            long aRow,
            long aColumn,
            long target,
            long targetRow,
            long panelStep,
            boolean onto,
            long bBlock) {
        boolean inPlace = readsBInPlace(rows) && count % kernels.lanes() == 0;
        if (!packsBefore && !inPlace && depth > 0) {
            packBlock(p, depth, column, count, bBlock);
        }
        int group = view.k() <= SHALLOW ? micro.rows() : rows;
        for (int i = 0; i < rows; i += group) {
            sweepPanels(
                    Math.min(group, rows - i),
                    p,
                    depth,
                    column,
                    count,
                    aAddress + i * aRow,
                    aRow,
                    aColumn,
                    target + i * targetRow,
                    targetRow,
                    panelStep,
                    onto,
                    bBlock,
                    inPlace);
        }
    }

    /** Panels of B. */
    private void sweepPanels(
            int rows,
            int p,
            int depth,
            int column,
            int count,
            long aAddress,
            long aRow,
            long aColumn,
            long target,
            long targetRow,
            long panelStep,
            boolean onto,
            long bBlock,
            boolean inPlace) {
        boolean continues = p > 0 || onto;
        for (int j = 0; j < count; j += width) {
            int panelWidth = panelWidth(Math.min(width, count - j));
            long panelTarget = target + j / width * panelStep;
            long start = NativeMemory.ZEROS;
            if (continues) {
                start = panelTarget;
            } else if (output.startsFromBias()) {
                start = paddedBias + (long) (column + j) * elementBytes;
            }
            long bAddress = bBlock + (long) j * depth * elementBytes;
            long bRow = (long) panelWidth * elementBytes;
            if (packsBefore) {
                bAddress = packedAt((column + j) / width, p, panelWidth);
            } else if (inPlace) {
                bAddress = b + p * view.bRow() + (column + j) * view.bColumn();
                bRow = view.bRow();
            }
            sweepPanel(
                    rows,
                    depth,
                    panelWidth == width,
                    aAddress,
                    aRow,
                    aColumn,
                    bAddress,
                    bRow,
                    start,
                    continues ? targetRow : 0,
                    panelTarget,
                    targetRow);
        }
    }

    /** Packs the panels of a task for one block of k; rows of B are read along, over all whole panels. */
    private void packBlock(int p, int depth, int column, int count, long bBlock) {
        int whole = view.bColumn() == elementBytes ? count / width * width : 0;
        if (whole > 0) {
            long source = b + p * view.bRow() + column * view.bColumn();
            kernels.packing().packWhole(source, view.bRow(), depth, whole / width, bBlock);
        }
        for (int j = whole; j < count; j += width) {
            packPanel(p, depth, column + j, Math.min(width, count - j), bBlock + (long) j * depth * elementBytes);
        }
    }

    /** Tiles of rows. */
    private void sweepPanel(
            int rows,
            int depth,
            boolean wide,
            long aAddress,
            long aRow,
            long aColumn,
            long bAddress,
            long bRow,
            long start,
            long startRow,
            long target,
            long targetRow) {
        int step = micro.rows();
        for (int i = 0; i < rows; i += step) {
            int height = Math.min(step, rows - i);
            long aTile = aAddress + i * aRow;
            long startTile = start + i * startRow;
            long targetTile = target + i * targetRow;
            if (wide) {
                micro.wide(
                        height,
                        depth,
                        aTile,
                        aRow,
                        aColumn,
                        bAddress,
                        bRow,
                        startTile,
                        startRow,
                        targetTile,
                        targetRow);
            } else {
                micro.narrow(
                        height,
                        depth,
                        aTile,
                        aRow,
                        aColumn,
                        bAddress,
                        bRow,
                        startTile,
                        startRow,
                        targetTile,
                        targetRow);
            }
        }
    }
}
