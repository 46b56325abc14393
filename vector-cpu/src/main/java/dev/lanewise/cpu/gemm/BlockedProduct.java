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
 * cost more than it saves. What several tasks would pack is packed once beforehand ({@link Prepacking}). A is read where it
 * lies, at any other strides, unless a block of it is used by enough panels for a dense copy to pay. A tile of C that can't be
 * stored as it is computed (a part of a vector, alpha or beta, transposed) goes through scratch memory.
 */
final class BlockedProduct implements Product, IntConsumer {
    private final Kernels kernels;
    private final MicroKernel micro;
    private final int elementBytes;
    private final int width;
    private final ProductView view;
    private final Blocking blocking;
    private final OutputStage output;
    private final Prepacking prepacking;
    private final boolean copiesA;

    private boolean parallel;
    private boolean packing;
    private long a;
    private long b;
    private long c;
    private long bias;
    private int rangeRows;
    private int columns;
    private long paddedBias;

    BlockedProduct(Kernels kernels, ProductView view, Blocking blocking) {
        this(kernels, view, blocking, Prepacking.MOST_BYTES);
    }

    /** With another limit of what is packed of each operand beforehand. */
    BlockedProduct(Kernels kernels, ProductView view, Blocking blocking, long mostBytes) {
        this.kernels = kernels;
        this.micro = kernels.micro();
        this.elementBytes = kernels.elementBytes();
        this.width = 2 * kernels.lanes();
        this.view = view;
        this.blocking = blocking;
        this.output = new OutputStage(kernels, view);
        this.prepacking = new Prepacking(kernels, view, blocking, mostBytes);
        this.copiesA = blocking.copiesA(view, elementBytes);
    }

    @Override
    public void run(long aAddress, long bAddress, long cAddress, long biasAddress, boolean mayFork) {
        parallel = mayFork;
        int columnRange = prepacking.columnRange();
        int rowRange = prepacking.rowRange();
        for (int j = 0; j < view.n(); j += columnRange) {
            for (int i = 0; i < view.m(); i += rowRange) {
                a = aAddress + i * view.aRow();
                b = bAddress + j * view.bColumn();
                c = cAddress + i * view.cRow() + j * view.cColumn();
                bias = biasAddress + (long) biasIndex(i, j) * elementBytes;
                rangeRows = Math.min(rowRange, view.m() - i);
                columns = Math.min(columnRange, view.n() - j);
                runRange();
            }
        }
    }

    private int biasIndex(int row, int column) {
        return switch (view.bias()) {
            case NONE -> 0;
            case PER_COLUMN -> column;
            case PER_ROW -> row;
        };
    }

    private void runRange() {
        long packedBytes = prepacking.bytes(rangeRows, columns);
        boolean padsBias = output.startsFromBias() && columns % kernels.lanes() != 0;
        long biasBytes = padsBias ? (long) Blocking.roundUp(columns, width) * elementBytes : 0;
        try (Scratch scratch = Scratch.borrow(packedBytes + biasBytes)) {
            prepacking.at(a, b, rangeRows, columns, scratch.address());
            paddedBias = bias;
            if (padsBias) {
                paddedBias = scratch.address() + packedBytes;
                kernels.finish().combine(1, columns, bias, biasBytes, paddedBias, biasBytes, 1, 0);
            }
            packing = true;
            runTasks(prepacking.tasks());
            packing = false;
            runTasks(Math.ceilDiv(rangeRows, blocking.taskRows()) * Math.ceilDiv(columns, blocking.taskColumns()));
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
            prepacking.run(task);
        } else {
            int down = Math.ceilDiv(rangeRows, blocking.taskRows());
            compute(task % down * blocking.taskRows(), task / down * blocking.taskColumns());
        }
    }

    private void packPanel(int p, int depth, int column, int valid, long target) {
        long source = b + p * view.bRow() + column * view.bColumn();
        kernels.packing().pack(source, view.bRow(), view.bColumn(), depth, valid, panelWidth(valid), target);
    }

    private int panelWidth(int valid) {
        return valid <= kernels.lanes() ? kernels.lanes() : width;
    }

