package dev.lanewise.examples.train;

import dev.lanewise.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** The next token at every place of a text, by cross-entropy: {@code [n, time, vocabulary]} and {@code I64 [n, time]}. */
record NextToken() implements Objective {
    @Override
    public Tensor loss(Tensor logits, Tensor y) {
        return logits.flatten(0, 1).crossEntropy(y.flatten());
    }

    @Override
    public double accuracy(Tensor logits, Tensor y) {
        return (double) logits.argmax(2).eq(y).sum().itemLong() / y.shape().elements();
    }

    @Override
    public Evaluation evaluation() {
        return new Measured();
    }

    private final class Measured implements Evaluation {
        private double losses;
        private double right;
        private long tokens;

        @Override
        public void add(Tensor logits, Tensor y) {
            long count = y.shape().elements();
            losses += loss(logits, y).item() * count;
            right += accuracy(logits, y) * count;
            tokens += count;
        }

        @Override
        public Map<String, Double> figures() {
            Map<String, Double> figures = new LinkedHashMap<>();
            figures.put("test_accuracy", right / tokens);
            figures.put("validation_loss", losses / tokens);
            return figures;
        }

        @Override
        public String report() {
            return String.format(
                    Locale.ROOT,
                    "validation loss %.4f (perplexity %.3f), %.2f%% of the characters foretold%n",
                    losses / tokens,
                    Math.exp(losses / tokens),
                    100 * right / tokens);
        }
    }
}
