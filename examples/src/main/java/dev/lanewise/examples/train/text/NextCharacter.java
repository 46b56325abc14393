package dev.lanewise.examples.train.text;

import dev.lanewise.nn.metrics.Classification;
import dev.lanewise.nn.metrics.Metric;
import dev.lanewise.tensor.Tensor;
import java.util.List;
import java.util.Map;

/**
 * Measures the predictions of the next character at every position of a text: {@code [n, time, vocabulary]} and
 * {@code I64 [n, time]}.
 */
final class NextCharacter implements Metric {
    private final Classification all;

    NextCharacter(List<String> vocabulary) {
        all = new Classification(vocabulary.stream().map(NextCharacter::visible).toList());
    }

    /** The character in a form that a row of a table can show. */
    private static String visible(String character) {
        return switch (character) {
            case "\n" -> "newline";
            case "\t" -> "tab";
            case " " -> "space";
            default -> character;
        };
    }

    @Override
    public void add(Tensor output, Tensor target) {
        all.add(output.flatten(0, 1), target.flatten());
    }

    @Override
    public Map<String, Double> figures() {
        return all.figures();
    }

    @Override
    public String report() {
        return all.report();
    }
}
