package dev.lanewise.tensor.op.sequence;

import dev.lanewise.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One direction of a {@link RecurrenceGrad}, time by time from the last step to the first. Once the hidden states are
 * known, all gates' products are computed for all times at once.
 */
final class RecurrentGradSteps {
    private final RecurrentSteps forward;
    private final Tensor upstream;
    private final Tensor output;
    private final Tensor before;
    private final Tensor x;
    private final Tensor h;

    /**
     * The gradients that arrive at the states before a step, and those that leave through the gates' products with the
     * input and the state.
     */
    private record Step(Tensor hidden, @Nullable Tensor cell, Tensor x, Tensor h) {}

    /**
     * The gradient of a direction.
     *
     * @param upstream that of the hidden states {@code [n, time, hidden]}
     */
    RecurrentGradSteps(RecurrentSteps forward, Tensor upstream) {
        this.forward = forward;
        this.upstream = upstream;
        output = forward.run().output();
        int others = forward.times() - 1;
        Tensor first = forward.first().hidden().unsqueeze(1);
        before = forward.reverse()
                ? Tensor.cat(1, output.narrow(1, 1, others), first)
                : Tensor.cat(1, first, output.narrow(1, 0, others));
        x = forward.inputGates();
        h = before.linear(forward.hiddenWeight(), forward.hiddenBias());
    }

    /**
     * Goes back through all times.
     *
     * @param lastHidden the upstream gradient of the last hidden state, or null for zero
     * @param lastCell likewise of the last cell state; null unless LSTM
     * @return the gradients of the input, both weights, both biases and the first states
     */
    Tensor[] run(@Nullable Tensor lastHidden, @Nullable Tensor lastCell) {
        int times = forward.times();
        boolean lstm = forward.kind() == Recurrence.Kind.LSTM;
        List<Tensor> cells = lstm ? cells() : List.of();
        Tensor[] gx = new Tensor[times];
        Tensor[] gh = new Tensor[times];
        Tensor hidden = lastHidden;
        Tensor cell = lstm ? lastCell : null;
        for (int i = times - 1; i >= 0; i--) {
            int t = forward.time(i);
            Tensor arrived = upstream.select(1, t);
            Tensor g = hidden == null ? arrived : arrived.add(hidden);
            Step step = switch (forward.kind()) {
                case RNN -> rnn(t, g);
                case GRU -> gru(t, g);
                case LSTM -> lstm(t, g, cell, cells.get(i), cells.get(i + 1));
            };
            hidden = step.hidden;
            cell = step.cell;
            gx[t] = step.x;
            gh[t] = step.h;
        }
        return gradients(Tensor.stack(1, gx), Tensor.stack(1, gh), Objects.requireNonNull(hidden), cell);
    }

    private Tensor[] gradients(Tensor gx, Tensor gh, Tensor hidden, @Nullable Tensor cell) {
        List<Tensor> gradients = new ArrayList<>(List.of(
                gx.matmul(forward.inputWeight()),
                rows(gx).transpose().matmul(rows(forward.input())),
                rows(gh).transpose().matmul(rows(before)),
                rows(gx).sum(0),
                rows(gh).sum(0),
                hidden));
        if (cell != null) {
            gradients.add(cell);
        }
        return gradients.toArray(Tensor[]::new);
    }

    private static Tensor rows(Tensor sequences) {
        return sequences.flatten(0, 1);
    }

    private Step rnn(int t, Tensor g) {
        Tensor y = output.select(1, t);
        Tensor gate = g.mul(y.square().rsub(1));
        return new Step(gate.matmul(forward.hiddenWeight()), null, gate, gate);
    }

    private Step gru(int t, Tensor g) {
        Tensor recurrent = forward.gate(h, 2).select(1, t);
        Tensor reset = sum(0, t).sigmoid();
        Tensor update = sum(1, t).sigmoid();
        Tensor candidate =
                forward.gate(x, 2).select(1, t).add(reset.mul(recurrent)).tanh();
        Tensor gCandidate = g.mul(update.rsub(1)).mul(candidate.square().rsub(1));
        Tensor gReset = sigmoidGrad(gCandidate.mul(recurrent), reset);
        Tensor gUpdate = sigmoidGrad(g.mul(before.select(1, t).sub(candidate)), update);
        Tensor gx = Tensor.cat(1, gReset, gUpdate, gCandidate);
        Tensor gh = Tensor.cat(1, gReset, gUpdate, gCandidate.mul(reset));
        return new Step(gh.matmul(forward.hiddenWeight()).add(g.mul(update)), null, gx, gh);
    }

    private Step lstm(int t, Tensor g, @Nullable Tensor arrived, Tensor cellBefore, Tensor cell) {
        Tensor input = sum(0, t).sigmoid();
        Tensor forget = sum(1, t).sigmoid();
        Tensor candidate = sum(2, t).tanh();
        Tensor out = sum(3, t).sigmoid();
        Tensor bounded = cell.tanh();
        Tensor through = g.mul(out).mul(bounded.square().rsub(1));
        Tensor gCell = arrived == null ? through : through.add(arrived);
        Tensor gates = Tensor.cat(
                1,
                sigmoidGrad(gCell.mul(candidate), input),
                sigmoidGrad(gCell.mul(cellBefore), forget),
                gCell.mul(input).mul(candidate.square().rsub(1)),
                sigmoidGrad(g.mul(bounded), out));
        return new Step(gates.matmul(forward.hiddenWeight()), gCell.mul(forget), gates, gates);
    }

    /** The first cell state and those after every step, in the order of the steps. */
    private List<Tensor> cells() {
        List<Tensor> cells = new ArrayList<>();
        Tensor cell = Objects.requireNonNull(forward.first().cell());
        cells.add(cell);
        for (int i = 0; i < forward.times(); i++) {
            int t = forward.time(i);
            Tensor added = sum(0, t).sigmoid().mul(sum(2, t).tanh());
            cell = sum(1, t).sigmoid().mul(cell).add(added);
            cells.add(cell);
        }
        return cells;
    }

    /** A gate at one time, before its activation, where both parts are simply added. */
    private Tensor sum(int gate, int t) {
        return forward.gate(x, gate).select(1, t).add(forward.gate(h, gate).select(1, t));
    }

    private static Tensor sigmoidGrad(Tensor g, Tensor y) {
        return g.mul(y.mul(y.rsub(1)));
    }
}
