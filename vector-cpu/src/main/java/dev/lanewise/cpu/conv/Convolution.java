package dev.lanewise.cpu.conv;

import dev.lanewise.cpu.conv.ConvAlgorithm.Pass;
import dev.lanewise.cpu.conv.winograd.WinogradConvolution;
import dev.lanewise.cpu.conv.winograd.WinogradWeightGrad;
import dev.lanewise.cpu.gemm.Activation;
import dev.lanewise.cpu.memory.NativeMemory;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import org.jspecify.annotations.Nullable;

/**
 * Two-dimensional convolution (cross-correlation, as in PyTorch's Conv2d) and its gradients.
 *
 * <p>Every tensor is dense and row-major, in native memory, given by a segment and a byte offset: x {@code [n, c, h, w]},
 * weights {@code [k, c / groups, r, s]}, bias {@code [k]}, y {@code [n, k, oh, ow]}. The result is written in full; what it
 * held before does not matter. Results are the same bits for any number of threads.
 */
public final class Convolution {
    private static final int F32 = Float.BYTES;
    private static final int F64 = Double.BYTES;

    private Convolution() {}

    /**
     * Computes {@code y = activation(x * w + bias)} in float32.
     *
     * @param shape the sizes
     * @param x input
     * @param xAt its byte offset
     * @param w weights
     * @param wAt their byte offset
     * @param bias one value for each output channel, or null
     * @param biasAt its byte offset
     * @param activation applied as the output is stored
     * @param y output
     * @param yAt its byte offset
     * @throws IndexOutOfBoundsException if an operand is larger than its segment
     * @throws IllegalArgumentException if a segment is not native
     */
    public static void forwardF32(
            ConvShape shape,
            MemorySegment x,
            long xAt,
            MemorySegment w,
            long wAt,
            @Nullable MemorySegment bias,
            long biasAt,
            Activation activation,
            MemorySegment y,
            long yAt) {
        try {
            long xs = NativeMemory.address(x, xAt, F32 * inputs(shape));
            long ws = NativeMemory.address(w, wAt, F32 * weights(shape));
            long bs = bias == null ? 0 : NativeMemory.address(bias, biasAt, (long) F32 * shape.k());
            long ys = NativeMemory.address(y, yAt, F32 * outputs(shape));
            boolean relu = activation == Activation.RELU;
            switch (ConvAlgorithm.choose(shape, Pass.FORWARD)) {
                case DIRECT -> DirectConvolution.run(DirectPlan.forward(shape), xs, ws, bs, relu, ys);
                case DEPTHWISE -> DepthwiseConvolution.run(DirectPlan.forward(shape), xs, ws, bs, relu, ys);
                case WINOGRAD -> {
                    if (!WinogradConvolution.forward(shape, xs, ws, bs, relu, ys)) {
                        DirectConvolution.run(DirectPlan.forward(shape), xs, ws, bs, relu, ys);
                    }
                }
                case PIXELS -> PixelConvolution.forward(shape, xs, ws, bs, relu, ys);
                case GEMM -> GemmConvolution.forward(shape, F32, xs, ws, bs, activation, ys);
            }
        } finally {
            keepReachable(x, w, y);
            Reference.reachabilityFence(bias);
        }
    }

    /**
     * Computes in float32 the gradient with respect to the input, {@code gx [n, c, h, w]}.
     *
     * @param shape the sizes of the forward pass
     * @param gy gradient of the output, {@code [n, k, oh, ow]}
     * @param gyAt its byte offset
     * @param w weights
     * @param wAt their byte offset
     * @param gx receives the gradient
     * @param gxAt its byte offset
     * @throws IndexOutOfBoundsException if an operand is larger than its segment
     * @throws IllegalArgumentException if a segment is not native
     */
    public static void inputGradF32(
            ConvShape shape, MemorySegment gy, long gyAt, MemorySegment w, long wAt, MemorySegment gx, long gxAt) {
        try {
            long gys = NativeMemory.address(gy, gyAt, F32 * outputs(shape));
            long ws = NativeMemory.address(w, wAt, F32 * weights(shape));
            long gxs = NativeMemory.address(gx, gxAt, F32 * inputs(shape));
            switch (ConvAlgorithm.choose(shape, Pass.INPUT_GRAD)) {
                case DIRECT -> directInputGrad(shape, gys, ws, gxs);
                case DEPTHWISE -> {
                    // it multiplies gradients outside the picture, which are 0, with weights
                    if (Finite.all(ws, weights(shape))) {
                        DepthwiseConvolution.run(DirectPlan.inputGrad(shape), gys, ws, 0, false, gxs);
                    } else {
                        GemmConvolution.inputGrad(shape, F32, gys, ws, gxs);
                    }
                }
                case WINOGRAD -> {
                    if (!WinogradConvolution.inputGrad(shape, gys, ws, gxs)) {
                        directInputGrad(shape, gys, ws, gxs);
                    }
                }
                case PIXELS -> PixelConvolution.inputGrad(shape, gys, ws, gxs);
                case GEMM -> GemmConvolution.inputGrad(shape, F32, gys, ws, gxs);
            }
        } finally {
            keepReachable(gy, w, gx);
        }
    }

