package dev.lanewise.lm;

import dev.lanewise.lm.part.Call;
import dev.lanewise.nn.loss.CrossEntropyLoss;
import dev.lanewise.nn.loss.Losses;
import dev.lanewise.tensor.Keep;
import dev.lanewise.tensor.Reduction;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A model that reads whole texts: BERT, DistilBERT, RoBERTa, by itself or with a head for classes or masked tokens. */
@SuppressWarnings("exports") // families are internal to this module
public abstract non-sealed class Encoder extends PretrainedModel {
    private SentencePooling pooling = SentencePooling.MEAN;

    /**
     * A model of a family, whose constructor makes its layers.
     *
     * @param family the family's name
     */
    protected Encoder(String family) {
        super(family);
    }

    /** What a model's head predicts, which determines its loss. */
    public enum Task {
        /** Nothing: there is no head. */
        NONE,
        /** One of several classes. */
        ONE_CLASS,
        /** Each of several classes, yes or no. */
        MANY_CLASSES,
        /** Numbers. */
        REGRESSION,
        /** A class, or the masked token, at every position. */
        EACH_TOKEN
    }

    /**
     * What an encoder of texts or images computes.
     *
     * @param lastHidden the last layer's result, {@code [n, l, size]}
     * @param pooled the pooled result of the first token, {@code [n, size]}, or null if the model has no pooling layer
     * @param logits the head's scores, {@code [n, classes]} or {@code [n, l, classes]}, or null without a head
     * @param hiddenStates the inputs of all layers, if they were requested
     */
    public record Output(
            Tensor lastHidden,
            @Nullable Tensor pooled,
            @Nullable Tensor logits,
            List<Tensor> hiddenStates) {
        /** Holds the given values, of which only {@code pooled} and {@code logits} may be null. */
        public Output {
            Objects.requireNonNull(lastHidden, "lastHidden");
            Objects.requireNonNull(hiddenStates, "hiddenStates");
        }

        List<Tensor> tensors() {
            List<Tensor> all = new ArrayList<>(hiddenStates);
            all.add(lastHidden);
            if (pooled != null) {
                all.add(pooled);
            }
            if (logits != null) {
                all.add(logits);
            }
            return all;
        }
    }

    final void pooling(SentencePooling stored) {
        pooling = stored;
    }

    /** {@return what the model's head predicts, or that it has none} */
    public abstract Task task();

    /** {@return how many tokens a text may have} */
    public abstract int positions();

    /** {@return the token that pads shorter texts} */
    public abstract int padding();

    /**
     * {@return the tokens' embeddings, the input of the first layer}
     *
     * @param ids tokens, {@code [n, l]} of I64
     * @param types which of two texts each token belongs to, or null for all 0
     */
    protected abstract Tensor embed(Tensor ids, @Nullable Tensor types);

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
     * {@return the pooled result of the first token, or null if the model has no pooling layer}
     *
     * @param lastHidden the last layer's result
     */
    protected abstract @Nullable Tensor pool(Tensor lastHidden);

    /**
     * {@return the head's scores, or null without a head}
     *
     * @param lastHidden the last layer's result
     * @param pooled the pooled result of the first token, or null
     */
    protected abstract @Nullable Tensor head(Tensor lastHidden, @Nullable Tensor pooled);

    /**
     * Runs the model on token numbers, without keeping the hidden states of its layers.
     *
     * @param ids {@code [n, l]} of I64
     * @param mask {@code [n, l]}, 0 for padding; or null if there is none
     * @param types {@code [n, l]} of I64, which of two texts a token belongs to; or null for all 0
     * @return the model's results
     */
    public final Output run(Tensor ids, @Nullable Tensor mask, @Nullable Tensor types) {
        return run(ids, mask, types, false);
    }

    /**
     * Runs the model on token numbers.
     *
     * @param ids tokens, {@code [n, l]} of I64
     * @param mask {@code [n, l]}, 0 for padding; or null if there is none
     * @param types {@code [n, l]} of I64, which of two texts a token belongs to; or null for all 0
     * @param keepHidden whether the inputs of all layers are part of the result
     * @return the model's results
     */
    public final Output run(Tensor ids, @Nullable Tensor mask, @Nullable Tensor types, boolean keepHidden) {
        return called(() -> compute(ids, mask, types, keepHidden), Output::tensors);
    }

    private Output compute(Tensor ids, @Nullable Tensor mask, @Nullable Tensor types, boolean keepHidden) {
        Call call = new Call(ids, mask, null, false, dtype());
        if (call.count() > positions()) {
            throw new TensorException(family() + ": " + call.count() + " tokens (expected at most " + positions()
                    + ", the learned positions); cut the text");
        }
        call.prepare(null, List.of(0));
        List<Tensor> inputs = new ArrayList<>();
        Tensor x = embed(ids, types);
        for (int i = 0; i < layerCount(); i++) {
            if (keepHidden) {
                inputs.add(x);
            }
            x = layer(i, x, call);
        }
        Tensor pooled = pool(x);
        return new Output(x, pooled, head(x, pooled), inputs);
    }

    /** The head's scores or, without a head, the last layer's result. */
    @Override
    protected final Tensor compute(Tensor ids) {
        Output output = compute(ids, null, null, false);
        Tensor logits = output.logits;
        return logits == null ? output.lastHidden : logits;
    }

    /**
     * {@return the loss that the head is trained with: cross-entropy if a text or token has one class (-100 is
     * ignored), binary cross-entropy if it has many, the mean squared error for numbers}
     *
     * @param logits the logits of {@link Output}
     * @param labels {@code [n]} or {@code [n, l]} of I64; or {@code [n, classes]} of floating-point numbers
     * @throws TensorException if the model has no head
     */
    public final Tensor loss(Tensor logits, Tensor labels) {
        return loss(family(), task(), logits, labels);
    }

    static Tensor loss(String family, Task task, Tensor logits, Tensor labels) {
        return switch (task) {
            case ONE_CLASS -> new CrossEntropyLoss().of(logits, labels);
            case EACH_TOKEN -> new CrossEntropyLoss().of(logits.flatten(0, 1), labels.flatten());
            case MANY_CLASSES ->
                Losses.binaryCrossEntropyWithLogits(Reduction.MEAN).of(logits, labels.to(logits.dtype()));
            case REGRESSION ->
                Losses.meanSquaredError(Reduction.MEAN)
                        .of(logits, labels.to(logits.dtype()).reshape(logits.shape()));
            case NONE ->
                throw new TensorException(family + ": a loss without a head (expected a model with one); compute it"
                        + " from run(...).lastHidden()");
        };
    }

    /**
     * One vector per text, pooled from the last layer's result without padding as the folder's sentence-transformers files
     * say: the first token, the maximum, the sum by the root of the length, or the mean, which is the default.
     *
     * @param ids tokens, {@code [n, l]} of I64
     * @param mask 0 for padding; or null if there is none
     * @param types which of two texts each token belongs to, or null for all 0
     * @param normalize whether vectors are scaled to length 1, so that their product is their cosine
     * @return {@code [n, size]}
     */
    public final Tensor embeddings(Tensor ids, @Nullable Tensor mask, @Nullable Tensor types, boolean normalize) {
        return called(() -> {
            Tensor hidden = compute(ids, mask, types, false).lastHidden;
            Tensor vectors = pooling.apply(hidden, mask == null ? ids.onesLike() : mask);
            return normalize
                    ? vectors.div(vectors.norm(-1, Keep.KEEP).clamp(1e-12, Double.POSITIVE_INFINITY))
                    : vectors;
        });
    }
}
