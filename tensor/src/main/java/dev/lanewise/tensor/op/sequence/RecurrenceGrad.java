package dev.lanewise.tensor.op.sequence;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.internal.Check;
import dev.lanewise.tensor.op.Op;
import java.util.Arrays;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The gradient of {@link Recurrence}, back through time (Werbos 1990). Operands: the upstream gradient of the hidden
 * states at every time; with {@code ofStates} those of the other results, in their order; the operands of the forward
 * pass; and its first result, which follows from those, but along with which a backend may have kept more of that pass.
 * Results: the gradients of the forward pass's operands, in their order.
 *
 * @param forward the forward operation
 * @param ofStates whether there are upstream gradients of the last states; else they are zero
 */
public record RecurrenceGrad(Recurrence forward, boolean ofStates) implements Op.Fused {
    /** Checks the attributes. */
    public RecurrenceGrad {
        Check.present("recurrence_grad", "forward operation", forward);
    }

    @Override
    public String opName() {
        return forward.opName() + "_grad";
    }

    @Override
    public Set<DType> dtypes() {
        return DType.FLOATING;
    }

    /**
     * How many upstream gradients there are: the first operands.
     *
     * @return the number
     */
    public int upstreams() {
        return ofStates ? forward.results() : 1;
    }

    /**
     * The position of the forward pass's first result, the last operand.
     *
     * @return the number
     */
    public int output() {
        return upstreams() + forward.operands();
    }

    @Override
    public TensorSpec[] infer(TensorSpec... in) {
        Check.count(this, in, output() + 1);
        TensorSpec[] operands = Arrays.copyOfRange(in, upstreams(), output());
        TensorSpec[] results = forward.infer(operands);
        for (int i = 0; i < upstreams(); i++) {
            if (!in[i].equals(results[i])) {
                throw Check.failure(
                        this,
                        "upstream gradient " + i + " is " + in[i] + " (expected " + results[i] + ")",
                        "give the gradients of what the forward pass gave");
            }
        }
        if (!in[output()].equals(results[0])) {
            throw Check.failure(
                    this,
                    "hidden states " + in[output()] + " (expected " + results[0] + ")",
                    "give what the forward pass gave");
        }
        return operands;
    }

    @Override
    public Tensor[] decompose(Tensor[] inputs) {
        Tensor[] operands = Arrays.copyOfRange(inputs, upstreams(), output());
        Tensor[] gradients = new Tensor[operands.length];
        long hidden = operands[forward.state(0)].shape().size(1);
        for (int direction = 0; direction < forward.directions(); direction++) {
            RecurrentGradSteps steps = new RecurrentGradSteps(
                    RecurrentSteps.of(forward, operands, direction), inputs[0].narrow(2, direction * hidden, hidden));
            int last = forward.lastState(direction);
            Tensor[] own = steps.run(upstream(inputs, last), upstream(inputs, last + 1));
            gradients[0] = direction == 0 ? own[0] : gradients[0].add(own[0]);
            System.arraycopy(own, 1, gradients, forward.operand(direction), own.length - 1);
        }
        return gradients;
    }

    private @Nullable Tensor upstream(Tensor[] inputs, int result) {
        return ofStates && result < forward.results() ? inputs[result] : null;
    }
}
