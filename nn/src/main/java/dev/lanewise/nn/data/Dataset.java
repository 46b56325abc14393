package dev.lanewise.nn.data;

/** Samples by number. Implementations are safe for use by a background thread. */
public interface Dataset {
    /** How many samples there are. */
    long size();

    /** The given samples, in the order given, as one batch. */
    Batch batch(long[] indices);
}
