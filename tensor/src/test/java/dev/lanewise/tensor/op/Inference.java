package dev.lanewise.tensor.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.TensorSpec;
import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * What an operation infers of its operands, or the message that refuses them. Operands and results are written as
 * {@code F32[2, 3]; I64[3]}.
 */
record Inference(Op op, String operands, boolean isRefused, String expected) {
    static Inference inferred(Op op, String operands, String results) {
        return new Inference(op, operands, false, results);
    }

    static Inference refused(Op op, String operands, String message) {
        return new Inference(op, operands, true, message);
    }

    /** Reads {@code F32[2, 3]}. */
    static TensorSpec spec(String text) {
        int bracket = text.indexOf('[');
        String sizes = text.substring(bracket + 1, text.length() - 1);
        return new TensorSpec(
                DType.valueOf(text.substring(0, bracket)),
                sizes.isEmpty()
                        ? Shape.SCALAR
                        : Shape.of(Arrays.stream(sizes.split(", "))
                                .mapToLong(Long::parseLong)
                                .toArray()));
    }

    private TensorSpec[] specs() {
        return operands.isEmpty()
                ? new TensorSpec[0]
                : Arrays.stream(operands.split("; ")).map(Inference::spec).toArray(TensorSpec[]::new);
    }

    void check() {
        if (isRefused) {
            assertThatThrownBy(() -> op.infer(specs()))
                    .isInstanceOf(TensorException.class)
                    .hasMessage(expected)
                    .hasMessageStartingWith(op.opName() + ": ");
        } else {
            assertThat(Arrays.stream(op.infer(specs()))
                            .map(TensorSpec::toString)
                            .collect(Collectors.joining("; ")))
                    .isEqualTo(expected);
        }
    }
}
