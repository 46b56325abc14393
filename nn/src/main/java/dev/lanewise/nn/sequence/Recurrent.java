package dev.lanewise.nn.sequence;

import dev.lanewise.nn.Init;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.Parameter;
import dev.lanewise.nn.internal.LayerSizes;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.op.sequence.Recurrence;
import dev.lanewise.tensor.op.sequence.Recurrence.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
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
        /** Holds the given values, of which only {@code cell} may be null. */
        public Result {
            Objects.requireNonNull(output, "output");
            Objects.requireNonNull(hidden, "hidden");
        }

        /**
         * States to begin with in place of zeros (PyTorch's {@code h_0}), of an RNN or a GRU.
         *
         * @param hidden {@code [layers * directions, n, hidden]}
         * @return the states; their output, which is not used, is the same
         */
        public static Result states(Tensor hidden) {
            Objects.requireNonNull(hidden, "hidden");
            return new Result(hidden, hidden, null);
        }

        /**
         * States to begin with in place of zeros (PyTorch's {@code (h_0, c_0)}), of an LSTM.
         *
         * @param hidden {@code [layers * directions, n, hidden]}
         * @param cell the cell states, of the same shape
         * @return the states; their output, which is not used, is the hidden states
         */
        public static Result states(Tensor hidden, Tensor cell) {
            Objects.requireNonNull(hidden, "hidden");
            Objects.requireNonNull(cell, "cell");
            return new Result(hidden, hidden, cell);
        }

        List<Tensor> tensors() {
            return cell == null ? List.of(output, hidden) : List.of(output, hidden, cell);
        }
    }

    /**
     * What a run gives with the states of every time.
     *
     * @param output the last layer's hidden states, {@code [n, time, directions * hidden]}
     * @param cells the last layer's cell states likewise, for LSTM; else null
     * @param last the last states of all layers
     */
    public record Steps(Tensor output, @Nullable Tensor cells, Result last) {
        /** Holds the given values, of which only {@code cells} may be null. */
        public Steps {
            Objects.requireNonNull(output, "output");
            Objects.requireNonNull(last, "last");
        }

        List<Tensor> tensors() {
            List<Tensor> all = new ArrayList<>(last.tensors());
            all.add(output);
            if (cells != null) {
                all.add(cells);
            }
            return all;
        }
    }

    private record Direction(Parameter inputWeight, Parameter hiddenWeight, Parameter inputBias, Parameter hiddenBias) {
        void addTo(List<Tensor> operands) {
            operands.add(inputWeight.tensor());
            operands.add(hiddenWeight.tensor());
            operands.add(inputBias.tensor());
            operands.add(hiddenBias.tensor());
        }
    }

    final Kind kind;
    final int layers;
    final boolean bidirectional;
    private final long hidden;
    private final double dropout;
    private final Rng rng;
    private final List<Direction> directions = new ArrayList<>();

    Recurrent(Kind kind, long in, long hidden, int layers, boolean bidirectional, double dropout, Rng rng) {
        String name = name(kind);
        LayerSizes.checked(name, "in", in);
        LayerSizes.checked(name, "hidden", hidden);
        if (!(dropout >= 0 && dropout <= 1) || layers < 1) {
            throw new TensorException(name + ": dropout " + dropout + ", " + layers
                    + " layers (expected 0 to 1, and 1 or more layers); check them");
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

    private static String name(Kind kind) {
        return kind.name().toLowerCase(Locale.ROOT);
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
     * Continues with the next part of a sequence, or begins with given states.
     *
     * @param x {@code [n, time, in]}
     * @param before the result for the part before, of the same number of samples, of which only the states are used; or {@link
     *     Result#states}
     * @return the hidden states, and the cell states of an LSTM
     * @throws TensorException if the input is of another shape, or the states are of another network or number of samples
     */
    public Result run(Tensor x, Result before) {
        return called(() -> layers(x, before), Result::tensors);
    }

    /**
     * Runs over sequences of different lengths, padded to one, as over PyTorch's packed sequences: the padding changes no state,
     * the backward direction begins at each sequence's own end, and the output is 0 beyond it. An LSTM runs step by step for it,
     * also where a device has it as one operation, because that gives no cell states but the last.
     *
     * @param x {@code [n, time, in]}
     * @param lengths {@code [n]} of type I64 or I32, from 1 to time
     * @return the hidden states, and the cell states of an LSTM, with each sequence's own last ones
     * @throws TensorException if the input is of another shape, or a length is not from 1 to time
     */
    public Result run(Tensor x, Tensor lengths) {
        return called(() -> packed(x, lengths, null).run().last(), Result::tensors);
    }

    /**
     * As {@link #run(Tensor, Tensor)}, from given states. In the backward direction they are those at each sequence's own end.
     *
     * @param x {@code [n, time, in]}
     * @param lengths {@code [n]} of type I64 or I32, from 1 to time
     * @param before the result for the part before, of the same number of samples, of which only the states are used; or {@link
     *     Result#states}
     * @return the hidden states, and the cell states of an LSTM, with each sequence's own last ones
     * @throws TensorException if the input or the states are of another shape, or a length is not from 1 to time
     */
    public Result run(Tensor x, Tensor lengths, Result before) {
        Objects.requireNonNull(before, "before");
        return called(() -> packed(x, lengths, before).run().last(), Result::tensors);
    }

    /**
     * As {@link #run(Tensor, Tensor)}, with the states of every time.
     *
     * @param x {@code [n, time, in]}
     * @param lengths {@code [n]} of type I64 or I32, from 1 to time
     * @return hidden and cell states of every time, and each sequence's last ones
     * @throws TensorException if the input is of another shape, or a length is not from 1 to time
     */
    public Steps steps(Tensor x, Tensor lengths) {
        return called(() -> packed(x, lengths, null).run(), Steps::tensors);
    }

    /**
     * As {@link #run(Tensor, Tensor, Result)}, with the states of every time.
     *
     * @param x {@code [n, time, in]}
     * @param lengths {@code [n]} of type I64 or I32, from 1 to time
     * @param before the result for the part before, of the same number of samples, of which only the states are used; or {@link
     *     Result#states}
     * @return hidden and cell states of every time, and each sequence's last ones
     * @throws TensorException if the input or the states are of another shape, or a length is not from 1 to time
     */
    public Steps steps(Tensor x, Tensor lengths, Result before) {
        Objects.requireNonNull(before, "before");
        return called(() -> packed(x, lengths, before).run(), Steps::tensors);
    }

    private PackedRun packed(Tensor x, Tensor lengths, @Nullable Result before) {
        if (x.shape().rank() != 3
                || lengths.dtype() != DType.I64 && lengths.dtype() != DType.I32
                || !lengths.shape().equals(x.shape().slice(0, 1))) {
            throw new TensorException(name(kind) + ": input " + x.spec() + ", lengths " + lengths.spec()
                    + " (expected [n, time, in] and [n] of I64 or I32); give one length for each sequence");
        }
        checkInput(x);
        checkLengths(lengths, x.shape().size(1));
        if (before != null) {
            checkBefore(x, before);
        }
        return new PackedRun(this, x, lengths, before);
    }

    private void checkBefore(Tensor x, Result before) {
        Shape states = Shape.of(directions.size(), x.shape().size(0), hidden);
        if (!before.hidden.shape().equals(states)
                || before.cell != null && !before.cell.shape().equals(states)) {
            throw new TensorException(name(kind) + ": states " + before.hidden.spec() + " before an input " + x.spec()
                    + " (expected " + states + "); go on with a result of the same network and samples");
        }
    }

    private void checkInput(Tensor x) {
        long in = directions.getFirst().inputWeight.leaf().shape().size(1);
        if (x.shape().rank() != 3 || x.shape().size(2) != in) {
            throw new TensorException(name(kind) + ": input " + x.spec() + " (expected [n, time, " + in
                    + "]); reshape it, or make the layer for other inputs");
        }
        if (x.shape().size(1) == 0) {
            throw new TensorException(name(kind) + ": input " + x.spec()
                    + " has no times (expected [n, time, in] with 1 or more); leave out empty sequences");
        }
    }

    /** Of lengths that are on the host; a device finds those outside when it looks at its results. */
    private void checkLengths(Tensor lengths, long times) {
        if (!lengths.device().isCpu()) {
            return;
        }
        long[] numbers = lengths.toLongArray();
        for (int i = 0; i < numbers.length; i++) {
            if (numbers[i] < 1 || numbers[i] > times) {
                throw new TensorException(name(kind) + ": length " + numbers[i] + " of sequence " + i
                        + " (expected 1 to " + times + ", the times of the input); check the lengths");
            }
        }
    }

    private Result layers(Tensor x, @Nullable Result before) {
        List<Tensor> lastHidden = new ArrayList<>();
        List<Tensor> lastCell = new ArrayList<>();
        Recurrence op = new Recurrence(kind, bidirectional, isTraining());
        checkInput(x);
        if (before != null) {
            checkBefore(x, before);
        }
        Tensor y = x;
        for (int layer = 0; layer < layers; layer++) {
            Recurrence.Result result = op.run(operands(op, layer, y, before));
            for (int d = 0; d < op.directions(); d++) {
                lastHidden.add(result.lastStates().get(op.lastState(d) - 1));
                if (kind == Kind.LSTM) {
                    lastCell.add(result.lastStates().get(op.lastState(d)));
                }
            }
            y = dropped(result.output(), layer);
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
            directions.get(number).addTo(operands);
            operands.addAll(states(number, x, before));
        }
        return operands.toArray(Tensor[]::new);
    }

    /** A layer's and direction's states to begin with: hidden states, and of an LSTM cell states. */
    final List<Tensor> states(int number, Tensor x, @Nullable Result before) {
        Tensor state = before == null
                ? Tensor.full(0, x.dtype(), x.device(), x.shape().size(0), hidden)
                : before.hidden.select(0, number);
        if (kind != Kind.LSTM) {
            return List.of(state);
        }
        return List.of(state, before == null ? state : cell(before, number));
    }

    /** One layer in one direction, forward over its input. */
    final Recurrence.Result operation(int number, Tensor x, List<Tensor> states) {
        List<Tensor> operands = new ArrayList<>(List.of(x));
        directions.get(number).addTo(operands);
        operands.addAll(states);
        return new Recurrence(kind, false, isTraining()).run(operands.toArray(Tensor[]::new));
    }

    /** What the layer after the given one sees of its output. */
    final Tensor dropped(Tensor output, int layer) {
        return isTraining() && layer < layers - 1 ? output.dropout(dropout, rng) : output;
    }

    private static Tensor cell(Result before, int number) {
        if (before.cell == null) {
            throw new TensorException("lstm: the part before has no cell states (expected what an LSTM gave);"
                    + " go on with a result of the same network");
        }
        return before.cell.select(0, number);
    }

    @Override
    protected String attributes() {
        return kind + ", hidden=" + hidden + ", layers=" + layers + ", bidirectional=" + bidirectional;
    }
}
