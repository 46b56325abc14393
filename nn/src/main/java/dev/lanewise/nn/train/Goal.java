package dev.lanewise.nn.train;

/** Which values of a figure are good ones. */
public enum Goal {
    /** Small ones, as of a loss. */
    SMALLEST,
    /** Large ones, as of an accuracy. */
    LARGEST;

    /** What every value is better than. */
    double worst() {
        return this == SMALLEST ? Double.POSITIVE_INFINITY : Double.NEGATIVE_INFINITY;
    }

    /** Whether a value is better than the best before by more than a difference; NaN never is. */
    boolean better(double value, double best, double difference) {
        return this == SMALLEST ? value < best - difference : value > best + difference;
    }
}
