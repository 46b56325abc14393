package dev.lanewise.lm;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Sequences that are continued together although they begin and end at different times (Yu et al. 2022, "Orca"): each
 * step gives every one of them its next token, and between steps sequences are added and closed. Linear layers see
 * all sequences at once; attention is computed for each with its own cache. A sequence gets the scores that it gets
 * alone, up to rounding.
 *
 * <pre>{@code
 * try (var batch = new ContinuousBatch(model)) {
 *     ContinuousBatch.Sequence one = batch.add(prompt, GenerationOptions.greedy(20));
 *     while (one.end() == null) {
 *         batch.step();
 *         System.out.println(one.token());
 *     }
 * }
 * }</pre>
 *
 * <p>A batch and its sequences are for use by one thread.
 */
public final class ContinuousBatch implements AutoCloseable {
    private final CausalLM model;
    private final List<Sequence> running = new ArrayList<>();

    /**
     * A batch without sequences.
     *
     * @param model the model
     */
    public ContinuousBatch(CausalLM model) {
        Objects.requireNonNull(model, "model");
        this.model = model;
    }

    /** Why a sequence has no next token. */
    public enum End {
        /** Its last token is one that ends texts. */
        STOP_TOKEN,
        /** It has as many new tokens as were asked for, or as many tokens as the model has positions. */
        LENGTH,
        /** It was closed. */
        CLOSED,
        /** The model failed; {@link Sequence#failure} says how. */
        FAILED
    }

    /** A sequence of the batch. */
    public final class Sequence implements AutoCloseable {
        private final GenerationOptions options;
        private final List<Integer> stop;
        private final SplittableRandom chance;
        private final KvCache cache;
        private final int start;
        private int[] tokens;
        private int size;
        private @Nullable End end;
        private @Nullable RuntimeException failure;

        private Sequence(int[] prompt, GenerationOptions options) {
            this.options = options;
            stop = options.stopTokens() == null ? model.stopTokens() : options.stopTokens();
            chance = new SplittableRandom(options.seed());
            start = prompt.length;
            tokens = prompt.clone();
            size = start;
            cache = model.newCache(start + (long) options.newTokens());
        }

        /** {@return how many new tokens it has, including one that ends it} */
        public int count() {
            return size - start;
        }

        /**
         * {@return its last token}
         *
         * @throws IllegalStateException if no step has given it one
         */
        public int token() {
            if (count() == 0) {
                throw new IllegalStateException("the sequence has no new token yet");
            }
            return tokens[size - 1];
        }

        /** {@return all new tokens, including one that ends it} */
        public int[] newTokens() {
            return Arrays.copyOfRange(tokens, start, size);
        }

        /** {@return why it has no next token, or null while it has} */
        public @Nullable End end() {
            return end;
        }

        /** {@return what the model has failed by, or null} */
        public @Nullable RuntimeException failure() {
            return failure;
        }

        private void add(double[] scores) {
            int token = options.choose(scores, Arrays.copyOf(tokens, size), chance);
            if (size == tokens.length) {
                tokens = Arrays.copyOf(tokens, size + Math.max(16, size / 2));
            }
            tokens[size++] = token;
            if (stop.contains(token)) {
                end(End.STOP_TOKEN);
            } else if (count() == options.newTokens() || size > model.lengthLimit()) {
                end(End.LENGTH);
            }
        }

        private void fail(RuntimeException e) {
            failure = e;
            end(End.FAILED);
        }

        private void end(End how) {
            if (end == null) {
                end = how;
                cache.close();
            }
        }

        /** Gives up its place, and releases its memory. */
        @Override
        public void close() {
            end(End.CLOSED);
            running.remove(this);
        }
    }

    /**
     * Adds a sequence, which takes part from the next step on.
     *
     * @param prompt the tokens to continue, at least one
     * @param options how to choose the next tokens; texts that end a text are the concern of {@link TextPieces}
     * @return the sequence
     * @throws TensorException if the prompt is empty, or has tokens that the model does not know
     */
    public Sequence add(int[] prompt, GenerationOptions options) {
        Decoding.requireKnown(model, prompt);
        Sequence sequence = new Sequence(prompt, options);
        running.add(sequence);
        return sequence;
    }

    /** {@return how many sequences take part} */
    public int size() {
        return running.size();
    }

    /**
     * Gives every sequence its next token, except that of those that have none yet only the oldest gets its first one:
     * prompts are read one per step, so that those that are running wait for no more than one. A sequence at which the
     * model fails ends; the others go on.
     */
    public void step() {
        List<Sequence> begun =
                running.stream().filter(sequence -> sequence.count() > 0).toList();
        running.stream().filter(sequence -> sequence.count() == 0).findFirst().ifPresent(this::begin);
        if (!begun.isEmpty()) {
            advance(begun);
        }
        running.removeIf(sequence -> sequence.end != null);
    }

    private void begin(Sequence sequence) {
        long[] ids = Arrays.stream(sequence.tokens).asLongStream().toArray();
        try {
            sequence.add(
                    Decoding.run(() -> {
                        Tensor prompt = Tensor.of(ids, 1, ids.length).to(model.device());
                        return model.head(Decoding.last(model.hidden(prompt, null, sequence.cache)));
                    })[0]);
        } catch (RuntimeException e) {
            sequence.fail(e);
        }
    }

    private void advance(List<Sequence> sequences) {
        double[][] scores;
        try {
            scores = scores(sequences);
        } catch (RuntimeException e) {
            // nothing has been added to the caches: one of them may be at fault, and the others are not to suffer for
            // it
            if (sequences.size() == 1) {
                sequences.getFirst().fail(e);
            } else {
                sequences.forEach(sequence -> advance(List.of(sequence)));
            }
            return;
        }
        for (int i = 0; i < scores.length; i++) {
            try {
                sequences.get(i).add(scores[i]);
            } catch (RuntimeException e) {
                sequences.get(i).fail(e);
            }
        }
    }

    private double[][] scores(List<Sequence> sequences) {
        long[] ids = sequences.stream().mapToLong(Sequence::token).toArray();
        List<KvCache> caches =
                sequences.stream().map(sequence -> sequence.cache).toList();
        return Decoding.run(
                () -> Decoding.last(model.logits(Tensor.of(ids, ids.length, 1).to(model.device()), caches)));
    }

    /**
     * {@return how many bytes the keys and values of a sequence take}
     *
     * @param model the model, which computes one token to find out
     * @param tokens how many tokens the sequence has, those of its prompt included
     */
    public static long cacheBytes(CausalLM model, long tokens) {
        try (KvCache cache = model.newCache(KvCache.BLOCK)) {
            try (Scope ignored = Scope.open("size")) {
                Autograd.noGrad(() -> model.hidden(Tensor.zeros(DType.I64, model.device(), 1, 1), null, cache));
            }
            return cache.bytes() / KvCache.BLOCK * KvCache.roundedUp(Math.max(1, tokens));
        }
    }

    /** Closes all sequences. */
    @Override
    public void close() {
        List.copyOf(running).forEach(Sequence::close);
    }
}
