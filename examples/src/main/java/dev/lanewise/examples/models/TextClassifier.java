package dev.lanewise.examples.models;

import dev.lanewise.nn.Layer;
import dev.lanewise.nn.Linear;
import dev.lanewise.nn.sequence.Embedding;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;

/**
 * Classifies a text by the mean of its words' vectors (after Joulin et al. 2016, "Bag of tricks for efficient text
 * classification", arXiv:1607.01759, with a hidden layer): {@code [n, words]} of {@code I64} to {@code [n, classes]}.
 */
public final class TextClassifier extends Layer {
    private final Layer embedding;
    private final Layer hidden;
    private final Layer out;

    /**
     * A classifier.
     *
     * @param vocabulary how many words it knows
     * @param size the size of a word's vector
     * @param hiddenSize the size of the hidden layer
     * @param classes how many classes it distinguishes
     */
    public TextClassifier(long vocabulary, long size, long hiddenSize, long classes, Rng rng) {
        embedding = child("embedding", new Embedding(vocabulary, size, rng));
        hidden = child("hidden", new Linear(size, hiddenSize, rng));
        out = child("out", new Linear(hiddenSize, classes, rng));
    }

    @Override
    protected Tensor compute(Tensor words) {
        return out.forward(hidden.forward(embedding.forward(words).mean(1)).relu());
    }
}
