package dev.lanewise.tensor;

import static dev.lanewise.tensor.ScatterReduction.AMAX;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.tensor.op.elementwise.Binary;
import dev.lanewise.tensor.op.matrix.Linalg;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Errors name the method that was called, not the operations that it is made of. */
class MessagesTest {
    /** Names come from files: nothing in one breaks the line or is a command to a terminal. */
    @Test
    void messagesAreOneLine() {
        assertThat(new TensorException("sum: a\n  b\r\nc")).hasMessage("sum: a; b; c");
        assertThat(new TensorException("\u001b[2J\0\t\u009b31m", null)).hasMessage("?[2J???31m");
        assertThatThrownBy(() -> Tensor.zeros(2).slice("\u001b[2J\n1"))
                .isInstanceOf(TensorException.class)
                .message()
                .matches("\\P{Cc}+");
    }

    private static Arguments call(String begin, Function<Tensor, Object> call) {
        return Arguments.of(begin, call);
    }

    static Stream<Arguments> missingDimensions() {
        return Stream.of(
                call("sum: no dimension 5", x -> x.sum(5)),
                call("var: no dimension 5", x -> x.var(5)),
                call("std: no dimension 5", x -> x.std(5)),
                call("norm: no dimension 5", x -> x.norm(5)),
                call("norm: no dimension 5", x -> x.norm(1, new int[] {5}, Keep.KEEP)),
                call("log_sum_exp: no dimension 5", x -> x.logSumExp(5)),
                call("max: no dimension 5", x -> x.max(5)),
                call("min: no dimension 5", x -> x.min(5)),
                call("argsort: no dimension 5", x -> x.argsort(5)),
                call("topk: no dimension 5", x -> x.topk(1, 5, true)),
                call("topk: 4 of 3 elements along dimension 1 of F32[2, 3]", x -> x.topk(4, 1, true)),
                call("topk: -1 of 3 elements", x -> x.topk(-1, 1, true)),
                call("sum: dimensions [1, -1] of shape [2, 3] name one twice", x -> x.sum(1, -1)),
                call("flip: dimensions [1, -1] of shape [2, 3] name one twice", x -> x.flip(1, -1)),
                call("var: dimensions [0, 0] of shape [2, 3] name one twice", x -> x.var(0, 0)),
                call("std: dimensions [0, 0] of shape [2, 3] name one twice", x -> x.std(0, 0)),
                call("norm: dimensions [0, 0] of shape [2, 3] name one twice", x -> x.norm(0, 0)),
                call("log_sum_exp: dimensions [0, 0]", x -> x.logSumExp(0, 0)));
    }

    @ParameterizedTest
    @MethodSource("missingDimensions")
    void dimensionThatIsNotThere(String begin, Function<Tensor, Object> call) {
        assertThatThrownBy(() -> call.apply(Tensor.zeros(2, 3)))
                .isInstanceOf(TensorException.class)
                .hasMessageStartingWith(begin);
    }

    static Stream<Arguments> wrongTypes() {
        return Stream.of(
                call("var: does not take I64[2, 3]", x -> x.var()),
                call("std: does not take I64[2, 3]", x -> x.std()),
                call("norm: does not take I64[2, 3]", x -> x.norm()),
                call("log_sum_exp: does not take I64[2, 3]", x -> x.logSumExp()),
                call(
                        "attention: mask I64[2, 2] (expected BOOL, true where a query sees a key",
                        x -> Tensor.zeros(2, 3)
                                .attention(Tensor.zeros(2, 3), Tensor.zeros(2, 3), x.narrow(1, 0, 2), false)));
    }

    @ParameterizedTest
    @MethodSource("wrongTypes")
    void typeThatIsNotTaken(String begin, Function<Tensor, Object> call) {
        assertThatThrownBy(() -> call.apply(Tensor.zeros(DType.I64, 2, 3)))
                .isInstanceOf(TensorException.class)
                .hasMessageStartingWith(begin);
    }

