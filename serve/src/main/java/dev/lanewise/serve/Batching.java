package dev.lanewise.serve;

import dev.lanewise.tensor.TensorException;
import java.time.Duration;

/**
 * How requests for one model are put together. Requests fit if their inputs differ in nothing but the first dimension,
 * their rows; a model is only ever given several requests at once if a trial, when it was loaded, showed that the rows
 * of its results do not depend on each other.
 *
 * @param largest the most rows that are put together; a single request may have more. 1 keeps all requests apart
 * @param longestWait how long a request waits for others; with {@link Duration#ZERO} only those are put together
 *     that have arrived while an earlier batch was computed, which costs a lone client nothing
 * @param queue the most requests that wait; others are answered by 429
 * @param workers how many batches are computed at once, each on a thread of its own; kernels share their work among
 *     the CPU's cores in any case
 */
public record Batching(int largest, Duration longestWait, int queue, int workers) {
    /**
     * Checks the numbers.
     *
     * @throws TensorException if one is less than 1, or the wait is negative or longer than a minute
     */
    public Batching {
        if (largest < 1 || queue < 1 || workers < 1) {
            throw new TensorException("serve: batches of " + largest + " rows, a queue of " + queue + ", " + workers
                    + " workers (expected 1 or more of each); correct them");
        }
        if (longestWait.isNegative() || longestWait.compareTo(Duration.ofMinutes(1)) > 0) {
            throw new TensorException("serve: requests that wait " + longestWait
                    + " for others (expected no time to a minute); choose a few milliseconds");
        }
    }

    /** {@return at most 32 rows, no waiting, a queue of 256 requests, one worker} */
    public static Batching usual() {
        return new Batching(32, Duration.ZERO, 256, 1);
    }

    /**
     * {@return the same with another limit of rows}
     *
     * @param rows the most rows that are put together
     */
    public Batching withLargest(int rows) {
        return new Batching(rows, longestWait, queue, workers);
    }

    /**
     * {@return the same with another wait}
     *
     * @param wait how long a request waits for others
     */
    public Batching withLongestWait(Duration wait) {
        return new Batching(largest, wait, queue, workers);
    }

    /**
     * {@return the same with another queue}
     *
     * @param requests the most requests that wait
     */
    public Batching withQueue(int requests) {
        return new Batching(largest, longestWait, requests, workers);
    }

    /**
     * {@return the same with other workers}
     *
     * @param threads how many batches are computed at once
     */
    public Batching withWorkers(int threads) {
        return new Batching(largest, longestWait, queue, threads);
    }
}
