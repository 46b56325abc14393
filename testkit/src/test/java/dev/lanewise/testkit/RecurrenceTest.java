package dev.lanewise.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.autograd.Gradients;
import dev.lanewise.autograd.Graph;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.op.sequence.Recurrence;
import dev.lanewise.tensor.op.sequence.RecurrenceGrad;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class RecurrenceTest {
    private final Rng rng = new Rng(4);

    /** The operands of a layer of 3 inputs and 4 states for 2 sequences of 5. */
    private Tensor[] operands(Recurrence op) {
        List<Tensor> operands = new ArrayList<>(List.of(random(2, 5, 3)));
        long rows = 4L * op.kind().gates();
        for (int direction = 0; direction < op.directions(); direction++) {
            operands.addAll(List.of(random(rows, 3), random(rows, 4), random(rows), random(rows)));
            for (int state = 0; state < op.kind().states(); state++) {
                operands.add(random(2, 4));
            }
        }
        return operands.toArray(Tensor[]::new);
    }

    private Tensor random(long... sizes) {
        return rng.randn(DType.F64, sizes);
    }

    @ParameterizedTest
    @EnumSource
    void gradientIsThatOfTheSteps(Recurrence.Kind kind) {
        for (boolean bidirectional : new boolean[] {false, true}) {
            for (boolean ofStates : new boolean[] {false, true}) {
                compare(new RecurrenceGrad(new Recurrence(kind, bidirectional, true), ofStates));
            }
        }
    }

    private void compare(RecurrenceGrad grad) {
        try (var ignored = Scope.open("test")) {
            Recurrence op = grad.forward();
            Tensor[] operands = Arrays.stream(operands(op)).map(Autograd::watch).toArray(Tensor[]::new);
            Tensor[] results = Arrays.copyOf(op.decompose(operands), grad.upstreams());
            Tensor[] upstream =
                    Arrays.stream(results).map(y -> random(y.shape().toArray())).toArray(Tensor[]::new);
            Gradients gradients = Autograd.gradients(results, upstream, Graph.RELEASE);
            List<Tensor> inputs = new ArrayList<>(List.of(upstream));
            Arrays.stream(operands).map(Autograd::detach).forEach(inputs::add);
            inputs.add(Autograd.detach(results[0]));
            Tensor[] fused = Tensor.applyAll(grad, inputs.toArray(Tensor[]::new));
            for (int i = 0; i < operands.length; i++) {
                assertThat(fused[i].toDoubleArray())
                        .as("operand " + i)
                        .containsExactly(gradients.of(operands[i]).toDoubleArray(), within(1e-12));
            }
        }
    }

    @Test
    void messagesSayWhichOperandDoesNotFit() {
        Recurrence op = new Recurrence(Recurrence.Kind.GRU, false, false);
        Tensor[] operands = operands(op);
        operands[2] = random(12, 5);
        assertThatThrownBy(() -> Tensor.applyAll(op, operands))
                .isInstanceOf(TensorException.class)
                .hasMessage(
                        "gru: operand 2 is [12, 5] for the input [2, 5, 3] and first states [2, 4] (expected [12, 4]);"
                                + " give weight_ih, weight_hh, bias_ih, bias_hh and the first states of each direction");
        assertThatThrownBy(() -> op.run(operands[0], operands[1]))
                .isInstanceOf(TensorException.class)
                .hasMessageStartingWith("gru: got 2 operands (expected 6: ");
        operands[0] = random(2, 0, 3);
        assertThatThrownBy(() -> Tensor.applyAll(op, operands))
                .isInstanceOf(TensorException.class)
                .hasMessageStartingWith("gru: no times in the input [2, 0, 3]");
    }
}
