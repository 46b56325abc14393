package dev.lanewise.nn.train;

import dev.lanewise.nn.metrics.Metric;
import dev.lanewise.tensor.TensorException;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * How training ended, with the figures of every epoch.
 *
 * @param end why it ended
 * @param reason the same for display, in a few words
 * @param history the figures of every epoch, including those before a resume
 * @param metrics those of the last validation, in the order in which they were given to the trainer; empty if there was
 *     none
 */
public record TrainingResult(End end, String reason, List<EpochFigures> history, List<Metric> metrics) {
    /** The reasons for which training ends. */
    public enum End {
        /** All epochs were trained. */
        COMPLETED,
        /** A callback stopped it. */
        STOPPED,
        /** The trainer's stop condition held; checkpoints are from between two steps. */
        INTERRUPTED
    }

    /** Takes copies of the lists. */
    public TrainingResult {
        Objects.requireNonNull(end, "end");
        Objects.requireNonNull(reason, "reason");
        Objects.requireNonNull(history, "history");
        Objects.requireNonNull(metrics, "metrics");
        history = List.copyOf(history);
        metrics = List.copyOf(metrics);
    }

    /** {@return the figures of the last epoch} */
    public EpochFigures last() {
        return history.getLast();
    }

    /**
     * One figure of every epoch, by its name in {@link EpochFigures#asMap}.
     *
     * @param figure its name
     * @return the values, in the order of the epochs
     */
    public double[] series(String figure) {
        Objects.requireNonNull(figure, "figure");
        return history.stream().mapToDouble(epoch -> epoch.figure(figure)).toArray();
    }

    /**
     * This result as if training had ended with its best epoch, the first of several: the figures of the weights that {@link
     * EarlyStopping#restoringBest} leaves in a model, with a difference of 0.
     *
     * @param figure the name in {@link EpochFigures#asMap} of what is compared
     * @param goal which values are better
     * @return the result with the epochs up to that one, and without {@link #metrics}, which are of the last validation
     * @throws TensorException if there is no such figure, or it is not finite in any epoch
     */
    public TrainingResult atBest(String figure, Goal goal) {
        Objects.requireNonNull(goal, "goal");
        double[] values = series(figure);
        int best = -1;
        for (int i = 0; i < values.length; i++) {
            if (goal.better(values[i], best < 0 ? goal.worst() : values[best], 0)) {
                best = i;
            }
        }
        if (best < 0) {
            throw new TensorException("training: " + figure + " is " + Arrays.toString(values)
                    + " in all epochs (expected a finite number in one); look at the data and the learning rate");
        }
        return new TrainingResult(end, reason, history.subList(0, best + 1), List.of());
    }

    /** How training ended, with the figures of the last epoch. */
    @Override
    public String toString() {
        return "TrainingResult[" + end + ": " + reason + (history.isEmpty() ? "" : "; " + last()) + "]";
    }
}
