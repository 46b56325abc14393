package dev.lanewise.nn.metrics;

import dev.lanewise.tensor.TensorException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Objects;
import java.util.stream.IntStream;

/** Measures of scores by the order that they give, with scikit-learn's definitions. */
public final class RankingMetrics {
    private RankingMetrics() {}

    /**
     * A curve of two measures over all thresholds.
     *
     * @param x the measure along the horizontal axis
     * @param y the measure along the vertical axis
     * @param thresholds the least score that counts as positive at each point
     */
    public record Curve(double[] x, double[] y, double[] thresholds) {
        /** Holds the given values, none of which may be null. */
        public Curve {
            Objects.requireNonNull(x, "x");
            Objects.requireNonNull(y, "y");
            Objects.requireNonNull(thresholds, "thresholds");
        }

        /**
         * The area under the curve by the trapezoidal rule (scikit-learn's {@code auc}): of a {@link #rocCurve} it is {@link
         * ClassificationMetrics#rocAuc}; of a {@link #precisionRecallCurve} it is larger than {@link #averagePrecision} as a
         * rule, because it joins the points by lines.
         *
         * @return the sum of {@code (x[i + 1] - x[i]) (y[i] + y[i + 1]) / 2}, from the least x to the greatest
         * @throws TensorException if there are not at least two points of as many x as y, or x goes up and down
         */
        public double area() {
            Checks.sameLength("area", x.length, y.length);
            if (x.length < 2) {
                throw new TensorException(
                        "area: " + x.length + " points (expected at least 2); a curve has a point for each threshold");
            }
            double sign = x[x.length - 1] < x[0] ? -1 : 1;
            double area = 0;
            for (int i = 1; i < x.length; i++) {
                if (!(sign * (x[i] - x[i - 1]) >= 0)) {
                    throw new TensorException("area: x is " + x[i - 1] + " and then " + x[i] + " at point " + i
                            + " (expected numbers that only go up, or only down); sort the points by x");
                }
                area += sign * (x[i] - x[i - 1]) * (y[i] + y[i - 1]) / 2;
            }
            return area;
        }
    }

    /** The samples in descending order of scores, with the counts above each distinct score. */
    private record Counts(double[] thresholds, long[] positives, long[] negatives) {
        static Counts of(String metric, boolean[] positive, float[] scores) {
            Checks.sameLength(metric, positive.length, scores.length);
            Integer[] order = descending(metric, scores);
            double[] thresholds = new double[order.length];
            long[] positives = new long[order.length];
            long[] negatives = new long[order.length];
            int distinct = 0;
            long p = 0;
            for (int i = 0; i < order.length; i++) {
                p += positive[order[i]] ? 1 : 0;
                if (i + 1 == order.length || scores[order[i]] != scores[order[i + 1]]) {
                    thresholds[distinct] = scores[order[i]];
                    positives[distinct] = p;
                    negatives[distinct++] = i + 1 - p;
                }
            }
            return new Counts(
                    Arrays.copyOf(thresholds, distinct),
                    Arrays.copyOf(positives, distinct),
                    Arrays.copyOf(negatives, distinct));
        }

        int size() {
            return thresholds.length;
        }

        long allPositives() {
            return size() == 0 ? 0 : positives[size() - 1];
        }

        long allNegatives() {
            return size() == 0 ? 0 : negatives[size() - 1];
        }
    }

    /** The items by score, the greatest first. */
    static Integer[] descending(String metric, float[] scores) {
        for (int i = 0; i < scores.length; i++) {
            checkNumber(metric, scores, i);
        }
        // 0.0 and -0.0 are the same score
        return IntStream.range(0, scores.length)
                .boxed()
                .sorted(Comparator.comparingDouble((Integer i) -> -scores[i] + 0.0))
                .toArray(Integer[]::new);
    }

    private static void checkNumber(String metric, float[] scores, int sample) {
        if (Float.isNaN(scores[sample])) {
            throw new TensorException(
                    metric + ": NaN at sample " + sample + " (expected a number); check the model's output");
        }
    }

    private static void checkBoth(String metric, Counts counts) {
        if (counts.allPositives() == 0 || counts.allNegatives() == 0) {
            throw new TensorException(metric + ": " + counts.allPositives() + " positive and "
                    + counts.allNegatives()
                    + " negative samples (expected at least one of each); use a larger or stratified sample");
        }
    }

    private static void checkPositive(String metric, Counts counts) {
        if (counts.allPositives() == 0) {
            throw new TensorException(
                    metric + ": no positive sample (expected at least one); use a larger or stratified sample");
        }
    }

