package dev.lanewise.nn.train;

/** Which values of a figure are better. */
public enum Goal {
    /** Small ones, as for a loss. */
    SMALLEST,
    /** Large ones, as for an accuracy. */
    LARGEST;

    /** The value that every other one is better than. */
    double worst() {
        return this == SMALLEST ? Double.POSITIVE_INFINITY : Double.NEGATIVE_INFINITY;
    }

    /** Whether a value is better than the previous best by more than a difference; NaN never is. */
    boolean better(double value, double best, double difference) {
        return this == SMALLEST ? value < best - difference : value > best + difference;
    }
}
