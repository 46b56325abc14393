package dev.lanewise.cpu.conv;

import dev.lanewise.cpu.conv.ConvAlgorithm.Pass;
import dev.lanewise.cpu.gemm.Activation;
import dev.lanewise.cpu.gemm.Bias;
import dev.lanewise.cpu.gemm.GemmShape;
import dev.lanewise.cpu.plan.Kernel;
import dev.lanewise.cpu.plan.Plans;
import dev.lanewise.tensor.DType;

/**
 * Convolutions whose kernel covers the whole image, without padding: a linear layer of images as rows. The last layer of many
 * networks and, as the gradient of the input, the first of those that draw images are of this kind.
 */
final class WholeImage {
    private WholeImage() {}

    static boolean is(ConvShape shape) {
        return shape.r() == shape.h()
                && shape.s() == shape.w()
                && shape.padH() == 0
                && shape.padW() == 0
                && (shape.r() == 1 || shape.dilationH() == 1)
                && (shape.s() == 1 || shape.dilationW() == 1)
                && shape.groups() == 1;
    }

    /** A pass of such a convolution, with the operands of {@link ConvProblem}. */
    static Kernel plan(ConvShape shape, Pass pass, DType type) {
        int images = shape.n();
        int outputs = shape.k();
        int values = Math.toIntExact(shape.reduction());
        return switch (pass) {
            case FORWARD -> {
                GemmShape product = GemmShape.of(type, images, outputs, values).rightTransposed();
                GemmShape biased = product.fused(Bias.PER_COLUMN, Activation.NONE);
                yield (x, w, bias, y) -> Plans.run(bias == 0 ? product : biased, x, w, bias, y);
            }
            case INPUT_GRAD -> {
                GemmShape product = GemmShape.of(type, images, values, outputs);
                yield (gy, w, none, gx) -> Plans.run(product, gy, w, none, gx);
            }
            case WEIGHT_GRAD -> {
                GemmShape product = GemmShape.of(type, outputs, values, images).leftTransposed();
                yield (x, gy, none, gw) -> Plans.run(product, gy, x, none, gw);
            }
        };
    }
}
