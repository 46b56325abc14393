package dev.lanewise.nn.train;

import dev.lanewise.nn.optim.Plateau;
import java.util.Map;
import java.util.Objects;

/** Lowers the learning rate when a figure has stopped improving; do not combine it with another schedule. */
public final class ReduceOnPlateau implements Callback {
    private final String figure;
    private final Goal goal;
    private final Plateau plateau;

    /**
     * A schedule that follows a figure.
     *
     * @param figure its name in {@link EpochFigures#asMap}
     * @param goal which values are better
     * @param plateau says when and by how much
     */
    public ReduceOnPlateau(String figure, Goal goal, Plateau plateau) {
        Objects.requireNonNull(figure, "figure");
        Objects.requireNonNull(goal, "goal");
        Objects.requireNonNull(plateau, "plateau");
        this.figure = figure;
        this.goal = goal;
        this.plateau = plateau;
    }

    @Override
    public void onEpochEnd(Training training, EpochFigures figures) {
        double value = figures.figure(figure);
        plateau.measure(goal == Goal.SMALLEST ? value : -value);
    }

    @Override
    public String name() {
        return "ReduceOnPlateau." + figure;
    }

    @Override
    public Map<String, Double> state() {
        return plateau.state();
    }

    @Override
    public void restore(Map<String, Double> state) {
        plateau.restore(state);
    }
}
