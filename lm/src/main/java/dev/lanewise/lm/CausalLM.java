package dev.lanewise.lm;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.lm.part.Call;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.loss.CrossEntropyLoss;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A decoder that predicts each next token from the previous ones: GPT-2, Llama, Mistral, Qwen2, Qwen3, Gemma 2,
 * Mixtral.
 *
 * <pre>{@code
 * CausalLM model = Models.causal(folder);
 * Tensor logits = model.forward(ids); // [n, length] -> [n, length, vocabulary]
 * }</pre>
 */
@SuppressWarnings("exports") // families are internal to this module
public abstract non-sealed class CausalLM extends PretrainedModel {
    private final int vocabulary;
    private final int positions;
    private List<Integer> stopTokens = List.of();
    private @Nullable DType cacheType;

    /**
     * A model of a family, whose constructor makes its layers.
     *
     * @param family the family's name
     * @param vocabulary how many tokens the model knows
     * @param positions the sequence length that the model was made for
     */
    protected CausalLM(String family, int vocabulary, int positions) {
        super(family);
        this.vocabulary = vocabulary;
        this.positions = positions;
    }

    /** {@return the size of the model's vocabulary} */
    public final int vocabulary() {
        return vocabulary;
    }

    /** {@return the sequence length that the model was made for} */
    public final int positions() {
        return positions;
    }

    /** {@return the tokens that end a text, from generation_config.json or config.json} */
    public final List<Integer> stopTokens() {
        return stopTokens;
    }

    /**
     * Sets the tokens that end a text.
     *
     * @param tokens the tokens
     */
    public final void setStopTokens(List<Integer> tokens) {
        stopTokens = List.copyOf(tokens);
    }

    /** {@return the type that generation keeps keys and values in, or null for the one that the model computes in} */
    public final @Nullable DType cacheType() {
        return cacheType;
    }

    /**
     * Sets the type that generation keeps keys and values in. F16 takes half the memory of F32; a token whose score is all but
     * that of another one may change.
     *
     * @param type F16, BF16, F32 or F64; null for the type that the model computes in
     * @throws TensorException if the type has no fractions
     */
    public final void setCacheType(@Nullable DType type) {
        cacheType = KvCache.checked(type);
    }

    /**
     * {@return an empty cache for this model's keys and values, of its {@link #cacheType}}
     *
     * @param tokens for how many tokens memory is allocated at once
     */
    public final KvCache newCache(long tokens) {
        return new KvCache(tokens, cacheType);
    }

    /**
     * {@return the tokens' embeddings, the input of the first layer}
     *
     * @param ids tokens, {@code [n, l]} of I64
     * @param call the state that the layers of this call share
     */
    protected abstract Tensor embed(Tensor ids, Call call);

    /** {@return how many layers there are} */
    public abstract int layerCount();

    /**
     * {@return the hidden states after one of the layers}
     *
     * @param number its number, from 0
     * @param x the input
     * @param call the state that the layers of this call share
     */
    protected abstract Tensor layer(int number, Tensor x, Call call);

    /**
     * {@return the normalization after the last layer, applied to its result}
     *
     * @param x the input
     */
    protected abstract Tensor normalize(Tensor x);

    /**
     * {@return scores of the next token {@code [..., vocabulary]} from results of {@link #hidden}}
     *
     * @param hidden results of the last layer, normalized, {@code [n, l, size]}
     */
    public abstract Tensor head(Tensor hidden);

    /**
     * The result of the last layer, normalized.
     *
     * @param ids {@code [n, l]} of I64
     * @param mask {@code [n, l]}, or {@code [n, past + l]} including the tokens in the cache: 0 for padding on either
     *     side; or null
     * @param cache the keys and values of the previous tokens, to which those of these tokens are added; or null
     * @return {@code [n, l, size]}; meaningless where there is padding
     */
    public final Tensor hidden(Tensor ids, @Nullable Tensor mask, @Nullable KvCache cache) {
        return called(() -> hidden(ids, mask, cache, null));
    }

    /**
     * {@return the inputs of all layers and, last, the result of {@link #hidden}}
     *
     * @param ids tokens, {@code [n, l]} of I64
     * @param mask {@code [n, l]}, 0 for padding; or null if there is none
     */
    public final List<Tensor> hiddenStates(Tensor ids, @Nullable Tensor mask) {
        return called(
                () -> {
                    List<Tensor> all = new ArrayList<>();
                    all.add(hidden(ids, mask, null, all));
                    return all;
                },
                all -> all);
    }

    private Tensor hidden(Tensor ids, @Nullable Tensor mask, @Nullable KvCache cache, @Nullable List<Tensor> inputs) {
        return states(ids, new Call(ids, mask, cache, true, dtype()), inputs);
    }

    private Tensor states(Tensor ids, Call call, @Nullable List<Tensor> inputs) {
        checkLength(call.past() + call.count());
        boolean passing = inputs == null && call.count() > 1 && !Autograd.isRecording() && !isHookedInside();
        Tensor x = embed(ids, call);
        for (int i = 0; i < layerCount(); i++) {
            if (inputs != null) {
                inputs.add(x);
            }
            x = passing ? passed(i, x, call) : layer(i, x, call);
        }
        call.finish();
        return normalize(passing ? Scope.adopt(x) : x);
    }

    /** The result of a layer for a prompt, which no scope owns; its input, which may be large, is released. */
    private Tensor passed(int number, Tensor x, Call call) {
        Tensor y = layer(number, x, call).keep();
        if (number > 0) {
            try (Scope ignored = Scope.open("layer")) {
                Scope.adopt(x);
            }
        }
        return y;
    }

    private boolean isHookedInside() {
        return isHooked() || layers().stream().anyMatch(Layer::isHooked);
    }

    /** {@return how many tokens a sequence may have at most: as many as there are learned positions; rotary ones have no limit} */
    public long lengthLimit() {
        return Long.MAX_VALUE;
    }

    private void checkLength(long tokens) {
        if (tokens > lengthLimit()) {
            throw new TensorException(family() + ": " + tokens + " tokens (expected at most " + lengthLimit()
                    + ", the learned positions); cut the text");
        }
    }

    /** Scores of each next token, {@code [n, l, vocabulary]}. */
    @Override
    protected final Tensor compute(Tensor ids) {
        return head(hidden(ids, null, null));
    }

    /**
     * {@return scores of each next token, with the arguments of {@link #hidden}}
     *
     * @param ids tokens, {@code [n, l]} of I64
     * @param mask 0 for padding; or null if there is none
     * @param cache the keys and values of the previous tokens, or null
     */
    public final Tensor logits(Tensor ids, @Nullable Tensor mask, @Nullable KvCache cache) {
        return called(() -> head(hidden(ids, mask, cache, null)));
    }

    /**
     * {@return scores of each next token {@code [n, l, vocabulary]} of sequences of different lengths, which are those
     * that each gets alone up to rounding}
     *
     * @param ids the next tokens, {@code [n, l]} of I64
     * @param caches the keys and values of the previous tokens of each sequence, to which those of these tokens are
     *     added
     * @throws TensorException if there are not as many caches, or one of them occurs twice
     */
    public final Tensor logits(Tensor ids, List<KvCache> caches) {
        return called(() -> head(states(ids, new Call(ids, caches, dtype()), null)));
    }

    /**
     * {@return the mean cross-entropy of each next token}
     *
     * @param logits {@code [n, l, vocabulary]}
     * @param labels {@code [n, l]}: the tokens themselves, each of which is the target of the logits before it; -100 is
     *     ignored
     * @throws TensorException if the shapes are not these, or there are not at least two tokens
     */
    public static Tensor loss(Tensor logits, Tensor labels) {
        Seq2SeqLM.checkLoss("causal LM loss", 2, logits, labels);
        long l = labels.shape().size(1);
        Tensor said = logits.narrow(1, 0, l - 1);
        Tensor meant = labels.narrow(1, 1, l - 1);
        return new CrossEntropyLoss().of(said.flatten(0, 1), meant.contiguous().flatten());
    }
}
