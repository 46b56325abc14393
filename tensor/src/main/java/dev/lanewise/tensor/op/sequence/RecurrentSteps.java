package dev.lanewise.tensor.op.sequence;

import dev.lanewise.tensor.Tensor;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One direction of a {@link Recurrence}, time by time.
 *
 * @param reverse whether it runs from the last time to the first
 * @param first the states before the first step
 */
record RecurrentSteps(
        Recurrence.Kind kind,
        boolean reverse,
        Tensor input,
        Tensor inputWeight,
        Tensor hiddenWeight,
        Tensor inputBias,
        Tensor hiddenBias,
        State first) {

    /** The states passed from one time to the next; the cell state only for LSTM. */
    record State(Tensor hidden, @Nullable Tensor cell) {}

    /** The hidden states at every time {@code [n, time, hidden]}, and the last states. */
    record Run(Tensor output, State last) {}

    static RecurrentSteps of(Recurrence op, Tensor[] inputs, int direction) {
        int weights = op.operand(direction);
        int state = op.state(direction);
        return new RecurrentSteps(
                op.kind(),
                direction == 1,
                inputs[0],
                inputs[weights],
                inputs[weights + 1],
                inputs[weights + 2],
                inputs[weights + 3],
                new State(inputs[state], op.kind().states() == 2 ? inputs[state + 1] : null));
    }

    int times() {
        return Math.toIntExact(input.shape().size(1));
    }

    /** The position of the i-th step in the sequence. */
    int time(int step) {
        return reverse ? times() - 1 - step : step;
    }

    /** The input's part of all gates for all times at once: one large product instead of many small ones. */
    Tensor inputGates() {
        return input.linear(inputWeight, inputBias);
    }

    Run run() {
        Tensor gates = inputGates();
        State state = first;
        Tensor[] outputs = new Tensor[times()];
        for (int i = 0; i < outputs.length; i++) {
            int t = time(i);
            Tensor recurrent = state.hidden.linear(hiddenWeight, hiddenBias);
            state = step(gates.select(1, t), recurrent, state);
            outputs[t] = state.hidden;
        }
        return new Run(Tensor.stack(1, outputs), state);
    }

    private State step(Tensor x, Tensor h, State before) {
        return switch (kind) {
            case RNN -> new State(x.add(h).tanh(), null);
            case GRU -> {
                Tensor reset = gate(x, 0).add(gate(h, 0)).sigmoid();
                Tensor update = gate(x, 1).add(gate(h, 1)).sigmoid();
                Tensor candidate = gate(x, 2).add(reset.mul(gate(h, 2))).tanh();
                yield new State(candidate.add(update.mul(before.hidden.sub(candidate))), null);
            }
            case LSTM -> lstm(x.add(h), before);
        };
    }

    private State lstm(Tensor gates, State before) {
        Tensor input = gate(gates, 0).sigmoid();
        Tensor forget = gate(gates, 1).sigmoid();
        Tensor candidate = gate(gates, 2).tanh();
        Tensor output = gate(gates, 3).sigmoid();
        Tensor cell = forget.mul(Objects.requireNonNull(before.cell)).add(input.mul(candidate));
        return new State(output.mul(cell.tanh()), cell);
    }

    /** One gate's part of {@code [..., gates * hidden]}. */
    Tensor gate(Tensor gates, int number) {
        long hidden = hiddenWeight.shape().size(1);
        return gates.narrow(-1, number * hidden, hidden);
    }
}