    /**
     * The receiver operating characteristic: false against true positives, each as a fraction, from (0, 0) at an
     * infinite threshold to (1, 1) at the least score; a point for each distinct score (scikit-learn's
     * {@code roc_curve} with {@code drop_intermediate=False}).
     *
     * @param positive whether each sample is of the positive class
     * @param scores greater means more likely positive; not NaN
     * @return x: the false positive rate, y: the true positive rate
     * @throws TensorException if one of the two classes has no sample, or a score is NaN
     */
    public static Curve rocCurve(boolean[] positive, float[] scores) {
        Counts counts = Counts.of("rocCurve", positive, scores);
        checkBoth("rocCurve", counts);
        int points = counts.size() + 1;
        Curve curve = new Curve(new double[points], new double[points], new double[points]);
        curve.thresholds[0] = Double.POSITIVE_INFINITY;
        for (int i = 1; i < points; i++) {
            curve.x[i] = (double) counts.negatives[i - 1] / counts.allNegatives();
            curve.y[i] = (double) counts.positives[i - 1] / counts.allPositives();
            curve.thresholds[i] = counts.thresholds[i - 1];
        }
        return curve;
    }

    /**
     * Precision against recall, in ascending order of thresholds, a point for each distinct score, and last the point
     * (0, 1), whose threshold is infinite (scikit-learn's {@code precision_recall_curve}).
     *
     * @param positive whether each sample is of the positive class
     * @param scores greater means more likely positive; not NaN
     * @return x: the recall, y: the precision
     * @throws TensorException if there is no positive sample, or a score is NaN
     */
    public static Curve precisionRecallCurve(boolean[] positive, float[] scores) {
        Counts counts = Counts.of("precisionRecallCurve", positive, scores);
        checkPositive("precisionRecallCurve", counts);
        int points = counts.size() + 1;
        Curve curve = new Curve(new double[points], new double[points], new double[points]);
        for (int i = 0; i < counts.size(); i++) {
            int point = counts.size() - 1 - i;
            curve.x[point] = (double) counts.positives[i] / counts.allPositives();
            curve.y[point] = (double) counts.positives[i] / (counts.positives[i] + counts.negatives[i]);
            curve.thresholds[point] = counts.thresholds[i];
        }
        curve.y[counts.size()] = 1;
        curve.thresholds[counts.size()] = Double.POSITIVE_INFINITY;
        return curve;
    }

    /**
     * The area under the precision-recall curve as a sum of steps, {@code sum (R[n] - R[n - 1]) P[n]} (scikit-learn's
     * {@code average_precision_score}).
     *
     * @param positive whether each sample is of the positive class
     * @param scores greater means more likely positive; not NaN
     * @return a number from 0 to 1
     * @throws TensorException if there is no positive sample, or a score is NaN
     */
    public static double averagePrecision(boolean[] positive, float[] scores) {
        Counts counts = Counts.of("averagePrecision", positive, scores);
        checkPositive("averagePrecision", counts);
        double sum = 0;
        long before = 0;
        for (int i = 0; i < counts.size(); i++) {
            double precision = (double) counts.positives[i] / (counts.positives[i] + counts.negatives[i]);
            sum += (double) (counts.positives[i] - before) / counts.allPositives() * precision;
            before = counts.positives[i];
        }
        return sum;
    }

    /**
     * The mean over all classes of {@link #averagePrecision} of that class against the rest (mAP; scikit-learn's
     * {@code average_precision_score} of binarized classes with {@code average="macro"}).
     *
     * @param actual the class of each sample
     * @param scores [samples, classes], row-major
     * @param classes how many classes there are
     * @return a number from 0 to 1
     * @throws TensorException if a class has no sample, or a score is NaN
     */
    public static double meanAveragePrecision(int[] actual, float[] scores, int classes) {
        Checks.label("meanAveragePrecision", 0, classes);
        Checks.sameLength("meanAveragePrecision", (long) actual.length * classes, scores.length);
        double sum = 0;
        for (int label = 0; label < classes; label++) {
            boolean[] positive = new boolean[actual.length];
            float[] own = new float[actual.length];
            for (int i = 0; i < actual.length; i++) {
                positive[i] = Checks.label("meanAveragePrecision", actual[i], classes) == label;
                own[i] = scores[i * classes + label];
            }
            sum += averagePrecision(positive, own);
        }
        return sum / classes;
    }

    /**
     * The rank of an item: 1 for the item with the greatest score. Items with equal scores share their places, so that each has
     * the mean of them.
     *
     * @param scores the predicted scores; not NaN
     * @param item the number of the item, from 0
     * @return the rank, from 1
     * @throws TensorException if there is no such item, or a score is NaN
     */
    public static double rank(float[] scores, int item) {
        Checks.label("rank", item, scores.length);
        int above = 0;
        int equal = 0;
        for (int i = 0; i < scores.length; i++) {
            checkNumber("rank", scores, i);
            above += scores[i] > scores[item] ? 1 : 0;
            equal += scores[i] == scores[item] ? 1 : 0;
        }
        return above + (equal + 1) / 2.0;
    }

