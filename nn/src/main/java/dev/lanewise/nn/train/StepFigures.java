package dev.lanewise.nn.train;

import java.util.Map;

/**
 * The figures after a step, that is, after an update of the weights.
 *
 * @param epoch the number of the epoch, from 1
 * @param step the number of updates since training began, from 1
 * @param samples how many of the epoch's samples have been trained on
 * @param size how many of them the step took
 * @param loss the step's mean loss
 * @param meanLoss the mean loss of the epoch's samples so far
 * @param rate the step's learning rate
 * @param more what else was measured in the step, by name, such as {@code gradient_norm}
 */
public record StepFigures(
        int epoch,
        long step,
        long samples,
        long size,
        double loss,
        double meanLoss,
        double rate,
        Map<String, Double> more) {
    /** Takes a copy of the map. */
    public StepFigures {
        more = Copies.ordered(more);
    }
}
