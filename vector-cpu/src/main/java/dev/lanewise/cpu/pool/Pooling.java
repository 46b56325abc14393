package dev.lanewise.cpu.pool;

import dev.lanewise.cpu.memory.NativeMemory;
import dev.lanewise.cpu.parallel.Workers;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.function.IntConsumer;

/**
 * Two-dimensional maximum and average pooling and their gradients.
 *
 * <p>Every tensor is dense and row-major, in native memory, given by a segment and a byte offset; results are written in
 * full. The threads share the planes, and each plane is computed by one of them in one order: the same bits for any number of
 * threads, also where windows overlap. Every method throws {@link IndexOutOfBoundsException} if an operand is larger than
 * its segment, and {@link IllegalArgumentException} if a segment is not native.
 */
public final class Pooling {
    /** Input elements that are worth a task of their own. */
    private static final int TASK_ELEMENTS = 16 << 10;

    private Pooling() {}

    /**
     * Computes in float32 the maximum of each window. A NaN in the window is its maximum; of equal elements the first counts.
     *
     * @param shape the sizes
     * @param x input
     * @param xAt its byte offset
     * @param y maxima
     * @param yAt their byte offset
     * @param indices 64-bit positions of the maxima in their planes of {@code h * w} elements, as in PyTorch
     * @param indicesAt their byte offset
     */
    public static void maxForwardF32(
            PoolShape shape,
            MemorySegment x,
            long xAt,
            MemorySegment y,
            long yAt,
            MemorySegment indices,
            long indicesAt) {
        try {
            long xs = NativeMemory.address(x, xAt, 4 * shape.inputs());
            long ys = NativeMemory.address(y, yAt, 4 * shape.outputs());
            long is = NativeMemory.address(indices, indicesAt, 8 * shape.outputs());
            run(shape, new F32Pool(shape, xs, ys, is)::maxForward);
        } finally {
            keepReachable(x, y, indices);
        }
    }

    /**
     * Computes in float32 the gradient of the maximum: each element of {@code gy} is added where its maximum was.
     *
     * @param shape the sizes
     * @param gy gradient of the maxima
     * @param gyAt its byte offset
     * @param indices positions of the maxima, from the forward pass
     * @param indicesAt their byte offset
     * @param gx receives the gradient of the input
     * @param gxAt its byte offset
     */
    public static void maxBackwardF32(
            PoolShape shape,
            MemorySegment gy,
            long gyAt,
            MemorySegment indices,
            long indicesAt,
            MemorySegment gx,
            long gxAt) {
        try {
            long gxs = NativeMemory.address(gx, gxAt, 4 * shape.inputs());
            long gys = NativeMemory.address(gy, gyAt, 4 * shape.outputs());
            long is = NativeMemory.address(indices, indicesAt, 8 * shape.outputs());
            run(shape, new F32Pool(shape, gxs, gys, is)::maxBackward);
        } finally {
            keepReachable(gx, gy, indices);
        }
    }

    /**
     * Computes in float32 the average of each window; the padding counts as zeros or not at all, as the shape says.
     *
     * @param shape the sizes
     * @param x input
     * @param xAt its byte offset
     * @param y averages
     * @param yAt their byte offset
     */
    public static void avgForwardF32(PoolShape shape, MemorySegment x, long xAt, MemorySegment y, long yAt) {
        try {
            long xs = NativeMemory.address(x, xAt, 4 * shape.inputs());
            long ys = NativeMemory.address(y, yAt, 4 * shape.outputs());
            run(shape, new F32Pool(shape, xs, ys, 0)::averageForward);
        } finally {
            keepReachable(x, y, y);
        }
    }

