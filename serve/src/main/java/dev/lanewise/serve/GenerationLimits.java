package dev.lanewise.serve;

import dev.lanewise.tensor.TensorException;
import java.time.Duration;

/**
 * How much text is generated at once, for {@code /v1/completions} and {@code /v1/chat/completions}. A request is
 * accepted if the queue of its model has room. It begins once the model generates fewer than so many texts and the
 * memory for its keys and values, of its prompt and of all tokens that it may get, is free; from then on
 * it gets a token whenever the others do.
 *
 * @param sequences the most texts that a model generates at once
 * @param queue the most requests that wait to begin, for one model; others are answered by 429
 * @param cacheBytes the most memory outside the Java heap for keys and values, of all models together; a request
 *     that takes more alone is answered by 413
 * @param newTokens how many tokens a request gets that does not say how many
 * @param deadline how long a request may take until its text is complete
 */
public record GenerationLimits(int sequences, int queue, long cacheBytes, int newTokens, Duration deadline) {
    /**
     * Checks the numbers.
     *
     * @throws TensorException if one is less than 1, or the deadline is nothing or longer than a day
     */
    public GenerationLimits {
        if (sequences < 1 || queue < 1 || cacheBytes < 1 || newTokens < 1) {
            throw new TensorException("serve: " + sequences + " texts at once, a queue of " + queue + ", " + cacheBytes
                    + " bytes of keys and values, " + newTokens
                    + " new tokens (expected 1 or more of each); correct them");
        }
        if (deadline.isNegative() || deadline.isZero() || deadline.compareTo(Duration.ofDays(1)) > 0) {
            throw new TensorException("serve: a deadline of " + deadline
                    + " for generated texts (expected more than zero and at most a day); correct it");
        }
    }

    /** {@return 16 texts at once, a queue of 64 requests, 1 GiB, 1,024 tokens, 5 minutes} */
    public static GenerationLimits usual() {
        return new GenerationLimits(16, 64, 1L << 30, 1_024, Duration.ofMinutes(5));
    }

    /**
     * {@return these limits with another maximum of texts generated at once}
     *
     * @param count the most texts that a model generates at once
     */
    public GenerationLimits withSequences(int count) {
        return new GenerationLimits(count, queue, cacheBytes, newTokens, deadline);
    }

    /**
     * {@return these limits with another length of the queue}
     *
     * @param requests the most requests that wait to begin
     */
    public GenerationLimits withQueue(int requests) {
        return new GenerationLimits(sequences, requests, cacheBytes, newTokens, deadline);
    }

    /**
     * {@return these limits with another limit of memory}
     *
     * @param bytes the most memory for keys and values
     */
    public GenerationLimits withCacheBytes(long bytes) {
        return new GenerationLimits(sequences, queue, bytes, newTokens, deadline);
    }

    /**
     * {@return these limits with another default number of tokens}
     *
     * @param count how many tokens a request gets that does not say how many
     */
    public GenerationLimits withNewTokens(int count) {
        return new GenerationLimits(sequences, queue, cacheBytes, count, deadline);
    }

    /**
     * {@return these limits with another deadline}
     *
     * @param most how long a request may take
     */
    public GenerationLimits withDeadline(Duration most) {
        return new GenerationLimits(sequences, queue, cacheBytes, newTokens, most);
    }
}
