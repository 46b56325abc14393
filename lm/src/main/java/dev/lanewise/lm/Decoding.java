package dev.lanewise.lm;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A model that is generating: it gives scores of the next tokens of one or more sequences and is told which were
 * chosen.
 */
abstract class Decoding implements AutoCloseable {
    /** For so many new tokens memory is allocated at once; most texts end before the most that was asked for. */
    private static final int AHEAD = 1_024;

    private final KvCache cache;

    private Decoding(KvCache cache) {
        this.cache = cache;
    }

    /** A decoder that continues sequences of tokens. */
    static Decoding of(CausalLM model, List<int[]> prompts, int newTokens) {
        return new OfDecoder(model, prompts, newTokens);
    }

    /** A decoder that answers texts that an encoder has read. */
    static Decoding of(Seq2SeqLM model, Tensor ids, @Nullable Tensor mask, int newTokens) {
        return new OfSeq2Seq(model, ids, mask, newTokens);
    }

    KvCache cache() {
        return cache;
    }

    /** The tokens that each sequence begins with. */
    abstract List<int[]> starts();

    /** The scores of the first new token of each sequence. */
    final double[][] first() {
        return run(this::firstScores);
    }

    /** The scores of the token after these, one token per sequence. */
    final double[][] next(long[] tokens) {
        return run(() -> {
            Tensor ids = Tensor.of(tokens, tokens.length, 1).to(device());
            return nextScores(ids);
        });
    }

    /** Whether the model has no position for another token. */
    final boolean isFull() {
        return cache.length() >= limit();
    }

    /** How many tokens a sequence may have at most. */
    abstract long limit();

    /** Replaces the sequences by others among them. */
    void select(long[] rows) {
        try (Scope ignored = Scope.open("select")) {
            cache.select(Tensor.of(rows).to(device()));
        }
    }

    /** Applies the head to the sequences' hidden states of the last token. */
    abstract Tensor firstScores();

    abstract Tensor nextScores(Tensor ids);

    abstract Device device();

    interface Body {
        Tensor run();
    }

    static double[][] run(Body body) {
        try (Scope ignored = Scope.open("next token")) {
            Tensor scores = Autograd.noGrad(() -> body.run().to(DType.F32));
            long rows = scores.shape().size(0);
            double[][] all = new double[Math.toIntExact(rows)][];
            for (int row = 0; row < rows; row++) {
                float[] values = scores.select(0, row).toFloatArray();
                double[] wide = new double[values.length];
                Arrays.setAll(wide, i -> values[i]);
                all[row] = wide;
            }
            return all;
        }
    }

    @Override
    public void close() {
        cache.close();
    }

    /**
     * Checks a prompt.
     *
     * @throws TensorException if it is empty, or has tokens that the model does not know
     */
    static void requireKnown(CausalLM model, int[] prompt) {
        if (prompt.length == 0) {
            throw new TensorException(
                    "generate: an empty prompt (expected tokens); begin with the model's first token");
        }
        for (int token : prompt) {
            if (token < 0 || token >= model.vocabulary()) {
                throw new TensorException("generate: token " + token + " of a vocabulary of " + model.vocabulary()
                        + "; does the tokenizer belong to the model?");
            }
        }
    }

    /** The last position of {@code [n, l, size]}. */
    static Tensor last(Tensor hidden) {
        return hidden.select(1, hidden.shape().size(1) - 1);
    }

    private static final class OfDecoder extends Decoding {
        private final CausalLM model;
        private final List<int[]> prompts;

        OfDecoder(CausalLM model, List<int[]> prompts, int newTokens) {
            super(model.newCache(longest(prompts) + (long) Math.min(newTokens, AHEAD)));
            prompts.forEach(prompt -> requireKnown(model, prompt));
            this.model = model;
            this.prompts = prompts;
        }

        private static int longest(List<int[]> prompts) {
            return prompts.stream()
                    .mapToInt(prompt -> prompt.length)
                    .max()
                    .orElseThrow(() -> new TensorException("generate: no prompt (expected at least one); give one"));
        }

        @Override
        List<int[]> starts() {
            return prompts;
        }

        @Override
        Tensor firstScores() {
            int width = longest(prompts);
            long[] ids = new long[prompts.size() * width];
            long[] mask = new long[ids.length];
            boolean padded = false;
            for (int row = 0; row < prompts.size(); row++) {
                int[] prompt = prompts.get(row);
                padded |= prompt.length < width;
                for (int i = 0; i < prompt.length; i++) {
                    int at = (row + 1) * width - prompt.length + i;
                    ids[at] = prompt[i];
                    mask[at] = 1;
                }
            }
            Tensor tokens = Tensor.of(ids, prompts.size(), width).to(device());
            Tensor real = padded ? Tensor.of(mask, prompts.size(), width).to(device()) : null;
            return model.head(last(model.hidden(tokens, real, cache())));
        }

        @Override
        Tensor nextScores(Tensor ids) {
            return model.head(last(model.hidden(ids, null, cache())));
        }

        @Override
        long limit() {
            return model.lengthLimit();
        }

        @Override
        Device device() {
            return model.device();
        }
    }

    private static final class OfSeq2Seq extends Decoding {
        private final Seq2SeqLM model;
        private Tensor encoded;
        private @Nullable Tensor mask;

        OfSeq2Seq(Seq2SeqLM model, Tensor ids, @Nullable Tensor mask, int newTokens) {
            super(new KvCache(Math.min(newTokens, AHEAD) + 1L));
            this.model = model;
            this.mask = mask;
            encoded = Autograd.noGrad(() -> model.encode(ids, mask));
        }

        @Override
        List<int[]> starts() {
            int rows = Math.toIntExact(encoded.shape().size(0));
            return Collections.nCopies(rows, new int[] {model.tokens().start()});
        }

        @Override
        Tensor firstScores() {
            Tensor start = Tensor.full(
                    model.tokens().start(), DType.I64, device(), encoded.shape().size(0), 1);
            return nextScores(start);
        }

        @Override
        Tensor nextScores(Tensor ids) {
            return model.head(last(model.decode(encoded, mask, ids, cache())));
        }

        @Override
        long limit() {
            return Long.MAX_VALUE;
        }

        @Override
        void select(long[] rows) {
            super.select(rows);
            Tensor at = Tensor.of(rows).to(device());
            encoded = encoded.indexSelect(0, at);
            mask = mask == null ? null : mask.indexSelect(0, at);
        }

        @Override
        Device device() {
            return model.device();
        }
    }
}
