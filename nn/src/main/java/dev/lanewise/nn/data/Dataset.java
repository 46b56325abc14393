package dev.lanewise.nn.data;

/** Samples by number. Implementations are safe for use by a background thread. */
public interface Dataset {
    /** How many samples there are. */
    long size();

    /**
     * The given samples, in the order given, as one batch of new tensors: they are released after use, so they must not be
     * views of what the data set keeps.
     */
    Batch batch(long[] indices);

    /**
     * Told the epoch that the next batches are of. What is random about the samples should depend on this number, the
     * sample's and a seed alone, so that a training can be resumed.
     */
    default void epoch(long number) {}
}
