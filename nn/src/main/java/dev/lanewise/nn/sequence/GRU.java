package dev.lanewise.nn.sequence;

import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.op.sequence.Recurrence.Kind;

/**
 * A network of gated recurrent units (Cho et al. 2014, arXiv:1406.1078), the reset gate after the product as in
 * PyTorch; see {@link Recurrent}.
 */
public final class GRU extends Recurrent {
    /**
     * A network of one layer in one direction, initialized from the global random stream.
     *
     * @param in the width of the input {@code [n, time, in]}
     * @param hidden the width of the hidden state
     * @throws TensorException if a width is negative or above 2^48
     */
    public GRU(long in, long hidden) {
        this(in, hidden, 1, false, 0, Rng.global());
    }

    /**
     * A network of stacked layers, in one direction or both, initialized from the global random stream.
     *
     * @param in the width of the input {@code [n, time, in]}
     * @param hidden the width of the hidden state of each direction
     * @param layers how many layers, 1 or more
     * @param bidirectional whether each layer also runs from the last time to the first; its output is then
     *     {@code 2 * hidden} wide
     * @param dropout the probability of dropout, in training, between one layer and the next; from 0 to 1
     * @throws TensorException if dropout or the number of layers is outside its range
     */
    public GRU(long in, long hidden, int layers, boolean bidirectional, double dropout) {
        this(in, hidden, layers, bidirectional, dropout, Rng.global());
    }

    /**
     * A network of stacked layers, in one direction or both.
     *
     * @param in the width of the input {@code [n, time, in]}
     * @param hidden the width of the hidden state of each direction
     * @param layers how many layers, 1 or more
     * @param bidirectional whether each layer also runs from the last time to the first; its output is then
     *     {@code 2 * hidden} wide
     * @param dropout the probability of dropout, in training, between one layer and the next; from 0 to 1
     * @param rng the source of the initial values, and later of the dropout
     * @throws TensorException if dropout or the number of layers is outside its range
     */
    public GRU(long in, long hidden, int layers, boolean bidirectional, double dropout, Rng rng) {
        super(Kind.GRU, in, hidden, layers, bidirectional, dropout, rng);
    }
}
