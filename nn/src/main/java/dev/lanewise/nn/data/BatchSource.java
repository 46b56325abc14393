package dev.lanewise.nn.data;

import java.util.function.Supplier;

/** Where a loader's batches come from. */
interface BatchSource {
    /** How many samples an epoch has. */
    long samples();

    /**
     * Begins an epoch.
     *
     * @param first how many samples have been seen before
     */
    Epoch epoch(long number, long first);

    /** The samples of one epoch, not all of which have been handed out. */
    interface Epoch {
        /** Leaves out the next samples. */
        void skip(long samples);

        /** What makes the batch of the next samples, at any later time on any thread. */
        Supplier<Batch> next(int samples);
    }
}