    /**
     * The reciprocal of the rank of the first relevant item, if that is among the first {@code k}; its mean over several
     * rankings is the mean reciprocal rank (MRR; Voorhees 1999). As in the other measures of the first k items, equal scores
     * stand in a random order, and this is the expected value.
     *
     * @param relevant whether each item is relevant
     * @param scores the predicted scores; not NaN
     * @param k how many items count, 1 or more; with as many as there are items, or more, every rank counts
     * @return a number from 0 to 1; 0 if no relevant item is among the first k
     * @throws TensorException if {@code k} is less than 1, the lengths differ, or a score is NaN
     */
    public static double reciprocalRank(boolean[] relevant, float[] scores, int k) {
        return Ranking.of("reciprocalRank", relevant, scores, k).reciprocalRank();
    }

    /**
     * How many of the first {@code k} items by score are relevant, divided by k (precision@k), also if there are fewer than k
     * items. Equal scores stand in a random order, and this is the expected value.
     *
     * @param relevant whether each item is relevant
     * @param scores the predicted scores; not NaN
     * @param k how many items count, 1 or more
     * @return a number from 0 to 1
     * @throws TensorException if {@code k} is less than 1, the lengths differ, or a score is NaN
     */
    public static double precision(boolean[] relevant, float[] scores, int k) {
        return Ranking.of("precision", relevant, scores, k).precision();
    }

    /**
     * How many of the relevant items are among the first {@code k} by score, divided by how many there are (recall@k). Equal
     * scores stand in a random order, and this is the expected value.
     *
     * @param relevant whether each item is relevant
     * @param scores the predicted scores; not NaN
     * @param k how many items count, 1 or more
     * @return a number from 0 to 1; 0 if no item is relevant
     * @throws TensorException if {@code k} is less than 1, the lengths differ, or a score is NaN
     */
    public static double recall(boolean[] relevant, float[] scores, int k) {
        return Ranking.of("recall", relevant, scores, k).recall();
    }

    /**
     * The average precision of one ranking (AP@k): the sum of {@link #precision} at the rank of each relevant item among the
     * first {@code k}, divided by the smaller one of k and the number of relevant items; its mean over several rankings is the
     * mean average precision (MAP). Equal scores stand in a random order, and this is the expected value. Without equal scores
     * and with every item counted it is {@link #averagePrecision(boolean[], float[])}.
     *
     * @param relevant whether each item is relevant
     * @param scores the predicted scores; not NaN
     * @param k how many items count, 1 or more
     * @return a number from 0 to 1; 0 if no item is relevant
     * @throws TensorException if {@code k} is less than 1, the lengths differ, or a score is NaN
     */
    public static double averagePrecision(boolean[] relevant, float[] scores, int k) {
        return Ranking.of("averagePrecision", relevant, scores, k).averagePrecision();
    }

    /**
     * The normalized discounted cumulative gain of one ranking (Järvelin and Kekäläinen 2002): the sum of {@code
     * relevance / log2(rank + 1)} of the first {@code k} by score, divided by that of the best order. Of items with
     * equal scores, each counts with their mean relevance (scikit-learn's {@code ndcg_score}).
     *
     * @param relevance how relevant each item is, 0 or more
     * @param scores the predicted scores; not NaN
     * @param k how many items count, 1 or more
     * @return a number from 0 to 1; 0 if no item is relevant
     * @throws TensorException if {@code k} is less than 1, the lengths differ, or a relevance is negative or
     *     not finite
     */
    public static double ndcg(float[] relevance, float[] scores, int k) {
        Checks.sameLength("ndcg", relevance.length, scores.length);
        if (k < 1) {
            throw new TensorException("ndcg: k = " + k + " (expected at least 1); 10 is usual");
        }
        for (float gain : relevance) {
            if (!(gain >= 0) || Float.isInfinite(gain)) {
                throw new TensorException(
                        "ndcg: relevance " + gain + " (expected a finite number, 0 or more); check the labels");
            }
        }
        double best = gain(relevance, relevance, descending("ndcg", relevance), k);
        return best == 0 ? 0 : gain(relevance, scores, descending("ndcg", scores), k) / best;
    }

    private static double gain(float[] relevance, float[] scores, Integer[] order, int k) {
        double sum = 0;
        for (int start = 0; start < Math.min(k, order.length); ) {
            double discounts = 0;
            double gains = 0;
            int end = start;
            while (end < order.length && scores[order[end]] == scores[order[start]]) {
                discounts += end < k ? Math.log(2) / Math.log(end + 2) : 0;
                gains += relevance[order[end++]];
            }
            sum += gains / (end - start) * discounts;
            start = end;
        }
        return sum;
    }
}