    static Stream<Arguments> partsThatRefuse() {
        Tensor numbers = Tensor.zeros(DType.I32, 2);
        return Stream.of(
                call("max: dimension 0 of F32[0]", x -> x.max(0)),
                call("min: dimension 0 of F32[0]", x -> x.min(0)),
                call("trace: no dimension -2", Tensor::trace),
                call("pow: does not take I32[2]", x -> numbers.pow(0.5)),
                call("pad: [-1, 0] for F32[0]", x -> x.pad(0, -1, 0)),
                call("randn: does not give I32[3]", x -> Tensor.randn(DType.I32, 3)),
                call("masked_fill: mask F32[0] (expected BOOL)", x -> x.maskedFill(x, 0)),
                call("scatter_reduce: no dimension 1", x -> x.scatterReduce(AMAX, 1, numbers, x, true)),
                call(
                        "index: shapes don't broadcast: [3] and [2]",
                        x -> Tensor.ones(2, 2).index(Tensor.zeros(DType.I64, 3), numbers)),
                call("gather: positions F32[0] (expected I64 or I32)", x -> x.gather(0, x)),
                call("embedding: positions F32[0] (expected I64 or I32)", x -> x.embedding(x)),
                call("scatter_add: positions F32[0] (expected I64 or I32)", x -> x.scatterAdd(0, x, x)),
                call("one_hot: classes F32[0] (expected I64 or I32)", x -> x.oneHot(2)),
                call(
                        "rms_norm: weight [1] for input [2, 3]",
                        x -> Tensor.ones(2, 3).rmsNorm(1, Tensor.ones(1), 0)),
                call(
                        "batch_norm_inference: mean F32[1], variance F32[1], weight F32[3], bias F32[3]",
                        x -> Tensor.ones(2, 3)
                                .batchNormInference(Tensor.ones(1), Tensor.ones(1), Tensor.ones(3), Tensor.ones(3), 0)),
                call("rsub: the number 0.5 is not an element of I32", x -> numbers.rsub(0.5)),
                call("zeros: negative size", x -> Tensor.zeros(-1)),
                call(
                        "batch_norm: input F32[1, 2] has 1 value per channel",
                        x -> Tensor.ones(1, 2).batchNorm(Tensor.ones(2), Tensor.ones(2), 0)));
    }

    @ParameterizedTest
    @MethodSource("partsThatRefuse")
    void operationInsideAMethod(String begin, Function<Tensor, Object> call) {
        assertThatThrownBy(() -> call.apply(Tensor.zeros(0)))
                .isInstanceOf(TensorException.class)
                .hasMessageStartingWith(begin);
    }

    static Stream<Arguments> convolutions() {
        Tensor line = Tensor.zeros(2, 3, 9);
        Tensor volume = Tensor.zeros(2, 3, 4, 4, 4);
        Tensor few = Tensor.zeros(2);
        return Stream.of(
                call(
                        "conv1d: input [2, 3, 9] has 3 channels, weight [6, 4, 3] takes 4; is the input [n, c, l]?",
                        x -> line.conv1d(Tensor.zeros(6, 4, 3), null)),
                call(
                        "conv1d: bias [2] for weight [6, 3, 3]; the bias must be [6]",
                        x -> line.conv1d(Tensor.zeros(6, 3, 3), few)),
                call(
                        "conv1d: window of 10 with dilation 1 and padding 0 along a size of 9",
                        x -> line.conv1d(Tensor.zeros(6, 3, 10), null)),
                call(
                        "conv_transpose1d: input [2, 3, 9] has 3 channels, weight [4, 6, 3] takes 4",
                        x -> line.convTranspose1d(Tensor.zeros(4, 6, 3), null)),
                call(
                        "conv_transpose1d: bias [2] for weight [3, 6, 3]; the bias must be [6]",
                        x -> line.convTranspose1d(Tensor.zeros(3, 6, 3), few)),
                call(
                        "conv_transpose2d: input [2, 3, 9, 1] has 3 channels, weight [4, 6, 3, 1] takes 4",
                        x -> line.unsqueeze(3).convTranspose2d(Tensor.zeros(4, 6, 3, 1), null)),
                call(
                        "conv_transpose2d: weight [3, 6, 3, 1] has 3 input channels for 2 groups",
                        x -> line.unsqueeze(3).convTranspose2d(Tensor.zeros(3, 6, 3, 1), null, Window.of(3, 1), 2)),
                call(
                        "conv_transpose2d: output padding [1] with stride [1]",
                        x -> line.unsqueeze(3)
                                .convTranspose2d(
                                        Tensor.zeros(3, 6, 3, 3),
                                        null,
                                        Window.of(3).outputPadding(1),
                                        1)),
                call(
                        "conv3d: bias [2] for weight [6, 3, 3, 3, 3]; the bias must be [6]",
                        x -> volume.conv3d(Tensor.zeros(6, 3, 3, 3, 3), few)),
                call(
                        "conv_transpose3d: bias [2] for weight [3, 6, 3, 3, 3]; the bias must be [6]",
                        x -> volume.convTranspose3d(Tensor.zeros(3, 6, 3, 3, 3), few)),
                call(
                        "max_pool1d: window of 10 with dilation 1 and padding 0 along a size of 9",
                        x -> line.maxPool1d(Window.of(10))),
                call(
                        "avg_pool1d: window of 10 with dilation 1 and padding 0 along a size of 9",
                        x -> line.avgPool1d(Window.of(10))));
    }