    private void compute(int row, int column) {
        int height = Math.min(blocking.taskRows(), rangeRows - row);
        int count = Math.min(blocking.taskColumns(), columns - column);
        boolean tiled = output.needsTile()
                || count % kernels.lanes() != 0
                || view.k() > blocking.kc() && view.cRow() >= Blocking.LEAST_STRIDE_FOR_TILE;
        boolean direct = prepacking.ofB || readsBInPlace(height) && count % kernels.lanes() == 0;
        long panels = Math.ceilDiv(count, width);
        long panelBytes = direct ? 0 : panels * blocking.kc() * width * elementBytes;
        long tileBytes = tiled ? panels * height * width * elementBytes : 0;
        long aBytes =
                copiesA ? blocking.aBlockBytes(Math.min(height, blocking.groupRows(kernels, view)), elementBytes) : 0;
        long target = c + row * view.cRow() + column * view.cColumn();
        try (Scratch scratch = Scratch.borrow(panelBytes + tileBytes + aBytes)) {
            long bBlock = scratch.address();
            long tile = bBlock + panelBytes;
            long aBlock = tile + tileBytes;
            if (tiled) {
                computeTile(row, height, column, count, target, tile, aBlock, bBlock);
            } else {
                long panelStep = (long) width * elementBytes;
                sweep(row, height, column, count, target, view.cRow(), panelStep, view.beta() == 1, aBlock, bBlock);
            }
        }
        output.finish(height, count, target, biasAt(row, column));
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
        return view.bias() == Bias.NONE || output.startsFromBias()
                ? 0
                : bias + (long) biasIndex(row, column) * elementBytes;
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
        boolean inPlace = readsBInPlace(rows) && count % kernels.lanes() == 0;
        int group = blocking.groupRows(kernels, view);
        int p = 0;
        do {
            int depth = Math.min(blocking.kc(), view.k() - p);
            if (!prepacking.ofB && !inPlace && depth > 0) {
                packBlock(p, depth, column, count, bBlock);
            }
            for (int i = 0; i < rows; i += group) {
                long groupTarget = target + i * targetRow;
                int height = Math.min(group, rows - i);
                sweepGroup(
                        row + i,
                        height,
                        p,
                        depth,
                        column,
                        count,
                        groupTarget,
                        targetRow,
                        panelStep,
                        onto,
                        aBlock,
                        bBlock,
                        inPlace);
            }
            p += depth;
        } while (p < view.k());
    }

    /** A group of rows in one block of k: its block of A stays in the second-level cache for all panels of B. */
    private void sweepGroup(
            int row,
            int rows,
            int p,
            int depth,
            int column,
            int count,
            long target,
            long targetRow,
            long panelStep,
            boolean onto,
            long aBlock,
            long bBlock,
            boolean inPlace) {
        long aAddress = a + row * view.aRow() + p * view.aColumn();
        long aRow = view.aRow();
        long aColumn = view.aColumn();
        long aTile = micro.rows() * aRow;
        if (prepacking.ofA) {
            aAddress = prepacking.tile(row, p);
            aRow = elementBytes;
            aColumn = prepacking.tileColumn();
            aTile = prepacking.tileStep();
        } else if (copiesA) {
            aRow = Blocking.spreadRow(depth, elementBytes);
            aTile = micro.rows() * aRow;
            kernels.finish().combine(rows, depth, aAddress, view.aRow(), aBlock, aRow, 1, 0);
            aAddress = aBlock;
        }
        sweepPanels(
                rows, p, depth, column, count, aAddress, aRow, aColumn, aTile, target, targetRow, panelStep, onto,
                bBlock, inPlace);
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
            long aTile,
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
            if (prepacking.ofB) {
                bAddress = prepacking.panel((column + j) / width, p, panelWidth);
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
                    aTile,
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
            long aTile,
            long bAddress,
            long bRow,
            long start,
            long startRow,
            long target,
            long targetRow) {
        int step = micro.rows();
        for (int i = 0; i < rows; i += step) {
            int height = Math.min(step, rows - i);
            long startTile = start + i * startRow;
            long targetTile = target + i * targetRow;
            if (wide) {
                micro.wide(
                        height,
                        depth,
                        aAddress,
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
                        aAddress,
                        aRow,
                        aColumn,
                        bAddress,
                        bRow,
                        startTile,
                        startRow,
                        targetTile,
                        targetRow);
            }
            aAddress += aTile;
        }
    }
}
