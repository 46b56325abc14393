package dev.lanewise.lm;

import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.SplittableRandom;
import java.util.concurrent.Flow;
import java.util.stream.IntStream;

/**
 * Tokens of one sequence, each computed on demand. The text ends at a token that ends it, which is not returned, after the
 * requested number of tokens, or where the model has no position left ({@link CausalLM#lengthLimit}). Closing releases the
 * memory and ends the stream, even from another thread; it then waits for the token that is being computed, which may still be
 * taken.
 */
public final class TokenStream implements Iterator<Integer>, AutoCloseable {
    private static final int NONE = -1;

    private final Decoding decoding;
    private final GenerationOptions options;
    private final List<Integer> stop;
    private final SplittableRandom chance;
    private int[] tokens;
    private int given;
    private int next = NONE;
    private boolean started;
    private boolean ended;

    TokenStream(Decoding decoding, GenerationOptions options, List<Integer> stop) {
        this.decoding = decoding;
        this.options = options;
        this.stop = stop;
        this.tokens = decoding.starts().getFirst().clone();
        chance = new SplittableRandom(options.seed());
    }

    @Override
    public synchronized boolean hasNext() {
        if (next == NONE && !ended) {
            try {
                compute();
            } catch (RuntimeException | Error e) {
                // what the cache holds now is not known
                close();
                throw e;
            }
        }
        return next != NONE;
    }

    private void compute() {
        if (given == options.newTokens() || started && decoding.isFull()) {
            close();
            return;
        }
        double[] scores = (started ? decoding.next(new long[] {tokens[tokens.length - 1]}) : decoding.first())[0];
        started = true;
        int token = options.choose(scores, tokens, chance);
        if (stop.contains(token)) {
            close();
            return;
        }
        tokens = Arrays.copyOf(tokens, tokens.length + 1);
        tokens[tokens.length - 1] = token;
        given++;
        next = token;
    }

    @Override
    public synchronized Integer next() {
        if (!hasNext()) {
            throw new NoSuchElementException("the text is at its end");
        }
        int token = next;
        next = NONE;
        return token;
    }

    /** {@return how many tokens have been generated so far} */
    public synchronized int count() {
        return given;
    }

    /**
     * {@return the tokens that remain, for one subscriber} They are computed in a thread of their own, one ahead of what the
     * subscriber has asked for; cancelling closes this stream. The stream is not to be read in another way then.
     */
    public Flow.Publisher<Integer> publisher() {
        return new Published<>(this, this::close);
    }

    /** {@return all tokens that remain, generating them} */
    public int[] rest() {
        IntStream.Builder all = IntStream.builder();
        while (hasNext()) {
            all.add(next());
        }
        return all.build().toArray();
    }

    @Override
    public synchronized void close() {
        if (!ended) {
            ended = true;
            decoding.close();
        }
    }
}
