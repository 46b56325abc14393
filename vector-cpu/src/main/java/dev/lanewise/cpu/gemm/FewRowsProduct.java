package dev.lanewise.cpu.gemm;

import dev.lanewise.cpu.memory.NativeMemory;
import dev.lanewise.cpu.memory.Scratch;
import dev.lanewise.cpu.parallel.Workers;
import java.util.function.IntConsumer;

/**
 * Few rows of A with weights that are in tiles already ({@link WeightTiles}), from the other side: the columns of B are the rows
 * of a tile, and A, transposed into panels, gives its columns.
 *
 * <p>So every tile reads weights that no other reads, in one stream while it computes. From A's side a second tile of rows
 * works on the weights that the first has read, and memory is idle meanwhile. The chain of an element is the same.
 */
final class FewRowsProduct implements Product, IntConsumer {
    private final Kernels kernels;
    private final MicroKernel micro;
    private final int elementBytes;
    private final ProductView view;
    private final int width;
    private final int tiles;
    private final int tilesOfTask;
    private long weights;
    private long panels;
    private long c;
    private long bias;

    FewRowsProduct(Kernels kernels, ProductView view) {
        this.kernels = kernels;
        this.micro = kernels.micro();
        this.elementBytes = kernels.elementBytes();
        this.view = view;
        this.width = 2 * kernels.lanes();
        this.tiles = Math.ceilDiv(view.n(), micro.rows());
        long work = (long) micro.rows() * view.k() * Blocking.roundUp(view.m(), kernels.lanes());
        this.tilesOfTask = (int) Math.max(1, Blocking.SMALLEST_TASK / work);
    }

    @Override
    public void run(long aAddress, long bAddress, long cAddress, long biasAddress, boolean parallel) {
        weights = bAddress;
        c = cAddress;
        bias = biasAddress;
        try (Scratch turned = Scratch.borrow(Math.ceilDiv(view.m(), width) * panelBytes())) {
            panels = turned.address();
            for (int row = 0; row < view.m(); row += width) {
                long source = aAddress + row * view.aRow();
                kernels.packing()
                        .pack(
                                source,
                                view.aColumn(),
                                view.aRow(),
                                view.k(),
                                Math.min(width, view.m() - row),
                                panelWidth(row),
                                panels + row / width * panelBytes());
            }
            int tasks = Math.ceilDiv(tiles, tilesOfTask);
            if (parallel && tasks > 1) {
                Workers.run(tasks, this);
            } else {
                for (int task = 0; task < tasks; task++) {
                    accept(task);
                }
            }
        }
    }

    private long panelBytes() {
        return (long) view.k() * width * elementBytes;
    }

    /** Columns of the panel that begins at a row of A. */
    private int panelWidth(int row) {
        return view.m() - row <= kernels.lanes() ? kernels.lanes() : width;
    }

    /** One task: some of the tiles, and the activation of their columns. */
    @Override
    public void accept(int task) {
        int first = task * tilesOfTask;
        int end = Math.min(tiles, first + tilesOfTask);
        try (Scratch sums = Scratch.borrow((long) micro.rows() * width * elementBytes)) {
            for (int tile = first; tile < end; tile++) {
                for (int row = 0; row < view.m(); row += width) {
                    compute(tile, row, sums.address());
                }
            }
        }
        int column = first * micro.rows();
        int columns = Math.min(view.n(), end * micro.rows()) - column;
        long target = c + (long) column * elementBytes;
        kernels.finish().activate(view.m(), columns, target, view.cRow(), view.activation());
    }

    /** The columns of C of one tile, for the rows of one panel. */
    private void compute(int tile, int row, long sums) {
        int column = tile * micro.rows();
        int columns = Math.min(micro.rows(), view.n() - column);
        int rows = Math.min(width, view.m() - row);
        long sumsRow = (long) panelWidth(row) * elementBytes;
        long start = NativeMemory.ZEROS;
        if (view.bias() == Bias.PER_COLUMN) {
            long from = bias + (long) column * elementBytes;
            // one row, repeated: each number of it becomes a row of sums
            kernels.finish().combineTransposed(panelWidth(row), columns, from, 0, sums, sumsRow, 1, 0);
            start = sums;
        }
        multiply(tile, columns, panels + row / width * panelBytes(), sumsRow, start, sums);
        long target = c + row * view.cRow() + (long) column * elementBytes;
        kernels.finish().combineTransposed(columns, rows, sums, sumsRow, target, view.cRow(), 1, 0);
    }

    private void multiply(int tile, int columns, long panel, long sumsRow, long start, long sums) {
        long step = (long) micro.rows() * elementBytes;
        long first = weights + (long) tile * view.k() * step;
        long startRow = start == sums ? sumsRow : 0;
        if (sumsRow > (long) kernels.lanes() * elementBytes) {
            micro.wide(columns, view.k(), first, elementBytes, step, panel, sumsRow, start, startRow, sums, sumsRow);
        } else {
            micro.narrow(columns, view.k(), first, elementBytes, step, panel, sumsRow, start, startRow, sums, sumsRow);
        }
    }
}
