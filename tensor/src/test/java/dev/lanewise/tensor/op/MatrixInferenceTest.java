package dev.lanewise.tensor.op;

import dev.lanewise.tensor.op.conv.AveragePooling2d;
import dev.lanewise.tensor.op.conv.AveragePooling2dGrad;
import dev.lanewise.tensor.op.conv.Convolution2d;
import dev.lanewise.tensor.op.conv.Convolution2dInputGrad;
import dev.lanewise.tensor.op.conv.Convolution2dRelu;
import dev.lanewise.tensor.op.conv.Convolution2dWeightGrad;
import dev.lanewise.tensor.op.conv.MaxPooling2d;
import dev.lanewise.tensor.op.conv.MaxPooling2dGrad;
import dev.lanewise.tensor.op.conv.PoolingWindow;
import dev.lanewise.tensor.op.matrix.BlockFormat;
import dev.lanewise.tensor.op.matrix.DynamicQuantize;
import dev.lanewise.tensor.op.matrix.IntegerProduct;
import dev.lanewise.tensor.op.matrix.Linalg;
import dev.lanewise.tensor.op.matrix.LinearProduct;
import dev.lanewise.tensor.op.matrix.MatMul;
import dev.lanewise.tensor.op.matrix.QuantizedProduct;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Products, decompositions, convolutions and poolings infer type and shape, or say what is wrong. */
class MatrixInferenceTest {
    static Stream<Inference> inferred() {
        return Stream.of(
                Inference.inferred(MatMul.MATMUL, "F32[5, 2, 3]; F32[3, 4]", "F32[5, 2, 4]"),
                Inference.inferred(
                        new LinearProduct(LinearProduct.Activation.NONE), "F32[7, 3]; F32[4, 3]; F32[4]", "F32[7, 4]"),
                Inference.inferred(new IntegerProduct(false), "U8[2, 7, 3]; I8[3, 4]; U8[]; I8[4]", "I32[2, 7, 4]"),
                Inference.inferred(
                        new IntegerProduct(true), "U8[7, 3]; I8[3, 4]; U8[]; I8[]; F32[]; F32[4]", "F32[7, 4]"),
                Inference.inferred(DynamicQuantize.DYNAMIC_QUANTIZE, "F32[7, 3]", "U8[7, 3]; F32[]; U8[]"),
                Inference.inferred(
                        new QuantizedProduct(QuantizedProduct.Kind.LINEAR, BlockFormat.Q8_0),
                        "F32[7, 64]; U8[5, 68]",
                        "F32[7, 5]"),
                Inference.inferred(
                        new QuantizedProduct(QuantizedProduct.Kind.LINEAR_GRAD, BlockFormat.Q8_0),
                        "F32[7, 5]; U8[5, 68]",
                        "F32[7, 64]"),
                Inference.inferred(
                        new QuantizedProduct(QuantizedProduct.Kind.UNPACK, BlockFormat.Q8_0),
                        "U8[5, 68]",
                        "F32[5, 64]"),
                Inference.inferred(Linalg.QR, "F64[5, 3]", "F64[5, 3]; F64[3, 3]"),
                Inference.inferred(Linalg.SVD, "F64[2, 3, 5]", "F64[2, 3, 3]; F64[2, 3]; F64[2, 3, 5]"),
                Inference.inferred(Linalg.SOLVE, "F64[3, 3]; F64[3, 2]", "F64[3, 2]"),
                Inference.inferred(Linalg.SOLVE_LOWER, "F64[2, 3, 3]; F64[2, 3, 0]", "F64[2, 3, 0]"),
                Inference.inferred(Linalg.SOLVE_UPPER, "F32[3, 3]; F32[3, 2]", "F32[3, 2]"),
                Inference.inferred(new Convolution2d(2, 1), "F32[2, 3, 9, 9]; F32[8, 3, 3, 3]", "F32[2, 8, 5, 5]"),
                Inference.inferred(
                        new Convolution2dRelu(new Convolution2d(2, 1)),
                        "F32[2, 3, 9, 9]; F32[8, 3, 3, 3]; F32[8]",
                        "F32[2, 8, 5, 5]"),
                Inference.inferred(
                        new Convolution2dInputGrad(new Convolution2d(1, 1), 9, 9),
                        "F32[2, 8, 9, 9]; F32[8, 3, 3, 3]",
                        "F32[2, 3, 9, 9]"),
                Inference.inferred(
                        new Convolution2dWeightGrad(new Convolution2d(1, 1), 3, 3),
                        "F32[2, 3, 9, 9]; F32[2, 8, 9, 9]",
                        "F32[3, 8, 3, 3]"),
                Inference.inferred(
                        new MaxPooling2d(new PoolingWindow(2)), "F32[2, 3, 9, 8]", "F32[2, 3, 4, 4]; I64[2, 3, 4, 4]"),
                Inference.inferred(
                        new MaxPooling2dGrad(new PoolingWindow(2), 9, 8),
                        "F32[2, 3, 4, 4]; I64[2, 3, 4, 4]",
                        "F32[2, 3, 9, 8]"),
                Inference.inferred(
                        new AveragePooling2d(new PoolingWindow(3, 3, 2, 2, 1, 1, true), true),
                        "F32[1, 1, 5, 6]",
                        "F32[1, 1, 3, 4]"),
                Inference.inferred(
                        new AveragePooling2dGrad(new AveragePooling2d(new PoolingWindow(2), false), 4, 6),
                        "F32[1, 1, 2, 3]",
                        "F32[1, 1, 4, 6]"));
    }

