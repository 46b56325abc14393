package dev.lanewise.bench;

import java.util.Arrays;

/**
 * The same measured several times.
 *
 * @param values ascending; at least one
 */
public record Spread(double[] values) {
    /** Sorts the values. */
    public Spread {
        values = values.clone();
        Arrays.sort(values);
    }

    /** The least. */
    public double best() {
        return values[0];
    }

    /** The largest. */
    public double worst() {
        return values[values.length - 1];
    }

    /** The one in the middle, or the mean of the two there. */
    public double median() {
        int middle = values.length / 2;
        return values.length % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
    }

    /** The worst over the best. */
    public double ratio() {
        return worst() / best();
    }
}
