package dev.lanewise.cpu.conv;

import dev.lanewise.cpu.conv.ConvAlgorithm.Pass;
import dev.lanewise.cpu.conv.winograd.WinogradConvolution;
import dev.lanewise.cpu.conv.winograd.WinogradWeightGrad;
import dev.lanewise.cpu.plan.Kernel;
import dev.lanewise.cpu.plan.Problem;
import dev.lanewise.tensor.DType;
import org.jspecify.annotations.Nullable;

/**
 * A pass of a two-dimensional convolution (cross-correlation, as in PyTorch's Conv2d).
 *
 * <p>Every tensor is dense and row-major: x {@code [n, c, h, w]}, weights w {@code [k, c / groups, r, s]}, bias {@code [k]},
 * y {@code [n, k, oh, ow]}, and their gradients gx, gw, gy. The result is written in full; what it held before does not
 * matter. Results are the same bits for any number of threads. A plan's operands are
 *
 * <ul>
 *   <li>forward: x, w, bias or 0, y;
 *   <li>gradient with respect to the input: gy, w, 0, gx;
 *   <li>gradient with respect to the weights: x, gy, 0, gw.
 * </ul>
 *
 * @param type F32 or F64
 * @param forced the algorithm that is asked for wherever it can compute the shape, null for the quickest
 */
