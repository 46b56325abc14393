package dev.lanewise.nn.train;

import dev.lanewise.nn.Checkpoint;
import dev.lanewise.tensor.TensorException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Ends training when a figure has stopped improving. A training that ended so and is resumed ends at once, unless the patience
 * has grown since; one that is not resumed begins anew.
 */
public final class EarlyStopping implements Callback {
    private final String figure;
    private final Goal goal;
    private final int patience;
    private final double difference;
    private double best;
    private int waited;
    private boolean resumed;
    private @Nullable Path bestFile;

    /**
     * A callback that ends training when a figure no longer improves.
     *
     * @param figure its name in {@link EpochFigures#asMap}
     * @param goal which values are better
     * @param patience how many epochs may pass without a better value; training ends after the next
     * @param difference by how much a value must be better to count, 0 or more
     * @throws TensorException if the patience or the difference is negative
     */
    public EarlyStopping(String figure, Goal goal, int patience, double difference) {
        Objects.requireNonNull(figure, "figure");
        if (patience < 0 || !(difference >= 0)) {
            throw new TensorException("early stopping: patience " + patience + ", difference " + difference
                    + " (expected 0 or more of both); check them");
        }
        this.figure = figure;
        this.goal = goal;
        this.patience = patience;
        this.difference = difference;
        best = goal.worst();
    }

    /**
     * An early stop after some epochs without a smaller value, for example of {@code validation_loss}.
     *
     * @param figure its name in {@link EpochFigures#asMap}
     * @param patience how many epochs may pass without a better value
     * @return the callback
     * @throws TensorException if the patience is negative
     */
    public static EarlyStopping onSmallest(String figure, int patience) {
        Objects.requireNonNull(figure, "figure");
        return new EarlyStopping(figure, Goal.SMALLEST, patience, 0);
    }

    /**
     * An early stop after some epochs without a larger value, for example of {@code validation_accuracy}.
     *
     * @param figure its name in {@link EpochFigures#asMap}
     * @param patience how many epochs may pass without a better value
     * @return the callback
     * @throws TensorException if the patience is negative
     */
    public static EarlyStopping onLargest(String figure, int patience) {
        Objects.requireNonNull(figure, "figure");
        return new EarlyStopping(figure, Goal.LARGEST, patience, 0);
    }

    /**
     * The same with the weights of the best epoch in the end: they are saved to a file whenever the figure is better, and loaded
     * when the training ends, unless it was interrupted to be resumed. A training that is resumed goes on with the file.
     *
     * @param file where the weights go, with the state of the training beside it
     * @return this callback
     */
    public EarlyStopping restoringBest(Path file) {
        Objects.requireNonNull(file, "file");
        bestFile = file;
        return this;
    }

    @Override
    public void onStart(Training training) {
        if (bestFile != null) {
            TrainingState.checkWritable(bestFile);
        }
        if (!resumed) {
            best = goal.worst();
            waited = 0;
        }
        resumed = false;
        stopIfTooLong(training);
    }

    private void stopIfTooLong(Training training) {
        if (waited > patience) {
            training.stop(figure + " was not better than " + best + " for " + waited + " epochs");
        }
    }

    @Override
    public void onEnd(Training training, TrainingResult result) {
        Path file = bestFile;
        if (file != null && result.end() != TrainingResult.End.INTERRUPTED && best != goal.worst()) {
            Checkpoint.loadWeights(file, training.model());
        }
    }

    @Override
    public void onEpochEnd(Training training, EpochFigures figures) {
        double value = figures.figure(figure);
        if (goal.better(value, best, difference)) {
            best = value;
            waited = 0;
            if (bestFile != null) {
                training.save(bestFile);
            }
        } else {
            waited++;
            stopIfTooLong(training);
        }
    }

    @Override
    public String name() {
        return "EarlyStopping." + figure;
    }

    @Override
    public Map<String, Double> state() {
        return Map.of("best", best, "waited", (double) waited);
    }

    @Override
    public void restore(Map<String, Double> state) {
        best = state.getOrDefault("best", best);
        waited = state.getOrDefault("waited", 0.0).intValue();
        resumed = true;
    }
}
