package dev.lanewise.examples.train;

import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * What a model says about an input.
 *
 * @param input the input, or a part of it
 * @param text a class, a number or a text
 * @param probability of the class, from 0 to 1; NaN for other answers
 */
public record Answer(String input, String text, double probability) {
    /**
     * The most probable class of every row.
     *
     * @param inputs one per row
     * @param logits {@code [n, classes]}
     * @throws BadFileException if there are more or fewer names than classes
     */
    public static List<Answer> classes(List<String> inputs, Tensor logits, List<String> classes) {
        if (logits.shape().size(1) != classes.size()) {
            throw new BadFileException(
                    "the file of the classes' names",
                    classes.size() + " classes",
                    logits.shape().size(1) + ", as many as the weights distinguish",
                    "keep the weights and names of one training run together");
        }
        List<Answer> answers = new ArrayList<>();
        float[] probabilities = logits.softmax(1).toFloatArray();
        long[] best = logits.argmax(1).toLongArray();
        for (int row = 0; row < best.length; row++) {
            int label = Math.toIntExact(best[row]);
            answers.add(new Answer(inputs.get(row), classes.get(label), probabilities[row * classes.size() + label]));
        }
        return answers;
    }
}
