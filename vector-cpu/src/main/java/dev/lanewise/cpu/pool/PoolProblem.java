package dev.lanewise.cpu.pool;

import dev.lanewise.cpu.parallel.RangeBody;
import dev.lanewise.cpu.parallel.Workers;
import dev.lanewise.cpu.plan.Kernel;
import dev.lanewise.cpu.plan.Problem;
import dev.lanewise.tensor.DType;

/**
 * Two-dimensional maximum or average pooling, or its gradient.
 *
 * <p>Every tensor is dense and row-major; results are written in full. The threads share the planes, and each plane is computed
 * by one of them in one order: the same bits for any number of threads, also where windows overlap.
 *
 * @param type F32 or F64
 */
record PoolProblem(PoolShape shape, Kind kind, DType type) implements Problem {
    /** Input elements that are worth a task of their own. */
    private static final int TASK_ELEMENTS = 16 << 10;

    /** What is computed, and the operands of a plan. */
    enum Kind {
        /**
         * The maximum of each window: x, none, indices, y. The indices are a second result: 64-bit positions of the maxima in
         * their planes of {@code h * w} elements, as in PyTorch. A NaN in the window is its maximum; of equal elements the
         * first counts.
         */
        MAXIMUM,
        /** Each element of the maxima's gradient is added where its maximum was: gy, indices, none, gx. */
        MAXIMUM_GRAD,
        /** The average of each window; the padding counts as zeros or not at all, as the shape says: x, none, none, y. */
        AVERAGE,
        /** The gradient of the average: gy, none, none, gx. */
        AVERAGE_GRAD
    }

    @Override
    public Kernel plan(int threads) {
        int planes = shape.planes();
        int perTask = Math.max(1, TASK_ELEMENTS / Math.max(1, shape.h() * shape.w()));
        return switch (kind) {
            case MAXIMUM -> (x, none, indices, y) -> Workers.forRange(planes, perTask, pool(x, y, indices));
            case MAXIMUM_GRAD -> (gy, indices, none, gx) -> Workers.forRange(planes, perTask, pool(gx, gy, indices));
            case AVERAGE -> (x, none, nothing, y) -> Workers.forRange(planes, perTask, pool(x, y, 0));
            case AVERAGE_GRAD -> (gy, none, nothing, gx) -> Workers.forRange(planes, perTask, pool(gx, gy, 0));
        };
    }

    private RangeBody pool(long x, long y, long indices) {
        if (type == DType.F32 && isVectorised()) {
            return new F32Windows(shape, kind == Kind.MAXIMUM, x, y, indices);
        }
        return type == DType.F64 ? new F64Pool(shape, kind, x, y, indices) : new F32Pool(shape, kind, x, y, indices);
    }

    private boolean isVectorised() {
        boolean forward = kind == Kind.MAXIMUM && !F32HalvingMax.computes(shape) || kind == Kind.AVERAGE;
        return forward && F32Windows.covers(shape);
    }
}
