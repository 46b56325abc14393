package dev.lanewise.nn.sequence;

import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.op.sequence.Recurrence.Kind;

/** Long short-term memory: a {@link Recurrent} of kind {@link Kind#LSTM}. */
public final class LSTM extends Recurrent {
    /** One layer in one direction, initialized from the global random stream. */
    public LSTM(long in, long hidden) {
        this(in, hidden, 1, false, 0, Rng.global());
    }

    /** See {@link Recurrent#Recurrent(Kind, long, long, int, boolean, double, Rng)}. */
    public LSTM(long in, long hidden, int layers, boolean bidirectional, double dropout, Rng rng) {
        super(Kind.LSTM, in, hidden, layers, bidirectional, dropout, rng);
    }
}
