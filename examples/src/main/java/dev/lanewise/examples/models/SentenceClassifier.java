package dev.lanewise.examples.models;

import dev.lanewise.nn.Dropout;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.Linear;
import dev.lanewise.nn.sequence.Embedding;
import dev.lanewise.nn.sequence.LSTM;
import dev.lanewise.nn.sequence.Recurrent;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Classifies sentences of different length: the words' vectors, or the states of an LSTM that has read them, are
 * averaged over the words that are present, and a linear layer distinguishes the classes. {@code [n, words]} of
 * {@code I64}, padded with 0, to {@code [n, classes]}.
 */
public final class SentenceClassifier extends Layer {
    private final Layer embedding;
    private final Layer dropout;
    private final @Nullable Layer lstm;
    private final Layer out;

    private SentenceClassifier(long vocabulary, long size, @Nullable Recurrent lstm, double p, long classes, Rng rng) {
        embedding = child("embedding", new Embedding(vocabulary, size, rng));
        dropout = child("dropout", new Dropout(p, rng));
        this.lstm = lstm == null ? null : child("lstm", lstm);
        out = child("out", new Linear(size, classes, rng));
    }

    /**
     * A classifier by the mean of the words' vectors.
     *
     * @param vocabulary how many words it knows, including padding
     * @param size the size of a word's vector
     * @param p the probability of dropout
     */
    public static SentenceClassifier mean(long vocabulary, long size, double p, long classes, Rng rng) {
        return new SentenceClassifier(vocabulary, size, null, p, classes, rng);
    }

    /**
     * A classifier by the mean of an LSTM's states, which have the size of a word's vector; otherwise like
     * {@link #mean}.
     */
    public static SentenceClassifier lstm(long vocabulary, long size, double p, long classes, Rng rng) {
        Recurrent lstm = new LSTM(size, size, 1, false, 0, rng);
        return new SentenceClassifier(vocabulary, size, lstm, p, classes, rng);
    }

    @Override
    protected Tensor compute(Tensor words) {
        Tensor vectors = dropout.forward(embedding.forward(words));
        Tensor states = lstm == null ? vectors : dropout.forward(lstm.forward(vectors));
        Tensor there = words.ne(0).to(states.dtype()).unsqueeze(2);
        return out.forward(states.mul(there).sum(1).div(there.sum(1)));
    }
}
