package dev.lanewise.nn.metrics;

import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How well a recommender ranks: for outputs {@code [n, items]}, scores of the candidates of n users, and targets {@code [n,
 * items]}, 1 for what the user chose, else 0. Its figures, with the k that was asked for, are {@code hr@10}, the fraction of
 * users who have a chosen item among the first k by score, {@code ndcg@10}, which also counts at which rank ({@link
 * RankingMetrics#ndcg}), {@code mrr@10}, {@code map@10}, {@code precision@10} and {@code recall@10}. Equal scores stand in a
 * random order, so each figure is its expected value: a model that gives all items one score gets what chance gives. Users
 * without a chosen item count with 0.
 */
public final class TopK implements Metric {
    private final int k;
    private double hits;
    private double gains;
    private double reciprocalRanks;
    private double precisions;
    private double recalls;
    private double averagePrecisions;
    private long users;

    /**
     * A measurement that has seen no users yet.
     *
     * @param k how many items count, usually 10
     * @throws TensorException if {@code k} is less than 1
     */
    public TopK(int k) {
        if (k < 1) {
            throw new TensorException("TopK: k = " + k + " (expected at least 1); 10 is usual");
        }
        this.k = k;
    }

    /**
     * Takes a batch of users into account.
     *
     * @param output the scores, {@code [n, items]}
     * @param target 1 for a chosen item, else 0, of the same shape
     * @throws TensorException if the shapes differ or are not {@code [n, items]}
     */
    @Override
    public void add(Tensor output, Tensor target) {
        if (output.shape().rank() != 2 || !output.shape().equals(target.shape())) {
            throw new TensorException("top_k: output " + output.spec() + ", target " + target.spec()
                    + " (expected [n, items] of both, one row per user); reshape them");
        }
        float[] scores = output.toFloatArray();
        float[] chosen = target.toFloatArray();
        int items = Math.toIntExact(output.shape().size(1));
        for (int start = 0; start < scores.length; start += items) {
            float[] own = Arrays.copyOfRange(scores, start, start + items);
            float[] relevance = Arrays.copyOfRange(chosen, start, start + items);
            gains += RankingMetrics.ndcg(relevance, own, k);
            boolean[] relevant = new boolean[items];
            for (int i = 0; i < items; i++) {
                relevant[i] = relevance[i] > 0;
            }
            Ranking ranking = Ranking.of("top_k", relevant, own, k);
            hits += ranking.hit();
            reciprocalRanks += ranking.reciprocalRank();
            precisions += ranking.precision();
            recalls += ranking.recall();
            averagePrecisions += ranking.averagePrecision();
            users++;
        }
    }

    /** {@return the fraction of users with a hit among the first k, from 0 to 1; NaN if there were no users} */
    public double hitRate() {
        return hits / users;
    }

    /** {@return the mean normalized discounted cumulative gain of the first k, from 0 to 1; NaN if there were no users} */
    public double ndcg() {
        return gains / users;
    }

    /** {@return the mean of {@link RankingMetrics#reciprocalRank} (MRR), from 0 to 1; NaN if there were no users} */
    public double meanReciprocalRank() {
        return reciprocalRanks / users;
    }

    /** {@return the mean of {@link RankingMetrics#precision}, from 0 to 1; NaN if there were no users} */
    public double precision() {
        return precisions / users;
    }

    /** {@return the mean of {@link RankingMetrics#recall}, from 0 to 1; NaN if there were no users} */
    public double recall() {
        return recalls / users;
    }

    /**
     * {@return the mean of {@link RankingMetrics#averagePrecision(boolean[], float[], int)} (MAP), from 0 to 1; NaN if there were
     * no users}
     */
    public double meanAveragePrecision() {
        return averagePrecisions / users;
    }

    @Override
    public Map<String, Double> figures() {
        Map<String, Double> figures = new LinkedHashMap<>();
        figures.put("hr@" + k, hitRate());
        figures.put("ndcg@" + k, ndcg());
        figures.put("mrr@" + k, meanReciprocalRank());
        figures.put("map@" + k, meanAveragePrecision());
        figures.put("precision@" + k, precision());
        figures.put("recall@" + k, recall());
        return figures;
    }
}