    /** Signals and volumes are computed as images: messages show the shapes that were given nevertheless. */
    @ParameterizedTest
    @MethodSource("convolutions")
    void operandsOfAConvolution(String begin, Function<Tensor, Object> call) {
        assertThatThrownBy(() -> call.apply(Tensor.zeros(0)))
                .isInstanceOf(TensorException.class)
                .hasMessageStartingWith(begin);
    }

    /** Who gives an operation itself reads its name, and who calls a shape's method the shape's. */
    @Test
    void whatTheUserNames() {
        assertThatThrownBy(() -> Tensor.zeros(2).apply(Linalg.INVERSE)).hasMessageStartingWith("inverse: ");
        assertThatThrownBy(() -> Tensor.apply(Binary.ADD, Tensor.zeros(2), Tensor.zeros(3)))
                .hasMessageStartingWith("add: ");
        assertThatThrownBy(() -> Shape.of(-1)).hasMessageStartingWith("shape: ");
        assertThat(new TensorException("train: no data")).hasMessage("train: no data");
        assertThatThrownBy(
                        () -> Stream.of(Tensor.ones(2, 3)).map(Tensor::cholesky).toList())
                .hasMessageStartingWith("cholesky: ");
    }

    @Test
    void tensorWhoseMemoryIsReleased() {
        Tensor closed;
        try (var scope = Scope.open("step")) {
            closed = Tensor.zeros(2);
        }
        assertThatThrownBy(() -> closed.maskedFill(closed.eq(0), 1))
                .isInstanceOf(ReleasedTensorException.class)
                .hasMessageStartingWith("eq: tensor of 8 bytes on cpu was released by");
        assertThatThrownBy(closed::isNan).hasMessageStartingWith("is_nan: tensor of 8 bytes");
    }

    static Stream<Arguments> numbers() {
        return Stream.of(
                call("add: the number 1.5 is not an element of I64", x -> x.add(1.5)),
                call("mul: the number NaN is not an element of I64", x -> x.mul(Double.NaN)));
    }

    @ParameterizedTest
    @MethodSource("numbers")
    void remedyForANumberIsATypeThatHoldsIt(String begin, Function<Tensor, Object> call) {
        assertThatThrownBy(() -> call.apply(Tensor.zeros(DType.I64, 2, 3)))
                .hasMessageStartingWith(begin)
                .hasMessageEndingWith("; cast the tensor with to(DType.F64)");
        assertThatThrownBy(() -> Tensor.zeros(DType.I8, 2).add(300))
                .hasMessageEndingWith("; cast the tensor with to(DType.F64), or to(DType.I64)");
    }
}
