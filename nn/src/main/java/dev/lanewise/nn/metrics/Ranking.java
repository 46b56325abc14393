package dev.lanewise.nn.metrics;

import dev.lanewise.tensor.TensorException;
import java.util.Arrays;
import java.util.function.IntToDoubleFunction;

/**
 * The order by score of items of which some are relevant, and what its first k items are worth. Equal scores stand in a random
 * order, so that every figure is the expected value.
 */
final class Ranking {
    private final int[] sizes;
    private final int[] relevant;
    private final int k;

    /**
     * A ranking by the distinct scores, the greatest first.
     *
     * @param sizes how many items have each score
     * @param relevant how many of these are relevant
     */
    private Ranking(int[] sizes, int[] relevant, int k) {
        this.sizes = sizes;
        this.relevant = relevant;
        this.k = k;
    }

    static Ranking of(String metric, boolean[] relevant, float[] scores, int k) {
        Checks.sameLength(metric, relevant.length, scores.length);
        if (k < 1) {
            throw new TensorException(metric + ": k = " + k + " (expected at least 1); 10 is usual");
        }
        Integer[] order = RankingMetrics.descending(metric, scores);
        int[] sizes = new int[order.length];
        int[] hits = new int[order.length];
        int distinct = 0;
        for (int i = 0; i < order.length; i++) {
            distinct += i == 0 || scores[order[i]] != scores[order[i - 1]] ? 1 : 0;
            sizes[distinct - 1]++;
            hits[distinct - 1] += relevant[order[i]] ? 1 : 0;
        }
        return new Ranking(Arrays.copyOf(sizes, distinct), Arrays.copyOf(hits, distinct), k);
    }

    /** The probability that a relevant item is among the first k. */
    double hit() {
        return ofFirst(place -> 1);
    }

    double reciprocalRank() {
        return ofFirst(place -> 1.0 / place);
    }

    /** What the first relevant item is worth at its place, from 1, over the places that it may have. */
    private double ofFirst(IntToDoubleFunction worth) {
        int group = 0;
        int before = 0;
        while (group < sizes.length && relevant[group] == 0) {
            before += sizes[group++];
        }
        double sum = 0;
        double missed = 1;
        for (int t = 0; group < sizes.length && t < sizes[group] && before + t < k; t++) {
            int left = sizes[group] - t;
            sum += missed * relevant[group] / left * worth.applyAsDouble(before + t + 1);
            missed *= Math.max(0, left - relevant[group]) / (double) left;
        }
        return sum;
    }

    double precision() {
        return hits() / k;
    }

    double recall() {
        int all = Arrays.stream(relevant).sum();
        return all == 0 ? 0 : hits() / all;
    }

    /** How many of the first k items are relevant. */
    private double hits() {
        double hits = 0;
        int before = 0;
        for (int group = 0; group < sizes.length && before < k; group++) {
            hits += (double) relevant[group] * Math.min(sizes[group], k - before) / sizes[group];
            before += sizes[group];
        }
        return hits;
    }

    double averagePrecision() {
        double sum = 0;
        int before = 0;
        int above = 0;
        for (int group = 0; group < sizes.length && before < k; group++) {
            int size = sizes[group];
            double one = (double) relevant[group] / size;
            double two = size == 1 ? 0 : one * (relevant[group] - 1) / (size - 1);
            for (int t = 0; t < size && before + t < k; t++) {
                // the item at this place is relevant together with itself, those above, and each of t with the same
                // score
                sum += (one * (above + 1) + two * t) / (before + t + 1);
            }
            before += size;
            above += relevant[group];
        }
        int all = Arrays.stream(relevant).sum();
        return all == 0 ? 0 : sum / Math.min(all, k);
    }
}
