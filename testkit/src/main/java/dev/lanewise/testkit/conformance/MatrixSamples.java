package dev.lanewise.testkit.conformance;

import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.conv.Convolution2d;
import dev.lanewise.tensor.op.conv.Convolution2dInputGrad;
import dev.lanewise.tensor.op.conv.Convolution2dWeightGrad;
import dev.lanewise.tensor.op.matrix.Linalg;
import java.util.List;

/** Operands of products, convolutions and decompositions. */
final class MatrixSamples {
    private MatrixSamples() {}

    static List<Sample> linear() {
        return List.of(
                Sample.of(Shape.of(5, 7), Shape.of(3, 7)),
                Sample.of(Shape.of(7), Shape.of(3, 7), Shape.of(3)),
                Sample.of(Shape.of(2, 5, 19), Shape.of(33, 19), Shape.of(33)),
                Sample.of(Shape.of(0, 7), Shape.of(3, 7)));
    }

    static List<Sample> linalg(Linalg op) {
        return switch (op) {
            case CHOLESKY ->
                List.of(
                        new Sample("[5, 5]", make -> new Tensor[] {make.positiveDefinite(5, 5)}),
                        new Sample("[2, 3, 3]", make -> new Tensor[] {make.positiveDefinite(2, 3, 3)}));
            case QR, SVD ->
                List.of(
                        new Sample("[5, 3]", make -> new Tensor[] {make.regular(5, 3)}),
                        new Sample("[3, 5]", make -> new Tensor[] {make.regular(3, 5)}),
                        new Sample("[2, 4, 4]", make -> new Tensor[] {make.regular(2, 4, 4)}));
            case SOLVE, SOLVE_LOWER, SOLVE_UPPER ->
                List.of(
                        new Sample("[5, 5] x [5, 2]", make -> new Tensor[] {make.regular(5, 5), make.any(5, 2)}),
                        new Sample("[2, 3, 3] x [2, 3, 1]", make ->
                                new Tensor[] {make.regular(2, 3, 3), make.any(2, 3, 1)}),
                        new Sample("[1, 1] x [1, 3]", make -> new Tensor[] {make.regular(1, 1), make.any(1, 3)}));
            case INVERSE, DET ->
                List.of(
                        new Sample("[5, 5]", make -> new Tensor[] {make.regular(5, 5)}),
                        new Sample("[2, 3, 3]", make -> new Tensor[] {make.regular(2, 3, 3)}),
                        new Sample("[1, 1]", make -> new Tensor[] {make.regular(1, 1)}));
        };
    }

    /** The weight of a convolution with three output channels per group and two input channels in each. */
    private static Shape weight(Convolution2d conv, long r, long s) {
        return Shape.of(3L * conv.groups(), 2, r, s);
    }

    private static Shape input(Convolution2d conv, long n, long h, long w) {
        return Shape.of(n, 2L * conv.groups(), h, w);
    }

    private static Shape output(Convolution2d conv, Shape x, Shape weight) {
        return Shape.of(
                x.size(0),
                weight.size(0),
                conv.outputH(x.size(2), weight.size(2)),
                conv.outputW(x.size(3), weight.size(3)));
    }

    static List<Sample> conv(Convolution2d conv) {
        Shape depthwise = Shape.of(conv.groups(), 1, 3, 3);
        return List.of(
                Sample.of(input(conv, 2, 11, 12), weight(conv, 3, 3)),
                Sample.of(input(conv, 1, 9, 23), weight(conv, 1, 1), Shape.of(3L * conv.groups())),
                Sample.of(input(conv, 3, 8, 9), weight(conv, 2, 4), Shape.of(3L * conv.groups())),
                Sample.of(Shape.of(2, conv.groups(), 11, 13), depthwise));
    }

    static List<Sample> convInputGrad(Convolution2dInputGrad grad) {
        Shape weight = weight(grad.conv(), 3, 2);
        Shape x = input(grad.conv(), 2, grad.h(), grad.w());
        return List.of(Sample.of(output(grad.conv(), x, weight), weight));
    }

    static List<Sample> convWeightGrad(Convolution2dWeightGrad grad) {
        Shape weight = weight(grad.conv(), grad.r(), grad.s());
        Shape x = input(grad.conv(), 2, 11, 12);
        return List.of(Sample.of(output(grad.conv(), x, weight), x));
    }
}
