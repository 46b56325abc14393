package dev.lanewise.cpu.gemm;

import dev.lanewise.cpu.parallel.Workers;
import dev.lanewise.cpu.plan.Kernel;

/**
 * General matrix product {@code C = activation(alpha * A * B + beta * C + bias)} in F32 and F64, planned once for a
 * {@link GemmShape} and run on any operands of that shape.
 *
 * <p>Sums are chains of fused multiply-adds in ascending k; the same shape gives the same bits for any number of threads.
 * Immutable; may be run from several threads at once.
 *
 * <pre>{@code
 * GemmShape linear = GemmShape.of(batch, outputs, inputs).rightTransposed().fused(Bias.PER_COLUMN, Activation.RELU);
 * Plans.run(linear, x, weights, bias, y);
 * }</pre>
 */
public final class Gemm implements Kernel {
    /** Products with fewer multiply-adds than this stay on the calling thread. */
    private static final long SMALLEST_PARALLEL = 2 * Blocking.SMALLEST_TASK;

    /** Products of a batch with more multiply-adds than this are shared among the threads one by one. */
    private static final long LARGEST_WHOLE = 8 * Blocking.SMALLEST_TASK;

    private final boolean isEmpty;
    private final boolean swapsOperands;
    private final int products;
    private final long work;
    private final Idle<Batch> batches;

    Gemm(GemmShape shape, int threads) {
        this(shape, threads, false);
    }

    /**
     * Plans a product.
     *
     * @param isInTiles whether B will be given as {@link WeightTiles}
     */
    Gemm(GemmShape shape, int threads, boolean isInTiles) {
        Kernels kernels = Kernels.of(shape.type());
        this.isEmpty = shape.m() == 0 || shape.n() == 0 || shape.batch() == 0;
        GemmShape folded = foldBatch(shape);
        Algorithm algorithm = Algorithm.choose(folded);
        this.products = folded.batch();
        int bytes = kernels.elementBytes();
        boolean swaps = algorithm.swapsOperands();
        this.swapsOperands = swaps;
        ProductView straight = ProductView.of(folded, bytes);
        ProductView view = swaps ? straight.transposed() : straight;
        this.work = (long) view.m() * view.n() * Math.max(1, view.k());
        Blocking blocking = Blocking.of(kernels, view.m(), view.n(), view.k(), threads);
        Idle<Product> idle = new Idle<>(() -> switch (algorithm) {
            case DOTS, DOTS_SWAPPED -> new VectorProduct(kernels, view, true);
            case ROWS, ROWS_SWAPPED -> new VectorProduct(kernels, view, false);
            case BLOCKED, BLOCKED_SWAPPED ->
                isInTiles ? new FewRowsProduct(kernels, view) : new BlockedProduct(kernels, view, blocking);
        });
        long left = (swaps ? folded.bBatch() : folded.aBatch()) * bytes;
        long right = (swaps ? folded.aBatch() : folded.bBatch()) * bytes;
        this.batches = new Idle<>(() -> new Batch(idle, left, right, folded.cBatch() * bytes));
    }

    /** A batch that shares B and whose rows follow each other is one taller product. */
    static GemmShape foldBatch(GemmShape s) {
        long rows = (long) s.m() * s.batch();
        boolean folds = s.batch() > 1
                && s.bBatch() == 0
                && s.bias() != Bias.PER_ROW
                && s.aBatch() == s.m() * s.aRow()
                && s.cBatch() == s.m() * s.cRow()
                && rows <= Integer.MAX_VALUE / 2;
        return folds ? s.rows((int) rows).batched(1, 0, 0, 0) : s;
    }

    /**
     * Computes C.
     *
     * @param a first element of A
     * @param b first element of B
     * @param bias first element of the bias, ignored when the shape has none
     * @param c first element of C, which overlaps neither A nor B
     */
    @Override
    public void run(long a, long b, long bias, long c) {
        if (isEmpty) {
            return;
        }
        Batch batch = batches.take();
        batch.at(swapsOperands ? b : a, swapsOperands ? a : b, c, bias);
        runBatch(batch);
        batches.give(batch);
    }

    private void runBatch(Batch batch) {
        if (products == 1 || work > LARGEST_WHOLE) {
            batch.run(0, products, work >= SMALLEST_PARALLEL);
        } else {
            Workers.forRange(products, Math.max(1, Blocking.SMALLEST_TASK / work), batch);
        }
    }
}
