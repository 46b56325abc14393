package dev.lanewise.cpu.gemm;

import dev.lanewise.cpu.memory.Scratch;
import dev.lanewise.cpu.parallel.RangeBody;
import dev.lanewise.cpu.parallel.Workers;

/**
 * A product with one row, a vector times the matrix B: dot products with its columns where those are contiguous, else the sum
 * of its rows, which then are.
 */
final class VectorProduct implements Product, RangeBody {
    private final Kernels kernels;
    private final ProductView view;
    private final OutputStage output;
    private final boolean dots;
    private final long grain;
    private long a;
    private long b;
    private long c;
    private long bias;

    VectorProduct(Kernels kernels, ProductView view, boolean dots) {
        this.kernels = kernels;
        this.view = view;
        this.dots = dots;
        this.output = new OutputStage(kernels, view);
        long columns = Blocking.SMALLEST_TASK / Math.max(1, view.k());
        this.grain = Math.max(kernels.lanes(), columns / kernels.lanes() * kernels.lanes());
    }

    @Override
    public void run(long aAddress, long bAddress, long cAddress, long biasAddress, boolean parallel) {
        a = aAddress;
        b = bAddress;
        c = cAddress;
        bias = biasAddress;
        if (parallel) {
            Workers.forRange(view.n(), grain, this);
        } else {
            run(0, view.n());
        }
    }

    /** The columns {@code [from, to)} of C. */
    @Override
    public void run(long from, long to) {
        int columns = (int) (to - from);
        long bytes = (long) Blocking.roundUp(columns, kernels.lanes()) * kernels.elementBytes();
        try (Scratch sums = Scratch.borrow(bytes)) {
            long matrix = b + from * view.bColumn();
            if (dots) {
                kernels.matrixVector().dots(columns, view.k(), a, matrix, view.bColumn(), sums.address());
            } else {
                kernels.matrixVector()
                        .weightedSum(view.k(), columns, a, view.aColumn(), matrix, view.bRow(), sums.address());
            }
            long target = c + from * view.cColumn();
            output.store(1, columns, sums.address(), bytes, target, view.alpha(), view.beta());
            output.finish(1, columns, target, biasAt(from));
        }
    }

    private long biasAt(long column) {
        return switch (view.bias()) {
            case NONE -> 0;
            case PER_COLUMN -> bias + column * kernels.elementBytes();
            case PER_ROW -> bias;
        };
    }
}
