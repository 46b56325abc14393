package dev.lanewise.nn.optim;

import dev.lanewise.tensor.TensorException;
import java.util.Map;
import java.util.Objects;

/** Lowers an optimizer's learning rate when a measure has stopped decreasing. */
public final class Plateau {
    private final Optimizer optimizer;
    private final double factor;
    private final int patience;
    private final double least;
    private double best = Double.POSITIVE_INFINITY;
    private int waited;

    /**
     * A schedule that follows a measure.
     *
     * @param optimizer the optimizer whose rate is set
     * @param factor what the rate is multiplied by, between 0 and 1
     * @param patience how many measures may pass without a new best
     * @param least the lowest rate, 0 or more
     * @throws TensorException if the factor is not between 0 and 1, the patience is negative, or the least rate is negative or
     *     not finite
     */
    public Plateau(Optimizer optimizer, double factor, int patience, double least) {
        Objects.requireNonNull(optimizer, "optimizer");
        if (!(factor > 0 && factor < 1) || patience < 0 || !(least >= 0 && least < Double.POSITIVE_INFINITY)) {
            throw new TensorException("plateau: factor " + factor + ", patience " + patience + ", least rate " + least
                    + " (expected a factor between 0 and 1, and 0 or more of the others); check them");
        }
        this.optimizer = optimizer;
        this.factor = factor;
        this.patience = patience;
        this.least = least;
    }

    /** {@return what resumed training needs to know, by name; the rate itself is the optimizer's} */
    public Map<String, Double> state() {
        return Map.of("best", best, "waited", (double) waited);
    }

    /**
     * Restores what {@link #state} returned, so that the schedule goes on as if it had not been interrupted.
     *
     * @param state numbers by name
     */
    public void restore(Map<String, Double> state) {
        best = state.getOrDefault("best", best);
        waited = state.getOrDefault("waited", (double) waited).intValue();
    }

    /**
     * Takes the next measure, for example a validation loss; a measure is better if it is smaller by a relative 1e-4.
     *
     * @param value the measure
     */
    public void measure(double value) {
        if (value < best * (1 - 1e-4 * Math.signum(best))) {
            best = value;
            waited = 0;
        } else if (++waited > patience) {
            waited = 0;
            optimizer.rate(Math.max(optimizer.rate() * factor, least));
        }
    }
}
