package dev.lanewise.serve;

import dev.lanewise.tensor.TensorException;
import java.time.Duration;

/**
 * How requests for one model are put together. Requests fit if their inputs differ in nothing but the first dimension,
 * their rows; a model is only ever given several requests at once if a trial, when it was loaded, showed that the rows
 * of its results do not depend on each other.
 *
 * <p>Requests for a model of token sequences, inputs {@code [rows, length]} of whole numbers of which one is the
 * {@code attention_mask}, fit as well if their lengths fall into the same bucket: all are padded to the longest with zeros,
 * which the mask hides, and answers are cut to the length that was asked for. That too is only done if the trial showed
 * that results do not depend on padding.
 *
 * @param largest the most rows that are put together; a single request may have more. 1 keeps all requests apart
 * @param longestWait how long a request waits for others; with {@link Duration#ZERO} only those are put together
 *     that have arrived while an earlier batch was computed, or within a tenth of its time after it if it had several
 *     requests, which costs a lone client nothing
 * @param queue the most requests that wait; others are answered by 429
 * @param workers how many batches are computed at once, each on a thread of its own; kernels share their work among
 *     the CPU's cores in any case
 * @param bucket the lengths of token sequences, in tokens, that go into one bucket: those that give the same multiple of
 *     this when they are rounded up. 1 puts only sequences of the same length together
 */
public record Batching(int largest, Duration longestWait, int queue, int workers, int bucket) {
    /**
     * Checks the numbers.
     *
     * @throws TensorException if one is less than 1, or the wait is negative or longer than a minute
     */
    public Batching {
        if (largest < 1 || queue < 1 || workers < 1 || bucket < 1) {
            throw new TensorException("serve: batches of " + largest + " rows, a queue of " + queue + ", " + workers
                    + " workers, buckets of " + bucket + " tokens (expected 1 or more of each); correct them");
        }
        if (longestWait.isNegative() || longestWait.compareTo(Duration.ofMinutes(1)) > 0) {
            throw new TensorException("serve: requests that wait " + longestWait
                    + " for others (expected zero to one minute); choose a few milliseconds");
        }
    }

    /** {@return at most 32 rows, no waiting, a queue of 256 requests, one worker, buckets of 16 tokens} */
    public static Batching usual() {
        return new Batching(32, Duration.ZERO, 256, 1, 16);
    }

    /**
     * {@return this batching with another maximum of rows}
     *
     * @param rows the most rows that are put together
     */
    public Batching withLargest(int rows) {
        return new Batching(rows, longestWait, queue, workers, bucket);
    }

    /**
     * {@return this batching with another wait}
     *
     * @param wait how long a request waits for others
     */
    public Batching withLongestWait(Duration wait) {
        return new Batching(largest, wait, queue, workers, bucket);
    }

    /**
     * {@return this batching with another length of the queue}
     *
     * @param requests the most requests that wait
     */
    public Batching withQueue(int requests) {
        return new Batching(largest, longestWait, requests, workers, bucket);
    }

    /**
     * {@return the same with other workers}
     *
     * @param threads how many batches are computed at once
     */
    public Batching withWorkers(int threads) {
        return new Batching(largest, longestWait, queue, threads, bucket);
    }

    /**
     * {@return the same with other buckets}
     *
     * @param tokens lengths of token sequences that go into one bucket; 1 for no padding
     */
    public Batching withBucket(int tokens) {
        return new Batching(largest, longestWait, queue, workers, tokens);
    }
}