    /**
     * Computes in float32 the gradient with respect to the weights, {@code gw [k, c / groups, r, s]}.
     *
     * @param shape the sizes of the forward pass
     * @param x input of the forward pass
     * @param xAt its byte offset
     * @param gy gradient of the output, {@code [n, k, oh, ow]}
     * @param gyAt its byte offset
     * @param gw receives the gradient
     * @param gwAt its byte offset
     * @throws IndexOutOfBoundsException if an operand is larger than its segment
     * @throws IllegalArgumentException if a segment is not native
     */
    public static void weightGradF32(
            ConvShape shape, MemorySegment x, long xAt, MemorySegment gy, long gyAt, MemorySegment gw, long gwAt) {
        try {
            long xs = NativeMemory.address(x, xAt, F32 * inputs(shape));
            long gys = NativeMemory.address(gy, gyAt, F32 * outputs(shape));
            long gws = NativeMemory.address(gw, gwAt, F32 * weights(shape));
            switch (ConvAlgorithm.choose(shape, Pass.WEIGHT_GRAD)) {
                case DIRECT -> {
                    DirectWeightGrad.run(shape, xs, gys, gws);
                    repairWeightGrad(shape, xs, gys, gws);
                }
                case DEPTHWISE -> {
                    DepthwiseWeightGrad.run(shape, xs, gys, gws);
                    repairWeightGrad(shape, xs, gys, gws);
                }
                case PIXELS -> PixelWeightGrad.run(shape, xs, gys, gws);
                case WINOGRAD -> {
                    if (!WinogradWeightGrad.run(shape, xs, gys, gws)) {
                        GemmConvolution.weightGrad(shape, F32, xs, gys, gws);
                    }
                }
                case GEMM -> GemmConvolution.weightGrad(shape, F32, xs, gys, gws);
            }
        } finally {
            keepReachable(x, gy, gw);
        }
    }

    /** Computes {@code y = activation(x * w + bias)} in float64; parameters and errors as in {@link #forwardF32}. */
    public static void forwardF64(
            ConvShape shape,
            MemorySegment x,
            long xAt,
            MemorySegment w,
            long wAt,
            @Nullable MemorySegment bias,
            long biasAt,
            Activation activation,
            MemorySegment y,
            long yAt) {
        try {
            long xs = NativeMemory.address(x, xAt, F64 * inputs(shape));
            long ws = NativeMemory.address(w, wAt, F64 * weights(shape));
            long bs = bias == null ? 0 : NativeMemory.address(bias, biasAt, (long) F64 * shape.k());
            long ys = NativeMemory.address(y, yAt, F64 * outputs(shape));
            GemmConvolution.forward(shape, F64, xs, ws, bs, activation, ys);
        } finally {
            keepReachable(x, w, y);
            Reference.reachabilityFence(bias);
        }
    }

    /** Computes in float64 the gradient with respect to the input; parameters and errors as in {@link #inputGradF32}. */
    public static void inputGradF64(
            ConvShape shape, MemorySegment gy, long gyAt, MemorySegment w, long wAt, MemorySegment gx, long gxAt) {
        try {
            long gys = NativeMemory.address(gy, gyAt, F64 * outputs(shape));
            long ws = NativeMemory.address(w, wAt, F64 * weights(shape));
            long gxs = NativeMemory.address(gx, gxAt, F64 * inputs(shape));
            GemmConvolution.inputGrad(shape, F64, gys, ws, gxs);
        } finally {
            keepReachable(gy, w, gx);
        }
    }

    /** Computes in float64 the gradient with respect to the weights; parameters and errors as in {@link #weightGradF32}. */
    public static void weightGradF64(
            ConvShape shape, MemorySegment x, long xAt, MemorySegment gy, long gyAt, MemorySegment gw, long gwAt) {
        try {
            long xs = NativeMemory.address(x, xAt, F64 * inputs(shape));
            long gys = NativeMemory.address(gy, gyAt, F64 * outputs(shape));
            long gws = NativeMemory.address(gw, gwAt, F64 * weights(shape));
            GemmConvolution.weightGrad(shape, F64, xs, gys, gws);
        } finally {
            keepReachable(x, gy, gw);
        }
    }

    /**
     * The direct kernel multiplies gradients outside the picture, which are 0, with weights, and, where it has strides, all
     * gradients with weights of 0 for the taps of other phases.
     */
    private static void directInputGrad(ConvShape shape, long gy, long w, long gx) {
        boolean strided = shape.strideH() > 1 || shape.strideW() > 1;
        if (Finite.all(w, weights(shape)) && (!strided || Finite.all(gy, outputs(shape)))) {
            DirectConvolution.run(DirectPlan.inputGrad(shape), gy, w, 0, false, gx);
        } else {
            GemmConvolution.inputGrad(shape, F32, gy, w, gx);
        }
    }

    /** Pixels past a row's end were multiplied with zeros, which NaN and infinity survive. */
    private static void repairWeightGrad(ConvShape shape, long x, long gy, long gw) {
        if (!Finite.all(gw, weights(shape))) {
            GemmConvolution.weightGrad(shape, F32, x, gy, gw);
        }
    }

    private static long inputs(ConvShape shape) {
        return (long) shape.n() * shape.c() * shape.h() * shape.w();
    }

    private static long weights(ConvShape shape) {
        return shape.k() * shape.reduction();
    }

    private static long outputs(ConvShape shape) {
        return (long) shape.n() * shape.k() * shape.oh() * shape.ow();
    }

    @SuppressWarnings("ReachabilityFenceUsage") // every caller calls it in a finally block
    private static void keepReachable(MemorySegment a, MemorySegment b, MemorySegment c) {
        Reference.reachabilityFence(a);
        Reference.reachabilityFence(b);
        Reference.reachabilityFence(c);
    }
}