    /**
     * Computes in float32 the gradient of the average.
     *
     * @param shape the sizes
     * @param gy gradient of the averages
     * @param gyAt its byte offset
     * @param gx receives the gradient of the input
     * @param gxAt its byte offset
     */
    public static void avgBackwardF32(PoolShape shape, MemorySegment gy, long gyAt, MemorySegment gx, long gxAt) {
        try {
            long gxs = NativeMemory.address(gx, gxAt, 4 * shape.inputs());
            long gys = NativeMemory.address(gy, gyAt, 4 * shape.outputs());
            run(shape, new F32Pool(shape, gxs, gys, 0)::averageBackward);
        } finally {
            keepReachable(gx, gy, gy);
        }
    }

    /** Computes in float64 the maximum of each window; parameters as in {@link #maxForwardF32}. */
    public static void maxForwardF64(
            PoolShape shape,
            MemorySegment x,
            long xAt,
            MemorySegment y,
            long yAt,
            MemorySegment indices,
            long indicesAt) {
        try {
            long xs = NativeMemory.address(x, xAt, 8 * shape.inputs());
            long ys = NativeMemory.address(y, yAt, 8 * shape.outputs());
            long is = NativeMemory.address(indices, indicesAt, 8 * shape.outputs());
            run(shape, new F64Pool(shape, xs, ys, is)::maxForward);
        } finally {
            keepReachable(x, y, indices);
        }
    }

    /** Computes in float64 the gradient of the maximum; parameters as in {@link #maxBackwardF32}. */
    public static void maxBackwardF64(
            PoolShape shape,
            MemorySegment gy,
            long gyAt,
            MemorySegment indices,
            long indicesAt,
            MemorySegment gx,
            long gxAt) {
        try {
            long gxs = NativeMemory.address(gx, gxAt, 8 * shape.inputs());
            long gys = NativeMemory.address(gy, gyAt, 8 * shape.outputs());
            long is = NativeMemory.address(indices, indicesAt, 8 * shape.outputs());
            run(shape, new F64Pool(shape, gxs, gys, is)::maxBackward);
        } finally {
            keepReachable(gx, gy, indices);
        }
    }

    /** Computes in float64 the average of each window; parameters as in {@link #avgForwardF32}. */
    public static void avgForwardF64(PoolShape shape, MemorySegment x, long xAt, MemorySegment y, long yAt) {
        try {
            long xs = NativeMemory.address(x, xAt, 8 * shape.inputs());
            long ys = NativeMemory.address(y, yAt, 8 * shape.outputs());
            run(shape, new F64Pool(shape, xs, ys, 0)::averageForward);
        } finally {
            keepReachable(x, y, y);
        }
    }

    /** Computes in float64 the gradient of the average; parameters as in {@link #avgBackwardF32}. */
    public static void avgBackwardF64(PoolShape shape, MemorySegment gy, long gyAt, MemorySegment gx, long gxAt) {
        try {
            long gxs = NativeMemory.address(gx, gxAt, 8 * shape.inputs());
            long gys = NativeMemory.address(gy, gyAt, 8 * shape.outputs());
            run(shape, new F64Pool(shape, gxs, gys, 0)::averageBackward);
        } finally {
            keepReachable(gx, gy, gy);
        }
    }

    private static void run(PoolShape shape, IntConsumer plane) {
        int planes = shape.planes();
        int perTask = Math.max(1, TASK_ELEMENTS / Math.max(1, shape.h() * shape.w()));
        if (planes <= perTask) {
            for (int i = 0; i < planes; i++) {
                plane.accept(i);
            }
            return;
        }
        Workers.run(Math.ceilDiv(planes, perTask), task -> {
            int end = Math.min(planes, (task + 1) * perTask);
            for (int i = task * perTask; i < end; i++) {
                plane.accept(i);
            }
        });
    }

    @SuppressWarnings("ReachabilityFenceUsage") // every caller calls it in a finally block
    private static void keepReachable(MemorySegment a, MemorySegment b, MemorySegment c) {
        Reference.reachabilityFence(a);
        Reference.reachabilityFence(b);
        Reference.reachabilityFence(c);
    }
}
