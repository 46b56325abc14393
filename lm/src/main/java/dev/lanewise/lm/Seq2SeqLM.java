package dev.lanewise.lm;

import dev.lanewise.nn.loss.CrossEntropyLoss;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** An encoder that reads a text and a decoder that writes another one: T5. */
public abstract non-sealed class Seq2SeqLM extends PretrainedModel {
    private final Tokens tokens;

    /**
     * The vocabulary's size and special tokens.
     *
     * @param vocabulary how many tokens there are
     * @param start the token that the decoder begins with
     * @param padding the token that pads shorter texts
     * @param stop the tokens that end a text
     */
    public record Tokens(int vocabulary, int start, int padding, List<Integer> stop) {
        /** Takes copies. */
        public Tokens {
            Objects.requireNonNull(stop, "stop");
            stop = List.copyOf(stop);
        }
    }

    /**
     * A model of a family, whose constructor makes its layers.
     *
     * @param family the family's name
     * @param tokens the vocabulary's size and special tokens
     */
    protected Seq2SeqLM(String family, Tokens tokens) {
        super(family);
        this.tokens = tokens;
    }

    /** {@return the vocabulary's size and special tokens} */
    public final Tokens tokens() {
        return tokens;
    }

    /**
     * Runs the encoder; adds the inputs of all layers to a list, if there is one.
     *
     * @param ids tokens, {@code [n, l]} of I64
     * @param mask 0 for padding; or null if there is none
     * @param inputs receives the inputs of all layers, or null
     * @return the encoder's result
     */
    protected abstract Tensor encode(Tensor ids, @Nullable Tensor mask, @Nullable List<Tensor> inputs);

    /**
     * Runs the decoder; adds the inputs of all layers to a list, if there is one.
     *
     * @param encoded the encoder's result, {@code [n, s, size]}
     * @param mask 0 for padding; or null if there is none
     * @param ids tokens, {@code [n, l]} of I64
     * @param cache the keys and values of the previous tokens, or null
     * @param inputs receives the inputs of all layers, or null
     * @return the decoder's result
     */
    protected abstract Tensor decode(
            Tensor encoded, @Nullable Tensor mask, Tensor ids, @Nullable KvCache cache, @Nullable List<Tensor> inputs);

    /**
     * {@return scores of the next token {@code [..., vocabulary]} from the decoder's result}
     *
     * @param decoded the decoder's result, {@code [n, l, size]}
     */
    public abstract Tensor head(Tensor decoded);

    /**
     * {@return the encoder's result {@code [n, s, size]}}
     *
     * @param ids {@code [n, s]} of I64
     * @param mask {@code [n, s]}, 0 for padding; or null if there is none
     */
    public final Tensor encode(Tensor ids, @Nullable Tensor mask) {
        return called(() -> encode(ids, mask, null));
    }

    /**
     * {@return the inputs of the encoder's layers and, last, its result}
     *
     * @param ids tokens, {@code [n, l]} of I64
     * @param mask 0 for padding; or null if there is none
     */
    public final List<Tensor> encoderStates(Tensor ids, @Nullable Tensor mask) {
        return called(
                () -> {
                    List<Tensor> all = new ArrayList<>();
                    all.add(encode(ids, mask, all));
                    return all;
                },
                all -> all);
    }

    /**
     * {@return the decoder's result {@code [n, l, size]}}
     *
     * @param encoded the encoder's result
     * @param mask the mask that the encoder was given
     * @param ids {@code [n, l]}, the tokens generated so far or, with a cache, those that are not in it yet
     * @param cache the decoder's keys and values of the previous tokens, or null
     */
    public final Tensor decode(Tensor encoded, @Nullable Tensor mask, Tensor ids, @Nullable KvCache cache) {
        return called(() -> decode(encoded, mask, ids, cache, null));
    }

    /**
     * {@return the inputs of the decoder's layers and, last, its result}
     *
     * @param encoded the encoder's result, {@code [n, s, size]}
     * @param mask 0 for padding; or null if there is none
     * @param ids tokens, {@code [n, l]} of I64
     */
    public final List<Tensor> decoderStates(Tensor encoded, @Nullable Tensor mask, Tensor ids) {
        return called(
                () -> {
                    List<Tensor> all = new ArrayList<>();
                    all.add(decode(encoded, mask, ids, null, all));
                    return all;
                },
                all -> all);
    }

    /**
     * {@return the decoder's input for these labels: the labels shifted right by one position, after the first token;
     * -100 becomes padding}
     *
     * @param labels {@code [n, l]} of I64, -100 for padding
     */
    public final Tensor shiftRight(Tensor labels) {
        long n = labels.shape().size(0);
        long l = labels.shape().size(1);
        Tensor start = Tensor.full(tokens.start, DType.I64, labels.device(), n, 1);
        Tensor before = labels.narrow(1, 0, l - 1);
        return Tensor.cat(1, start, before.maskedFill(before.eq(-100), (long) tokens.padding));
    }

    /**
     * {@return the mean cross-entropy of labels}
     *
     * @param logits {@code [n, l, vocabulary]}
     * @param labels {@code [n, l]}; -100 is ignored
     * @throws TensorException if the shapes are not these
     */
    public static Tensor loss(Tensor logits, Tensor labels) {
        checkLoss("seq2seq LM loss", 1, logits, labels);
        return new CrossEntropyLoss().of(logits.flatten(0, 1), labels.flatten());
    }

    static void checkLoss(String what, long shortest, Tensor logits, Tensor labels) {
        Shape of = logits.shape();
        if (of.rank() != 3
                || labels.shape().rank() != 2
                || of.size(0) != labels.shape().size(0)
                || of.size(1) != labels.shape().size(1)
                || of.size(1) < shortest) {
            throw new TensorException(what + ": logits " + logits.spec() + " and labels " + labels.spec()
                    + " (expected [n, l, vocabulary] and [n, l], with an l of " + shortest
                    + " or more); give a batch of texts its dimension by unsqueeze(0)");
        }
    }

    @Override
    protected final Tensor compute(Tensor ids) {
        throw new TensorException("t5: called with " + ids.spec()
                + " alone (expected a text to read and one to write); use encode and decode, or a Generator");
    }
}
