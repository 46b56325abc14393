package dev.lanewise.bench.steady;

import java.util.Arrays;

/**
 * Times of one piece of work in several processes.
 *
 * @param seconds ascending; at least one
 */
record Spread(double[] seconds) {
    Spread {
        seconds = seconds.clone();
        Arrays.sort(seconds);
    }

    double best() {
        return seconds[0];
    }

    double worst() {
        return seconds[seconds.length - 1];
    }

    double median() {
        int middle = seconds.length / 2;
        return seconds.length % 2 == 1 ? seconds[middle] : (seconds[middle - 1] + seconds[middle]) / 2;
    }

    /** The worst over the best. */
    double ratio() {
        return worst() / best();
    }
}
