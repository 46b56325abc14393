package dev.lanewise.nn;

import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A recurrent network over {@code [n, time, in]}, with PyTorch's parameter names, layouts and gate order: for layer k
 * {@code weight_ih_lk [gates * hidden, in]}, {@code weight_hh_lk}, {@code bias_ih_lk}, {@code bias_hh_lk}, and for the
 * backward direction the same with {@code _reverse}. {@link RNN}, {@link GRU} and {@link LSTM} are the kinds by name.
 */
public sealed class Recurrent extends Module permits RNN, GRU, LSTM {
    /** The kinds of cells. */
    public enum Kind {
        /** {@code tanh(W x + U h)} (Elman 1990). */
        RNN(1),
        /** Gated recurrent unit (Cho et al. 2014, arXiv:1406.1078), the reset gate after the product. */
        GRU(3),
        /** Long short-term memory (Hochreiter and Schmidhuber 1997), with forget gate. */
        LSTM(4);

        private final int gates;

        Kind(int gates) {
            this.gates = gates;
        }
    }

    /**
     * What a run gives.
     *
     * @param output the last layer's hidden state at every time, {@code [n, time, directions * hidden]}
     * @param hidden the last hidden state of every layer and direction, {@code [layers * directions, n, hidden]}
     * @param cell the last cell state likewise, for LSTM; else null
     */
    public record Result(
            Tensor output, Tensor hidden, @Nullable Tensor cell) {}

    private record Direction(
            Parameter inputWeight, Parameter hiddenWeight, Parameter inputBias, Parameter hiddenBias) {}

    private record State(Tensor hidden, @Nullable Tensor cell) {}

    private final Kind kind;
    private final long hidden;
    private final int layers;
    private final boolean bidirectional;
    private final double dropout;
    private final Rng rng;
    private final List<Direction> directions = new ArrayList<>();

    /** A network without dropout. */
    public Recurrent(Kind kind, long in, long hidden, int layers, boolean bidirectional, Rng rng) {
        this(kind, in, hidden, layers, bidirectional, 0, rng);
    }

    /**
     * A network.
     *
     * @param dropout the probability of dropout, in training, between a layer and the next
     * @param rng gives the initial values, and later on the dropout
     */
    public Recurrent(Kind kind, long in, long hidden, int layers, boolean bidirectional, double dropout, Rng rng) {
        if (!(dropout >= 0 && dropout < 1) || layers < 1) {
            throw new TensorException("recurrent: dropout " + dropout + ", " + layers
                    + " layers (expected 0 to below 1, and 1 or more layers); check them");
        }
        this.dropout = dropout;
        this.rng = dropout > 0 ? random(rng) : rng;
        this.kind = kind;
        this.hidden = hidden;
        this.layers = layers;
        this.bidirectional = bidirectional;
        for (int layer = 0; layer < layers; layer++) {
            long size = layer == 0 ? in : hidden * (bidirectional ? 2 : 1);
            directions.add(direction("_l" + layer, size, rng));
            if (bidirectional) {
                directions.add(direction("_l" + layer + "_reverse", size, rng));
            }
        }
    }

    private Direction direction(String suffix, long in, Rng rng) {
        long rows = kind.gates * hidden;
        return new Direction(
                parameter("weight_ih" + suffix, Init.fanIn(rng, hidden, rows, in)),
                parameter("weight_hh" + suffix, Init.fanIn(rng, hidden, rows, hidden)),
                parameter("bias_ih" + suffix, Init.fanIn(rng, hidden, rows)),
                parameter("bias_hh" + suffix, Init.fanIn(rng, hidden, rows)));
    }

    /** The hidden states at every time. */
    @Override
    protected Tensor compute(Tensor x) {
        return layers(x, null).output();
    }

    /** Runs over a whole sequence, from states of zeros. */
    public Result run(Tensor x) {
        Result result = layers(x, null);
        CallContext.called(this, result.output);
        return result;
    }

    /**
     * Goes on over the next part of a sequence.
     *
     * @param before what the part before gave, of the same number of samples; only its states are used
     */
    public Result run(Tensor x, Result before) {
        Result result = layers(x, before);
        CallContext.called(this, result.output);
        return result;
    }

    private Result layers(Tensor x, @Nullable Result before) {
        List<Tensor> lastHidden = new ArrayList<>();
        List<Tensor> lastCell = new ArrayList<>();
        Tensor y = x;
        int perLayer = bidirectional ? 2 : 1;
        for (int layer = 0; layer < layers; layer++) {
            Tensor[] outputs = new Tensor[perLayer];
            for (int d = 0; d < perLayer; d++) {
                int number = layer * perLayer + d;
                State first = before == null ? zeros(x) : state(before, number);
                outputs[d] = run(directions.get(number), y, d == 1, first, lastHidden, lastCell);
            }
            y = perLayer == 1 ? outputs[0] : Tensor.cat(2, outputs);
            y = isTraining() && layer < layers - 1 ? y.dropout(dropout, rng) : y;
        }
        Tensor cells = lastCell.isEmpty() ? null : Tensor.stack(0, lastCell.toArray(Tensor[]::new));
        return new Result(y, Tensor.stack(0, lastHidden.toArray(Tensor[]::new)), cells);
    }

    private State zeros(Tensor x) {
        Tensor zeros = Tensor.full(0, x.dtype(), x.device(), x.shape().size(0), hidden);
        return new State(zeros, kind == Kind.LSTM ? zeros : null);
    }

    private static State state(Result before, int number) {
        return new State(before.hidden.select(0, number), before.cell == null ? null : before.cell.select(0, number));
    }

    private Tensor run(
            Direction direction,
            Tensor x,
            boolean reverse,
            State first,
            List<Tensor> lastHidden,
            List<Tensor> lastCell) {
        int time = Math.toIntExact(x.shape().size(1));
        // the inputs' part of all gates for all times at once: one large product instead of many small ones
        Tensor gates = x.linear(direction.inputWeight.tensor(), direction.inputBias.tensor());
        State state = first;
        Tensor[] outputs = new Tensor[time];
        for (int i = 0; i < time; i++) {
            int t = reverse ? time - 1 - i : i;
            Tensor recurrent = state.hidden.linear(direction.hiddenWeight.tensor(), direction.hiddenBias.tensor());
            state = step(gates.select(1, t), recurrent, state);
            outputs[t] = state.hidden;
        }
        lastHidden.add(state.hidden);
        if (state.cell != null) {
            lastCell.add(state.cell);
        }
        return Tensor.stack(1, outputs);
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

    private Tensor gate(Tensor gates, int number) {
        return gates.narrow(1, number * hidden, hidden);
    }

    @Override
    protected String attributes() {
        return kind + ", hidden=" + hidden + ", layers=" + layers + ", bidirectional=" + bidirectional;
    }
}
