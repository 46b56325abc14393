package dev.lanewise.serve;

import java.util.List;

/** Is told of every batch that was computed. */
interface BatchObserver {
    /** Takes no notice. */
    BatchObserver NONE = (batch, start, nanos) -> {};

    /**
     * A batch was computed.
     *
     * @param batch its requests
     * @param start when that began, by {@link System#nanoTime}
     * @param nanos how long it took
     */
    void computed(List<Pending> batch, long start, long nanos);
}
