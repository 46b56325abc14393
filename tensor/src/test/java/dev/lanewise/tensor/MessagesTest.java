package dev.lanewise.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