    static Stream<Inference> refused() {
        return Stream.of(
                Inference.refused(
                        new IntegerProduct(false),
                        "U8[7, 3]; I8[4, 3]; U8[]; I8[]",
                        "integer_product: inner sizes differ: [7, 3] x [4, 3] (3 != 4); transpose the right operand?"),
                Inference.refused(
                        new QuantizedProduct(QuantizedProduct.Kind.UNPACK, BlockFormat.Q8_0),
                        "U8[5, 70]",
                        "unpack: rows of 70 bytes are no whole blocks of Q8_0, 34 bytes each; check format and shape"),
                Inference.refused(
                        MatMul.MATMUL,
                        "F32[2, 3]; F32[4, 3]",
                        "matmul: inner sizes differ: [2, 3] x [4, 3] (3 != 4); transpose the right operand?"),
                Inference.refused(
                        MatMul.MATMUL,
                        "F32[2, 2, 3]; F32[3, 3, 4]",
                        "matmul: shapes don't broadcast: [2] and [3] (2 != 3 in dimension -1); reshape or expand one of them?"),
                Inference.refused(
                        MatMul.MATMUL,
                        "F32[3]; F32[3, 4]",
                        "matmul: got F32[3] of rank 1 (expected rank 2 or more: [..., m, k]); reshape it?"),
                Inference.refused(
                        new LinearProduct(LinearProduct.Activation.NONE),
                        "F32[7, 3]; F32[3, 4]; F32[4]",
                        "linear: input [7, 3] has 3 features, weight [3, 4] takes 4; flatten the input, or transpose the weight?"),
                Inference.refused(
                        new LinearProduct(LinearProduct.Activation.NONE),
                        "F32[7, 3]; F32[4, 3]; F32[5]",
                        "linear: bias [5] for weight [4, 3]; the bias must be [4]"),
                Inference.refused(
                        Linalg.INVERSE,
                        "F64[3, 4]",
                        "inverse: matrix F64[3, 4] is not square; use QR or SVD for least squares"),
                Inference.refused(
                        Linalg.SOLVE_LOWER,
                        "F64[3, 4]; F64[3, 2]",
                        "solve_lower: matrix F64[3, 4] is not square; use QR or SVD for least squares"),
                Inference.refused(
                        Linalg.SOLVE,
                        "F64[3, 3]; F64[4, 2]",
                        "solve: right side F64[4, 2] does not fit F64[3, 3]; give [..., 3, k] with the same leading sizes"),
                Inference.refused(
                        new Convolution2d(2, 1),
                        "F32[2, 4, 9, 9]; F32[8, 3, 3, 3]",
                        "conv2d: input [2, 4, 9, 9] has 4 channels, weight [8, 3, 3, 3] takes 3; is the input [n, c, h, w]?"),
                Inference.refused(
                        new Convolution2dRelu(new Convolution2d(2, 1)),
                        "F32[2, 4, 9, 9]; F32[8, 3, 3, 3]",
                        "conv2d_relu: input [2, 4, 9, 9] has 4 channels, weight [8, 3, 3, 3] takes 3; is the input [n, c, h, w]?"),
                Inference.refused(
                        new Convolution2d(1, 0),
                        "F32[1, 3, 2, 2]; F32[8, 3, 3, 3]",
                        "conv2d: weight [8, 3, 3, 3] with dilation [1, 1] does not fit input [1, 3, 2, 2] with padding [0, 0]; use a smaller kernel or more padding"),
                Inference.refused(
                        new Convolution2d(1, 0),
                        "F32[3, 9, 9]; F32[8, 3, 3, 3]",
                        "conv2d: got F32[3, 9, 9] of rank 3 (expected rank 4: input [n, c, h, w]); reshape it?"),
                Inference.refused(
                        new Convolution2dInputGrad(new Convolution2d(1, 1), 8, 9),
                        "F32[2, 8, 9, 9]; F32[8, 3, 3, 3]",
                        "conv2d_input_grad: gradient [2, 8, 9, 9] is not of a convolution of [2, 3, 8, 9] with [8, 3, 3, 3]; check height, width and padding"),
                Inference.refused(
                        new Convolution2dWeightGrad(new Convolution2d(1, 1), 3, 3),
                        "F32[2, 8, 9, 9]; F32[1, 3, 9, 9]",
                        "conv2d_weight_grad: gradient [2, 8, 9, 9] is not of a convolution of [1, 3, 9, 9] with [8, 3, 3, 3]; check kernel size and padding"),
                Inference.refused(
                        new MaxPooling2d(new PoolingWindow(4)),
                        "F32[2, 3, 3, 8]",
                        "max_pool2d: a window of [4, 4] does not fit F32[2, 3, 3, 8]; use a smaller window or more padding"),
                Inference.refused(
                        new MaxPooling2d(new PoolingWindow(2)),
                        "I64[2, 3, 9, 8]",
                        "max_pool2d: does not take I64[2, 3, 9, 8] (expected one of F32, F64, F16, BF16); cast with to(DType.F32)"),
                Inference.refused(
                        new MaxPooling2dGrad(new PoolingWindow(2), 9, 8),
                        "F32[2, 3, 4, 4]; I64[2, 3, 4, 5]",
                        "max_pool2d_grad: gradient F32[2, 3, 4, 4] and positions I64[2, 3, 4, 5] differ in shape; give the positions that max_pool2d gave"),
                Inference.refused(
                        new AveragePooling2d(new PoolingWindow(2), false),
                        "F32[5, 6]",
                        "avg_pool2d: got F32[5, 6] of rank 2 (expected rank 4: [n, c, h, w]); reshape it?"),
                Inference.refused(
                        new AveragePooling2dGrad(new AveragePooling2d(new PoolingWindow(2), false), 4, 6),
                        "F32[1, 1, 3, 3]",
                        "avg_pool2d_grad: gradient F32[1, 1, 3, 3] is not of a pooling of [4, 6]; check height, width and window"));
    }

    @ParameterizedTest
    @MethodSource("inferred")
    void typeAndShapeAreInferred(Inference each) {
        each.check();
    }

    @ParameterizedTest
    @MethodSource("refused")
    void operandsThatDoNotFitAreNamed(Inference each) {
        each.check();
    }
}
