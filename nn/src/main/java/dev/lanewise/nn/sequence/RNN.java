package dev.lanewise.nn.sequence;

import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.op.sequence.Recurrence.Kind;

/** An Elman network with tanh: a {@link Recurrent} of kind {@link Kind#RNN}. */
public final class RNN extends Recurrent {
    /** One layer in one direction, initialized from the global random stream. */
    public RNN(long in, long hidden) {
        this(in, hidden, 1, false, 0, Rng.global());
    }

    /** See {@link Recurrent#Recurrent(Kind, long, long, int, boolean, double, Rng)}. */
    public RNN(long in, long hidden, int layers, boolean bidirectional, double dropout, Rng rng) {
        super(Kind.RNN, in, hidden, layers, bidirectional, dropout, rng);
    }
}
