package dev.lanewise.nn.models;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.Linear;
import dev.lanewise.nn.sequence.Embedding;
import dev.lanewise.nn.sequence.LSTM;
import dev.lanewise.nn.sequence.Recurrent;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.ArrayList;
import java.util.List;

/**
 * Translates a sequence of tokens into another: an LSTM reads the source, a second one, which begins with the states of the
 * first, writes the target, and for each token looks at all states of the source by attention (Luong et al. 2015,
 * arXiv:1508.04025, "general", with scaled products). Tokens are numbers of {@code I64}, 0 is padding at the end. Parameters are named
 * {@code source.weight}, {@code target.weight}, {@code encoder.weight_ih_l0}, {@code decoder.weight_ih_l0}, {@code
 * query.weight}, {@code combine.weight}, {@code out.weight}.
 */
public final class Seq2Seq extends Layer {
    private final Layer source;
    private final Layer target;
    private final Recurrent encoder;
    private final Recurrent decoder;
    private final Layer query;
    private final Layer combine;
    private final Layer out;

    /** What the decoder knows of the source. */
    private record Memory(Tensor states, Tensor visible, Recurrent.Result last) {}

    /**
     * A model, initialized from the global random stream.
     *
     * @param sourceTokens how many tokens the source has, padding included
     * @param targetTokens how many tokens the target has, padding included
     * @param size the size of the tokens' vectors and of the states
     * @throws TensorException if a size is not positive
     */
    public Seq2Seq(long sourceTokens, long targetTokens, long size) {
        this(sourceTokens, targetTokens, size, Rng.global());
    }

    /**
     * A model.
     *
     * @param sourceTokens how many tokens the source has, padding included
     * @param targetTokens how many tokens the target has, padding included
     * @param size the size of the tokens' vectors and of the states
     * @param rng the source of the initial values
     * @throws TensorException if a size is not positive
     */
    public Seq2Seq(long sourceTokens, long targetTokens, long size, Rng rng) {
        source = child("source", new Embedding(sourceTokens, size, 0, rng));
        target = child("target", new Embedding(targetTokens, size, 0, rng));
        encoder = child("encoder", new LSTM(size, size, 1, false, 0, rng));
        decoder = child("decoder", new LSTM(size, size, 1, false, 0, rng));
        query = child("query", new Linear(size, size, rng));
        combine = child("combine", new Linear(2 * size, size, rng));
        out = child("out", new Linear(size, targetTokens, rng));
    }

    /**
     * The scores of each next token, given all right tokens before it (teacher forcing).
     *
     * @param sources {@code I64 [n, length]}, each with a token that is not padding
     * @param before {@code I64 [n, time]}, the target's tokens from the begin token to the last but one
     * @return logits, {@code [n, time, targetTokens]}, of the tokens that follow
     * @throws TensorException if the tokens are not matrices of {@code I64} with as many rows
     */
    public Tensor forward(Tensor sources, Tensor before) {
        check(sources);
        check(before);
        return called(() -> {
            Memory memory = read(sources);
            return scores(decoder.run(target.forward(before), memory.last).output(), memory);
        });
    }

    /**
     * Translates token by token, each time with the most likely one. No gradients are recorded.
     *
     * @param sources {@code I64 [n, length]}, each with a token that is not padding
     * @param begin the token that the decoder begins with
     * @param end the token that ends a target; what follows it is padding
     * @param most how many tokens a target has at most, 1 or more
     * @return {@code I64 [n, time]} without the begin token, with time at most {@code most}
     * @throws TensorException if the sources are not a matrix of {@code I64}, or {@code most} is below 1
     */
    public Tensor greedy(Tensor sources, long begin, long end, int most) {
        check(sources);
        if (most < 1) {
            throw new TensorException("seq2seq: at most " + most + " tokens (expected 1 or more); allow more");
        }
        return Autograd.noGrad(() -> called(() -> {
            Memory memory = read(sources);
            Recurrent.Result state = memory.last;
            Tensor token = sources.select(1, 0).zerosLike().add(begin);
            Tensor ended = token.ne(token);
            List<Tensor> written = new ArrayList<>();
            while (written.size() < most && !(ended.all().itemLong() != 0)) {
                state = decoder.run(target.forward(token.unsqueeze(1)), state);
                Tensor best = scores(state.output(), memory).argmax(2).squeeze(1);
                token = ended.where(best.zerosLike(), best);
                ended = ended.or(token.eq(end));
                written.add(token);
            }
            return Tensor.stack(1, written.toArray(Tensor[]::new));
        }));
    }

    private static void check(Tensor tokens) {
        if (tokens.shape().rank() != 2
                || tokens.dtype() != DType.I64
                || tokens.shape().isEmpty()) {
            throw new TensorException("seq2seq: tokens " + tokens.spec()
                    + " (expected [n, time] of I64, one or more of both); pad sequences to one length with 0");
        }
    }

    private Memory read(Tensor sources) {
        Tensor there = sources.ne(0);
        Tensor lengths = there.sum(1);
        Recurrent.Result read = encoder.run(source.forward(sources), lengths);
        return new Memory(read.output(), there.unsqueeze(1), read);
    }

    /** {@code [n, time, size]} states of the decoder to {@code [n, time, targetTokens]}. */
    private Tensor scores(Tensor states, Memory memory) {
        Tensor seen = query.forward(states).attention(memory.states, memory.states, memory.visible, false);
        return out.forward(combine.forward(Tensor.cat(2, seen, states)).tanh());
    }
}
