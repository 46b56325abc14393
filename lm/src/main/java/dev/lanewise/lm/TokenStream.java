package dev.lanewise.lm;

import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Tokens of one sequence, each computed on demand. A token that ends the text is not returned. Closing releases the
 * memory and ends the stream, even from another thread; it then waits for the token that is being computed.
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
            compute();
        }
        return next != NONE;
    }

    private void compute() {
        if (given == options.newTokens()) {
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
            next = NONE;
            decoding.close();
        }
    }
}
