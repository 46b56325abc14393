package dev.lanewise.nn.sequence;

import dev.lanewise.nn.Init;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.Parameter;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.op.sequence.Recurrence;
import dev.lanewise.tensor.op.sequence.Recurrence.Kind;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A recurrent network over {@code [n, time, in]}, with PyTorch's parameter names, layouts and gate order: for layer k,
 * {@code weight_ih_lk [gates * hidden, in]}, {@code weight_hh_lk}, {@code bias_ih_lk}, {@code bias_hh_lk}, and the same
 * with {@code _reverse} for the backward direction. {@link RNN}, {@link GRU} and {@link LSTM} are the kinds of cells.
 *
 * <p>A layer is one operation on devices that support it, such as CUDA through cuDNN, and runs step by step elsewhere.
 */
public abstract sealed class Recurrent extends Layer permits RNN, GRU, LSTM {
    /**
     * The results of a run.
     *
     * @param output the last layer's hidden state at every time, {@code [n, time, directions * hidden]}
     * @param hidden the last hidden state of every layer and direction, {@code [layers * directions, n, hidden]}
     * @param cell the last cell state likewise, for LSTM; else null
     */
    public record Result(
            Tensor output, Tensor hidden, @Nullable Tensor cell) {
        List<Tensor> tensors() {
            return cell == null ? List.of(output, hidden) : List.of(output, hidden, cell);
        }
    }

    private record Direction(
            Parameter inputWeight, Parameter hiddenWeight, Parameter inputBias, Parameter hiddenBias) {}

    private final Kind kind;
    private final long hidden;
    private final int layers;
    private final boolean bidirectional;
    private final double dropout;
    private final Rng rng;
    private final List<Direction> directions = new ArrayList<>();

    Recurrent(Kind kind, long in, long hidden, int layers, boolean bidirectional, double dropout, Rng rng) {
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
        long rows = kind.gates() * hidden;
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

    /**
     * Runs over a whole sequence, from states of zeros.
     *
     * @param x {@code [n, time, in]}
     * @return the hidden states, and the cell states of an LSTM
     */
    public Result run(Tensor x) {
        return called(() -> layers(x, null), Result::tensors);
    }

    /**
     * Continues with the next part of a sequence.
     *
     * @param x {@code [n, time, in]}
     * @param before the result for the part before, of the same number of samples; only its states are used
     * @return the hidden states, and the cell states of an LSTM
     */
    public Result run(Tensor x, Result before) {
        return called(() -> layers(x, before), Result::tensors);
    }

    private Result layers(Tensor x, @Nullable Result before) {
        List<Tensor> lastHidden = new ArrayList<>();
        List<Tensor> lastCell = new ArrayList<>();
        Recurrence op = new Recurrence(kind, bidirectional, isTraining());
        Tensor y = x;
        for (int layer = 0; layer < layers; layer++) {
            Recurrence.Result result = op.run(operands(op, layer, y, before));
            for (int d = 0; d < op.directions(); d++) {
                lastHidden.add(result.lastStates().get(op.lastState(d) - 1));
                if (kind == Kind.LSTM) {
                    lastCell.add(result.lastStates().get(op.lastState(d)));
                }
            }
            y = isTraining() && layer < layers - 1 ? result.output().dropout(dropout, rng) : result.output();
        }
        Tensor cells = lastCell.isEmpty() ? null : Tensor.stack(0, lastCell.toArray(Tensor[]::new));
        return new Result(y, Tensor.stack(0, lastHidden.toArray(Tensor[]::new)), cells);
    }

    /** A layer's operands: its input, then, for each direction, the weights, the biases and the first states. */
    private Tensor[] operands(Recurrence op, int layer, Tensor x, @Nullable Result before) {
        List<Tensor> operands = new ArrayList<>();
        operands.add(x);
        for (int d = 0; d < op.directions(); d++) {
            int number = layer * op.directions() + d;
            Direction direction = directions.get(number);
            operands.add(direction.inputWeight.tensor());
            operands.add(direction.hiddenWeight.tensor());
            operands.add(direction.inputBias.tensor());
            operands.add(direction.hiddenBias.tensor());
            Tensor state = before == null ? zeros(x) : before.hidden.select(0, number);
            operands.add(state);
            if (kind == Kind.LSTM) {
                operands.add(before == null ? state : cell(before, number));
            }
        }
        return operands.toArray(Tensor[]::new);
    }

    private Tensor zeros(Tensor x) {
        return Tensor.full(0, x.dtype(), x.device(), x.shape().size(0), hidden);
    }

    private static Tensor cell(Result before, int number) {
        if (before.cell == null) {
            throw new TensorException("recurrent: the part before has no cell states (expected what an LSTM gave);"
                    + " go on with a result of the same network");
        }
        return before.cell.select(0, number);
    }

    @Override
    protected String attributes() {
        return kind + ", hidden=" + hidden + ", layers=" + layers + ", bidirectional=" + bidirectional;
    }
}
