package dev.lanewise.nn.train;

import dev.lanewise.tensor.TensorException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;

/**
 * Saves the state of training to files from which it can be resumed; a file is never half-written. Files that can't be
 * written are an error before the first step.
 */
public final class Checkpoints {
    private Checkpoints() {}

    /**
     * Saves after every epoch and when training is stopped.
     *
     * @param file the file for the state; see {@link TrainingState#save}
     * @return the callback
     */
    public static Callback last(Path file) {
        Objects.requireNonNull(file, "file");
        return new Last(file, Long.MAX_VALUE);
    }

    /**
     * Saves after every epoch, when training is stopped, and after every n-th step.
     *
     * @param file the file for the state; see {@link TrainingState#save}
     * @param steps the number of steps between saves, 1 or more
     * @return the callback
     * @throws TensorException if {@code steps} is less than 1
     */
    public static Callback last(Path file, long steps) {
        Objects.requireNonNull(file, "file");
        if (steps < 1) {
            throw new TensorException("checkpoints: every " + steps + " steps (expected 1 or more); check the number");
        }
        return new Last(file, steps);
    }

    /**
     * Saves after every epoch whose figure is better than that of all previous epochs.
     *
     * @param file the file for the state; see {@link TrainingState#save}
     * @param figure its name in {@link EpochFigures#asMap}
     * @param goal which values are better
     * @return the callback
     */
    public static Callback best(Path file, String figure, Goal goal) {
        Objects.requireNonNull(file, "file");
        Objects.requireNonNull(figure, "figure");
        return new Best(file, figure, goal);
    }

    private record Last(Path file, long steps) implements Callback {
        @Override
        public void onStart(Training training) {
            if (training.writes()) {
                TrainingState.checkWritable(file);
            }
        }

        @Override
        public void onStep(Training training, StepFigures figures) {
            if (figures.step() % steps == 0) {
                training.save(file);
            }
        }

        @Override
        public void onEpochEnd(Training training, EpochFigures figures) {
            training.save(file);
        }

        @Override
        public void onEnd(Training training, TrainingResult result) {
            if (result.end() != TrainingResult.End.COMPLETED) {
                training.save(file);
            }
        }
    }

    private static final class Best implements Callback {
        private final Path file;
        private final String figure;
        private final Goal goal;
        private double best;

        Best(Path file, String figure, Goal goal) {
            this.file = file;
            this.figure = figure;
            this.goal = goal;
            best = goal.worst();
        }

        @Override
        public void onStart(Training training) {
            if (training.writes()) {
                TrainingState.checkWritable(file);
            }
        }

        @Override
        public void onEpochEnd(Training training, EpochFigures figures) {
            double value = figures.figure(figure);
            if (goal.better(value, best, 0)) {
                best = value;
                training.save(file);
            }
        }

        @Override
        public String name() {
            return "Checkpoints.best." + figure;
        }

        @Override
        public Map<String, Double> state() {
            return Map.of("best", best);
        }

        @Override
        public void restore(Map<String, Double> state) {
            best = state.getOrDefault("best", best);
        }
    }
}
