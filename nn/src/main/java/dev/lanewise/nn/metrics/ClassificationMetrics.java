package dev.lanewise.nn.metrics;

import dev.lanewise.tensor.TensorException;
import java.util.Arrays;

/** Measures of predicted classes and scores. */
public final class ClassificationMetrics {
    private ClassificationMetrics() {}

    /**
     * The fraction of the samples whose class was predicted, from 0 to 1.
     *
     * @param actual the class of each sample
     * @param predicted the predicted class of each sample
     * @return a number from 0 to 1
     * @throws TensorException if there are no samples or the lengths differ
     */
    public static double accuracy(int[] actual, int[] predicted) {
        Checks.sameLength("accuracy", actual.length, predicted.length);
        Checks.notEmpty("accuracy", actual.length);
        int correct = 0;
        for (int i = 0; i < actual.length; i++) {
            correct += actual[i] == predicted[i] ? 1 : 0;
        }
        return (double) correct / actual.length;
    }

    /**
     * The class with the greatest score of each sample; among equal scores the first, with NaN above all numbers, as in
     * NumPy.
     *
     * @param scores [samples, classes], row-major: logits or probabilities
     * @param classes how many classes there are
     * @return a class for each sample
     * @throws TensorException if the number of classes is not at least 1, or does not divide the number of
     *     scores
     */
    public static int[] argmax(float[] scores, int classes) {
        int samples = samples("argmax", scores, classes);
        int[] best = new int[samples];
        for (int i = 0; i < samples; i++) {
            int row = i * classes;
            int at = 0;
            for (int c = 1; c < classes && !Float.isNaN(scores[row + at]); c++) {
                if (scores[row + c] > scores[row + at] || Float.isNaN(scores[row + c])) {
                    at = c;
                }
            }
            best[i] = at;
        }
        return best;
    }

    /**
     * The fraction of the samples whose class is among the {@code k} greatest scores. Among equal scores the greater
     * class counts as the better one, as in scikit-learn's {@code top_k_accuracy_score}.
     *
     * @param actual the class of each sample
     * @param scores [samples, classes], row-major
     * @param classes how many classes there are
     * @param k how many scores count
     * @return a number from 0 to 1
     * @throws TensorException if {@code k} is less than 1, or the lengths don't match
     */
    public static double topK(int[] actual, float[] scores, int classes, int k) {
        Checks.sameLength("topK", actual.length, samples("topK", scores, classes));
        Checks.notEmpty("topK", actual.length);
        if (k < 1) {
            throw new TensorException("topK: k = " + k + " (expected at least 1); 1 is accuracy");
        }
        int hits = 0;
        for (int i = 0; i < actual.length; i++) {
            hits += rank(scores, i * classes, classes, Checks.label("topK", actual[i], classes)) < k ? 1 : 0;
        }
        return (double) hits / actual.length;
    }

    private static int rank(float[] scores, int row, int classes, int label) {
        float own = scores[row + label];
        int better = 0;
        for (int c = 0; c < classes; c++) {
            float other = scores[row + c];
            better += other > own || (other == own && c > label) ? 1 : 0;
        }
        return better;
    }

    /**
     * The area under the ROC curve: the probability that a positive sample scores higher than a negative one, equal
     * scores counting one half. Computed from mid-ranks (the Mann-Whitney U statistic).
     *
     * @param positive whether each sample is of the positive class
     * @param scores greater means more likely positive; not NaN
     * @return a number from 0 to 1
     * @throws TensorException if one of the two classes has no sample, or a score is NaN
     */
    public static double rocAuc(boolean[] positive, float[] scores) {
        Checks.sameLength("rocAuc", positive.length, scores.length);
        Integer[] order = new Integer[scores.length];
        long positives = 0;
        for (int i = 0; i < order.length; i++) {
            if (Float.isNaN(scores[i])) {
                throw new TensorException(
                        "rocAuc: NaN at sample " + i + " (expected a number); check the model's output");
            }
            order[i] = i;
            positives += positive[i] ? 1 : 0;
        }
        long negatives = scores.length - positives;
        if (positives == 0 || negatives == 0) {
            throw new TensorException("rocAuc: " + positives + " positive and " + negatives
                    + " negative samples (expected at least one of each); use a larger or stratified sample");
        }
        // -0.0 and 0.0 are the same score, so no Float.compare.
        Arrays.sort(order, (a, b) -> scores[a] < scores[b] ? -1 : scores[a] > scores[b] ? 1 : 0);
        double rankSum = 0;
        for (int start = 0; start < order.length; ) {
            int end = start;
            int positivesHere = 0;
            while (end < order.length && scores[order[end]] == scores[order[start]]) {
                positivesHere += positive[order[end++]] ? 1 : 0;
            }
            rankSum += positivesHere * (start + 1 + end) / 2.0;
            start = end;
        }
        return (rankSum - positives * (positives + 1) / 2.0) / ((double) positives * negatives);
    }

    /**
     * Like {@link #rocAuc(boolean[], float[])}, with labels 0 and 1.
     *
     * @param actual the class of each sample
     * @param scores the score of each sample, higher for 1
     * @return a number from 0 to 1
     * @throws TensorException if the lengths differ, a class is neither 0 nor 1, or one of them does not occur
     */
    public static double rocAuc(int[] actual, float[] scores) {
        boolean[] positive = new boolean[actual.length];
        for (int i = 0; i < actual.length; i++) {
            positive[i] = Checks.label("rocAuc", actual[i], 2) == 1;
        }
        return rocAuc(positive, scores);
    }

    /**
     * The mean over all classes of {@link #rocAuc(boolean[], float[])} of that class against the rest.
     *
     * @param actual the class of each sample
     * @param scores [samples, classes], row-major
     * @param classes how many classes there are
     * @return a number from 0 to 1
     * @throws TensorException if a class has no sample
     */
    public static double rocAucOneVersusRest(int[] actual, float[] scores, int classes) {
        Checks.sameLength("rocAuc", actual.length, samples("rocAuc", scores, classes));
        double sum = 0;
        for (int label = 0; label < classes; label++) {
            boolean[] positive = new boolean[actual.length];
            float[] own = new float[actual.length];
            for (int i = 0; i < actual.length; i++) {
                positive[i] = actual[i] == label;
                own[i] = scores[i * classes + label];
            }
            sum += rocAuc(positive, own);
        }
        return sum / classes;
    }

    private static int samples(String metric, float[] scores, int classes) {
        if (classes < 1 || scores.length % classes != 0) {
            throw new TensorException(metric + ": " + scores.length + " scores for " + classes
                    + " classes (expected a multiple); pass [samples, classes], row-major");
        }
        return scores.length / classes;
    }
}
