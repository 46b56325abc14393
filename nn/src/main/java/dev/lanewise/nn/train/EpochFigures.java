package dev.lanewise.nn.train;

import dev.lanewise.tensor.TensorException;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The figures that are known after an epoch of training.
 *
 * @param epoch its number, from 1
 * @param step the number of updates since training began
 * @param samples how many samples the epoch had
 * @param seconds how long they took, excluding the validation
 * @param loss the mean training loss of the epoch's samples, each with the weights of its step
 * @param rate the learning rate of the last step
 * @param validation what was measured on the validation data, by name, such as {@code loss} and {@code accuracy}; empty
 *     without validation data
 */
public record EpochFigures(
        int epoch, long step, long samples, double seconds, double loss, double rate, Map<String, Double> validation) {
    /** The prefix of the names of {@link #validation} in {@link #asMap}. */
    public static final String VALIDATION = "validation_";

    /** Takes a copy of the map. */
    public EpochFigures {
        validation = Copies.ordered(validation);
    }

    /** {@return the number of samples per second in training} */
    public double samplesPerSecond() {
        return samples / seconds;
    }

    /**
     * {@return all figures by name, in the same order for all epochs: {@code train_loss}, {@code learning_rate},
     * {@code train_s}, {@code samples_per_s}, then those of the validation as {@code validation_loss} and so on}
     */
    public Map<String, Double> asMap() {
        Map<String, Double> all = new LinkedHashMap<>();
        all.put("train_loss", loss);
        all.put("learning_rate", rate);
        all.put("train_s", seconds);
        all.put("samples_per_s", samplesPerSecond());
        validation.forEach((name, value) -> all.put(VALIDATION + name, value));
        return all;
    }

    /**
     * {@return a figure by its name in {@link #asMap}}
     *
     * @param name the name of the figure
     * @throws TensorException if there is none with this name
     */
    public double figure(String name) {
        Map<String, Double> all = asMap();
        Double value = all.get(name);
        if (value == null) {
            throw new TensorException("training: no figure '" + name + "' (expected one of " + all.keySet()
                    + "); check the name, or measure it with Trainer.validation");
        }
        return value;
    }
}
