package dev.lanewise.cpu.conv;

import dev.lanewise.cpu.conv.ConvAlgorithm.Pass;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Two-dimensional convolution (cross-correlation, as in PyTorch's Conv2d) and its gradients.
 *
 * <p>Every tensor is dense and row-major, in native memory, given by a segment and a byte offset: x {@code [n, c, h, w]},
 * weights {@code [k, c / groups, r, s]}, bias {@code [k]}, y {@code [n, k, oh, ow]}. The result is written in full; what it
 * held before does not matter. Results are the same bits for any number of threads.
 */
public final class Convolution {
    private static final int F32 = 4;
    private static final int F64 = 8;

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
        switch (ConvAlgorithm.choose(shape, Pass.FORWARD)) {
            case DIRECT -> DirectConvolution.run(
                    DirectPlan.forward(shape), x, xAt, w, wAt, bias, biasAt, activation, y, yAt);
            case WINOGRAD -> throw new IllegalStateException();
            case GEMM -> GemmConvolution.forward(shape, F32, x, xAt, w, wAt, bias, biasAt, activation, y, yAt);
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
     */
    public static void inputGradF32(
            ConvShape shape, MemorySegment gy, long gyAt, MemorySegment w, long wAt, MemorySegment gx, long gxAt) {
        switch (ConvAlgorithm.choose(shape, Pass.INPUT_GRAD)) {
            case DIRECT -> DirectConvolution.run(
                    DirectPlan.inputGrad(shape), gy, gyAt, w, wAt, null, 0, Activation.NONE, gx, gxAt);
            case WINOGRAD -> throw new IllegalStateException();
            case GEMM -> GemmConvolution.inputGrad(shape, F32, gy, gyAt, w, wAt, gx, gxAt);
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
     */
    public static void weightGradF32(
            ConvShape shape, MemorySegment x, long xAt, MemorySegment gy, long gyAt, MemorySegment gw, long gwAt) {
        switch (ConvAlgorithm.choose(shape, Pass.WEIGHT_GRAD)) {
            case DIRECT -> DirectWeightGrad.run(shape, x, xAt, gy, gyAt, gw, gwAt);
            case WINOGRAD -> throw new IllegalStateException();
            case GEMM -> GemmConvolution.weightGrad(shape, F32, x, xAt, gy, gyAt, gw, gwAt);
        }
    }

    /** Computes {@code y = activation(x * w + bias)} in float64; parameters as in {@link #forwardF32}. */
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
        GemmConvolution.forward(shape, F64, x, xAt, w, wAt, bias, biasAt, activation, y, yAt);
    }

    /** Computes in float64 the gradient with respect to the input; parameters as in {@link #inputGradF32}. */
    public static void inputGradF64(
            ConvShape shape, MemorySegment gy, long gyAt, MemorySegment w, long wAt, MemorySegment gx, long gxAt) {
        GemmConvolution.inputGrad(shape, F64, gy, gyAt, w, wAt, gx, gxAt);
    }

    /** Computes in float64 the gradient with respect to the weights; parameters as in {@link #weightGradF32}. */
    public static void weightGradF64(
            ConvShape shape, MemorySegment x, long xAt, MemorySegment gy, long gyAt, MemorySegment gw, long gwAt) {
        GemmConvolution.weightGrad(shape, F64, x, xAt, gy, gyAt, gw, gwAt);
    }
}
