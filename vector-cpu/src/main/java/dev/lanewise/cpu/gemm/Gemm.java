package dev.lanewise.cpu.gemm;

import dev.lanewise.cpu.memory.NativeMemory;
import dev.lanewise.cpu.parallel.Workers;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;

/**
 * General matrix product {@code C = activation(alpha * A * B + beta * C + bias)} in F32 and F64, planned once for a
 * {@link GemmShape} and run on any operands of that shape.
 *
 * <p>Sums are chains of fused multiply-adds in ascending k; the same shape gives the same bits for any number of threads.
 * Immutable; may be run from several threads at once.
 *
 * <pre>{@code
 * Gemm linear = Gemm.f32(GemmShape.of(batch, outputs, inputs).rightTransposed().fused(Bias.PER_COLUMN, Activation.RELU));
 * linear.run(x, 0, weights, 0, y, 0, bias, 0);
 * }</pre>
 */
public final class Gemm {
    /** Products with fewer multiply-adds than this stay on the calling thread. */
    private static final long SMALLEST_PARALLEL = 2 * Blocking.SMALLEST_TASK;

    /** Products of a batch with more multiply-adds than this are shared among the threads one by one. */
    private static final long LARGEST_WHOLE = 8 * Blocking.SMALLEST_TASK;

    private final Kernels kernels;
    private final GemmShape shape;
    private final Algorithm algorithm;
    private final int products;
    private final long work;
    private final Idle<Batch> batches;

    private Gemm(Kernels kernels, GemmShape shape) {
        this.kernels = kernels;
        this.shape = shape;
        GemmShape folded = foldBatch(shape);
        this.algorithm = Algorithm.choose(folded);
        this.products = folded.batch();
        int bytes = kernels.elementBytes();
        boolean swaps = algorithm.swapsOperands();
        ProductView straight = ProductView.of(folded, bytes);
        ProductView view = swaps ? straight.transposed() : straight;
        this.work = (long) view.m() * view.n() * Math.max(1, view.k());
        Blocking blocking = Blocking.of(kernels, view.m(), view.n(), view.k());
        Idle<Product> idle = new Idle<>(() -> switch (algorithm) {
            case DOTS, DOTS_SWAPPED -> new VectorProduct(kernels, view, true);
            case ROWS, ROWS_SWAPPED -> new VectorProduct(kernels, view, false);
            case BLOCKED, BLOCKED_SWAPPED -> new BlockedProduct(kernels, view, blocking);
        });
        long left = (swaps ? folded.bBatch() : folded.aBatch()) * bytes;
        long right = (swaps ? folded.aBatch() : folded.bBatch()) * bytes;
        this.batches = new Idle<>(() -> new Batch(idle, left, right, folded.cBatch() * bytes));
    }

    /** A batch that shares B and whose rows follow each other is one taller product. */
    private static GemmShape foldBatch(GemmShape s) {
        long rows = (long) s.m() * s.batch();
        boolean folds = s.batch() > 1
                && s.bBatch() == 0
                && s.bias() != Bias.PER_ROW
                && s.aBatch() == s.m() * s.aRow()
                && s.cBatch() == s.m() * s.cRow()
                && rows <= Integer.MAX_VALUE / 2;
        return folds ? s.rows((int) rows).batched(1, 0, 0, 0) : s;
    }

    /** A single-precision product. */
    public static Gemm f32(GemmShape shape) {
        return new Gemm(Kernels.F32, shape);
    }

    /** A double-precision product. */
    public static Gemm f64(GemmShape shape) {
        return new Gemm(Kernels.F64, shape);
    }

    /** The shape this was planned for. */
    public GemmShape shape() {
        return shape;
    }

    /**
     * Computes C of a product without bias. Operands are native memory of elements in native byte order; C must not overlap
     * A or B.
     *
     * @param aOffset byte offset of the first element of A, likewise for the others
     * @throws IndexOutOfBoundsException if an operand is larger than its segment
     * @throws IllegalArgumentException if the shape has a bias, or a segment is not native
     */
    public void run(MemorySegment a, long aOffset, MemorySegment b, long bOffset, MemorySegment c, long cOffset) {
        if (shape.bias() != Bias.NONE) {
            throw new IllegalArgumentException("gemm: no bias given, expected one " + shape.bias());
        }
        run(a, aOffset, b, bOffset, c, cOffset, MemorySegment.NULL, 0);
    }

    /**
     * Computes C. The bias is ignored when the shape has none.
     *
     * @throws IndexOutOfBoundsException if an operand is larger than its segment
     * @throws IllegalArgumentException if a segment is not native
     */
    public void run(
            MemorySegment a,
            long aOffset,
            MemorySegment b,
            long bOffset,
            MemorySegment c,
            long cOffset,
            MemorySegment bias,
            long biasOffset) {
        int bytes = kernels.elementBytes();
        long aAddress = NativeMemory.address(a, aOffset, shape.aExtent() * bytes);
        long bAddress = NativeMemory.address(b, bOffset, shape.bExtent() * bytes);
        long cAddress = NativeMemory.address(c, cOffset, shape.cExtent() * bytes);
        long biasAddress = NativeMemory.address(bias, biasOffset, shape.biasExtent() * bytes);
        if (shape.m() == 0 || shape.n() == 0 || shape.batch() == 0) {
            return;
        }
        Batch batch = batches.take();
        if (algorithm.swapsOperands()) {
            batch.at(bAddress, aAddress, cAddress, biasAddress);
        } else {
            batch.at(aAddress, bAddress, cAddress, biasAddress);
        }
        try {
            runBatch(batch);
            batches.give(batch);
        } finally {
            Reference.reachabilityFence(a);
            Reference.reachabilityFence(b);
            Reference.reachabilityFence(c);
            Reference.reachabilityFence(bias);
        }
    }

    private void runBatch(Batch batch) {
        if (products == 1 || work > LARGEST_WHOLE) {
            batch.run(0, products, work >= SMALLEST_PARALLEL);
        } else {
            Workers.forRange(products, Math.max(1, Blocking.SMALLEST_TASK / work), batch);
        }
    }
}
