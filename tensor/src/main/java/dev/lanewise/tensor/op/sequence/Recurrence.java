package dev.lanewise.tensor.op.sequence;

import dev.lanewise.tensor.Autocast;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.internal.Check;
import dev.lanewise.tensor.internal.Sizes;
import dev.lanewise.tensor.op.Op;
import dev.lanewise.tensor.spi.Backends;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * One layer of a recurrent network over whole sequences, with PyTorch's gate order. Operands: the input
 * {@code [n, time, in]}, then for each direction {@code weight_ih [gates * hidden, in]},
 * {@code weight_hh [gates * hidden, hidden]}, {@code bias_ih [gates * hidden]}, {@code bias_hh [gates * hidden]}, the
 * first hidden state {@code [n, hidden]} and, for LSTM, the first cell state {@code [n, hidden]}. Results: the hidden
 * states at every time {@code [n, time, directions * hidden]}, then for each direction the last hidden state
 * {@code [n, hidden]} and, for LSTM, the last cell state.
 *
 * @param kind the kind of cells
 * @param bidirectional whether a second direction runs from the last time to the first
 * @param training whether a gradient is expected to follow: a backend may keep what the gradient needs along with the
 *     results
 */
public record Recurrence(Kind kind, boolean bidirectional, boolean training) implements Op.Fused {
    /** Checks the attributes. */
    public Recurrence {
        Check.present("recurrence", "kind", kind);
    }

    /** The kinds of cells. */
    public enum Kind {
        /** {@code tanh(W x + U h)} (Elman 1990). */
        RNN(1, 1),
        /** Gated recurrent unit (Cho et al. 2014, arXiv:1406.1078), the reset gate after the product. */
        GRU(3, 1),
        /** Long short-term memory (Hochreiter and Schmidhuber 1997), with forget gate. */
        LSTM(4, 2);

        private final int gates;
        private final int states;

        Kind(int gates, int states) {
            this.gates = gates;
            this.states = states;
        }

        /**
         * How many gates there are, including the candidate: their weights are stacked along the first dimension.
         *
         * @return the number
         */
        public int gates() {
            return gates;
        }

        /**
         * How many states are passed from one time to the next: the hidden state and, for LSTM, the cell state.
         *
         * @return the number
         */
        public int states() {
            return states;
        }
    }

    private static final int WEIGHTS = 4;

    @Override
    public String opName() {
        return kind == Kind.RNN ? "rnn_tanh" : Check.lower(kind);
    }

    @Override
    public Set<DType> dtypes() {
        return DType.FLOATING;
    }

    /**
     * The number of directions: 1, or 2 if bidirectional.
     *
     * @return the number
     */
    public int directions() {
        return bidirectional ? 2 : 1;
    }

    /**
     * {@return the position of a direction's first operand, {@code weight_ih}}
     *
     * @param direction 0, or 1 for the backward one
     */
    public int operand(int direction) {
        return 1 + direction * (WEIGHTS + kind.states());
    }

    /**
     * {@return the position of a direction's first state among the operands}
     *
     * @param direction 0, or 1 for the backward one
     */
    public int state(int direction) {
        return operand(direction) + WEIGHTS;
    }

    /**
     * {@return the position of a direction's last hidden state among the results}
     *
     * @param direction 0, or 1 for the backward one
     */
    public int lastState(int direction) {
        return 1 + direction * kind.states();
    }

    /**
     * How many operands there are.
     *
     * @return the number
     */
    public int operands() {
        return operand(directions());
    }

    /**
     * How many results there are.
     *
     * @return the number
     */
    public int results() {
        return lastState(directions());
    }

    @Override
    public TensorSpec[] infer(TensorSpec... in) {
        Check.count(this, in, operands());
        Check.sameDtype(this, in);
        Check.dtype(this, in[0], dtypes());
        Check.rank(this, in[0], 3, 3, "input [n, time, in]");
        Shape x = in[0].shape();
        Sizes.toInt(opName(), "the number of times", x.size(1));
        if (x.size(1) <= 0) {
            throw Check.failure(this, "no times in the input " + x, "give sequences of one or more");
        }
        Shape states = in[state(0)].shape();
        if (!(states.rank() == 2 && states.size(0) == x.size(0))) {
            throw Check.failure(
                    this,
                    "first state " + states + " for the input " + x,
                    "give [n, hidden] for an input [n, time, in]");
        }
        for (int direction = 0; direction < directions(); direction++) {
            checkDirection(direction, x.size(2), states, in);
        }
        TensorSpec[] results = new TensorSpec[results()];
        Arrays.fill(results, in[0].with(states));
        results[0] = in[0].with(Shape.of(x.size(0), x.size(1), directions() * states.size(1)));
        return results;
    }

    private void checkDirection(int direction, long size, Shape states, TensorSpec... in) {
        long hidden = states.size(1);
        long rows = kind.gates() * hidden;
        List<Shape> wanted = new ArrayList<>(
                List.of(Shape.of(rows, size), Shape.of(rows, hidden), Shape.of(rows), Shape.of(rows), states));
        if (kind.states() == 2) {
            wanted.add(states);
        }
        for (int i = 0; i < wanted.size(); i++) {
            int operand = operand(direction) + i;
            if (!in[operand].shape().equals(wanted.get(i))) {
                throw Check.failure(
                        this,
                        "operand " + operand + " is " + in[operand].shape() + " for the input " + in[0].shape()
                                + " and first states " + states + " (expected " + wanted.get(i) + ")",
                        "give weight_ih, weight_hh, bias_ih, bias_hh and the first states of each direction");
            }
        }
    }

    /**
     * What a recurrent layer computed.
     *
     * @param output the hidden states at every time, {@code [n, time, directions * hidden]}
     * @param lastStates each direction's last hidden state {@code [n, hidden]}, in an LSTM followed by its cell state
     */
    public record Result(Tensor output, List<Tensor> lastStates) {}

    /**
     * Runs the layer, step by step where the device's backend does not offer it as one operation; {@link Autocast} then
     * applies to the operations of each step.
     *
     * @param operands the input, then weights, biases and first states of each direction
     * @return the hidden states
     * @throws TensorException if the number, shapes or types of the operands don't match
     */
    public Result run(Tensor... operands) {
        if (operands.length != operands()) {
            throw new TensorException(opName() + ": got " + operands.length + " operands (expected " + operands()
                    + ": the input, then weights, biases and first states of each direction); check the call");
        }
        Tensor[] results = Backends.of(operands[0].device()).supports(this, operands)
                ? Tensor.applyAll(this, operands)
                : decompose(operands);
        return new Result(results[0], List.of(results).subList(1, results()));
    }

    @Override
    public Tensor[] decompose(Tensor[] inputs) {
        Tensor[] outputs = new Tensor[directions()];
        Tensor[] results = new Tensor[results()];
        for (int direction = 0; direction < outputs.length; direction++) {
            RecurrentSteps.Run run = RecurrentSteps.of(this, inputs, direction).run();
            outputs[direction] = run.output();
            results[lastState(direction)] = run.last().hidden();
            if (run.last().cell() != null) {
                results[lastState(direction) + 1] = run.last().cell();
            }
        }
        results[0] = outputs.length == 1 ? outputs[0] : Tensor.cat(2, outputs);
        return results;
    }
}