public record ConvProblem(
        ConvShape shape, Pass pass, DType type, @Nullable ConvAlgorithm forced) implements Problem {
    private static final int F32 = Float.BYTES;

    /** The problem as it is now, with the algorithm that {@link ConvAlgorithm#PROPERTY} forces on float32. */
    static ConvProblem of(ConvShape shape, Pass pass, DType type) {
        return new ConvProblem(shape, pass, type, ConvAlgorithm.forced(type));
    }

    @Override
    public Kernel plan(int threads) {
        if (type == DType.F64) {
            return byProducts(Double.BYTES);
        }
        return switch (pass) {
            case FORWARD -> forward(algorithm());
            case INPUT_GRAD -> inputGrad(algorithm());
            case WEIGHT_GRAD -> weightGrad(algorithm());
        };
    }

    private ConvAlgorithm algorithm() {
        return ConvAlgorithm.choose(shape, pass, forced);
    }

    private Kernel byProducts(int elementBytes) {
        if (WholeImage.is(shape)) {
            return WholeImage.plan(shape, pass, type);
        }
        return switch (pass) {
            case FORWARD -> (x, w, bias, y) -> GemmConvolution.forward(shape, elementBytes, x, w, bias, y);
            case INPUT_GRAD -> (gy, w, none, gx) -> GemmConvolution.inputGrad(shape, elementBytes, gy, w, gx);
            case WEIGHT_GRAD -> (x, gy, none, gw) -> GemmConvolution.weightGrad(shape, elementBytes, x, gy, gw);
        };
    }

    private Kernel forward(ConvAlgorithm algorithm) {
        return switch (algorithm) {
            case DIRECT -> {
                DirectPlan plan = DirectPlan.forward(shape);
                yield (x, w, bias, y) -> DirectConvolution.run(plan, x, w, bias, y);
            }
            case DEPTHWISE -> depthwiseForward();
            case WINOGRAD -> {
                DirectPlan plan = DirectPlan.forward(shape);
                yield (x, w, bias, y) -> {
                    if (!WinogradConvolution.forward(shape, x, w, bias, y)) {
                        DirectConvolution.run(plan, x, w, bias, y);
                    }
                };
            }
            case PIXELS -> {
                PixelPhase[] phases = PixelPhase.of(shape, false);
                yield (x, w, bias, y) -> PixelConvolution.forward(shape, phases, x, w, bias, y);
            }
            case GEMM -> byProducts(F32);
        };
    }

    private Kernel depthwiseForward() {
        DirectPlan plan = DirectPlan.forward(shape);
        Kernel planes = (x, w, bias, y) -> DepthwiseConvolution.run(plan, x, w, bias, y);
        if (!DepthwisePixels.isQuicker(shape)) {
            return planes;
        }
        var pixels = new DepthwisePixels(shape, false);
        return (x, w, bias, y) -> {
            if (!pixels.seesPadding() || Finite.all(w, weights())) {
                pixels.run(x, w, bias, y);
            } else {
                planes.run(x, w, bias, y);
            }
        };
    }

    private Kernel inputGrad(ConvAlgorithm algorithm) {
        return switch (algorithm) {
            case DIRECT -> {
                DirectPlan plan = DirectPlan.inputGrad(shape);
                yield (gy, w, none, gx) -> directInputGrad(plan, gy, w, gx);
            }
            case DEPTHWISE -> {
                if (DepthwisePixels.isQuicker(shape)) {
                    var pixels = new DepthwisePixels(shape, true);
                    yield (gy, w, none, gx) -> pixels.run(gy, w, 0, gx);
                }
                DirectPlan plan = DirectPlan.inputGrad(shape);
                yield (gy, w, none, gx) -> {
                    // it multiplies gradients outside the picture, which are 0, with weights
                    if (Finite.all(w, weights())) {
                        DepthwiseConvolution.run(plan, gy, w, 0, gx);
                    } else {
                        GemmConvolution.inputGrad(shape, F32, gy, w, gx);
                    }
                };
            }
            case WINOGRAD -> {
                DirectPlan plan = DirectPlan.inputGrad(shape);
                yield (gy, w, none, gx) -> {
                    if (!WinogradConvolution.inputGrad(shape, gy, w, gx)) {
                        directInputGrad(plan, gy, w, gx);
                    }
                };
            }
            case PIXELS -> {
                PixelPhase[] phases = PixelPhase.of(shape, true);
                yield (gy, w, none, gx) -> PixelConvolution.inputGrad(shape, phases, gy, w, gx);
            }
            case GEMM -> byProducts(F32);
        };
    }

    private Kernel weightGrad(ConvAlgorithm algorithm) {
        return switch (algorithm) {
            case DIRECT -> {
                DirectPlan plan = DirectPlan.forward(shape);
                yield (x, gy, none, gw) -> {
                    DirectWeightGrad.run(plan, x, gy, gw);
                    repairWeightGrad(x, gy, gw);
                };
            }
            case DEPTHWISE -> {
                if (DepthwisePixels.isQuicker(shape)) {
                    var pixels = new DepthwisePixelsWeightGrad(shape);
                    yield (x, gy, none, gw) -> {
                        pixels.run(x, gy, gw);
                        repairWeightGrad(x, gy, gw);
                    };
                }
                DepthwiseWeightGrad plan = new DepthwiseWeightGrad(shape);
                yield (x, gy, none, gw) -> {
                    plan.run(x, gy, gw);
                    repairWeightGrad(x, gy, gw);
                };
            }
            case PIXELS -> {
                PixelPhase phase = PixelPhase.of(shape, false)[0];
                yield (x, gy, none, gw) -> PixelWeightGrad.run(shape, phase, x, gy, gw);
            }
            case WINOGRAD ->
                (x, gy, none, gw) -> {
                    if (!WinogradWeightGrad.run(shape, x, gy, gw)) {
                        GemmConvolution.weightGrad(shape, F32, x, gy, gw);
                    }
                };
            case GEMM -> byProducts(F32);
        };
    }

    /**
     * The direct kernel multiplies gradients outside the picture, which are 0, with weights, and, where it has strides, all
     * gradients with weights of 0 for the taps of other phases.
     */
    private void directInputGrad(DirectPlan plan, long gy, long w, long gx) {
        boolean strided = shape.strideH() > 1 || shape.strideW() > 1;
        if (Finite.all(w, weights()) && (!strided || Finite.all(gy, outputs()))) {
            DirectConvolution.run(plan, gy, w, 0, gx);
        } else {
            GemmConvolution.inputGrad(shape, F32, gy, w, gx);
        }
    }

    /** Pixels past a row's end were multiplied with zeros, which NaN and infinity survive. */
    private void repairWeightGrad(long x, long gy, long gw) {
        if (!Finite.all(gw, weights())) {
            GemmConvolution.weightGrad(shape, F32, x, gy, gw);
        }
    }

    private long weights() {
        return shape.k() * shape.reduction();
    }

    private long outputs() {
        return (long) shape.n() * shape.k() * shape.oh() * shape.ow();
    }
}
