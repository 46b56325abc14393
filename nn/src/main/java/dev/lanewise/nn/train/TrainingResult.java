package dev.lanewise.nn.train;

import dev.lanewise.nn.metrics.Metric;
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

    /** How training ended, with the figures of the last epoch. */
    @Override
    public String toString() {
        return "TrainingResult[" + end + ": " + reason + (history.isEmpty() ? "" : "; " + last()) + "]";
    }
}
