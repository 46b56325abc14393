package dev.lanewise.nn.metrics;

import dev.lanewise.tensor.TensorException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * How well probabilities say how often something happens: of the samples that are given 0.8, 80 percent should be
 * positive.
 *
 * @param bins the bins that have samples, in ascending order
 */
public record Calibration(List<Bin> bins) {
    /** Copies the bins. */
    public Calibration {
        Objects.requireNonNull(bins, "bins");
        bins = List.copyOf(bins);
    }

    /**
     * Samples of similar probabilities.
     *
     * @param count how many samples there are
     * @param predicted the mean of their probabilities
     * @param actual the fraction of them that is positive
     */
    public record Bin(long count, double predicted, double actual) {}

    /**
     * Sorts samples into bins of equal width; a probability on a border belongs to the bin below it (scikit-learn's
     * {@code calibration_curve}).
     *
     * @param positive whether each sample is of the positive class
     * @param probabilities the probability of each sample to be positive, from 0 to 1
     * @param bins how many bins there are, 1 or more
     * @return the bins
     * @throws TensorException if there is not at least one bin, or the lengths differ
     */
    public static Calibration of(boolean[] positive, float[] probabilities, int bins) {
        Checks.sameLength("calibration", positive.length, probabilities.length);
        Checks.notEmpty("calibration", positive.length);
        if (bins < 1) {
            throw new TensorException("calibration: " + bins + " bins (expected 1 or more); 10 are usual");
        }
        long[] counts = new long[bins];
        long[] positives = new long[bins];
        double[] sums = new double[bins];
        for (int i = 0; i < positive.length; i++) {
            int bin = bin(probability(probabilities, i), bins);
            counts[bin]++;
            positives[bin] += positive[i] ? 1 : 0;
            sums[bin] += probabilities[i];
        }
        List<Bin> used = new ArrayList<>();
        for (int i = 0; i < bins; i++) {
            if (counts[i] > 0) {
                used.add(new Bin(counts[i], sums[i] / counts[i], (double) positives[i] / counts[i]));
            }
        }
        return new Calibration(used);
    }

    private static float probability(float[] probabilities, int i) {
        float p = probabilities[i];
        if (!(p >= 0 && p <= 1)) {
            throw new TensorException("calibration: " + p + " at sample " + i
                    + " (expected a probability from 0 to 1); apply sigmoid or softmax to logits");
        }
        return p;
    }

    /** The bin whose upper border is the first that is not below the probability. */
    private static int bin(double probability, int bins) {
        int bin = Math.max(0, (int) Math.ceil(probability * bins) - 1);
        // the product is rounded; the borders decide
        while (bin > 0 && probability <= (double) bin / bins) {
            bin--;
        }
        while (bin < bins - 1 && probability > (double) (bin + 1) / bins) {
            bin++;
        }
        return bin;
    }

    /**
     * {@return the expected calibration error: the mean over samples of the distance between their bin's mean
     * probability and its fraction of positives (Naeini et al. 2015)}
     */
    public double expectedError() {
        double sum = 0;
        long samples = 0;
        for (Bin bin : bins) {
            sum += bin.count * Math.abs(bin.predicted - bin.actual);
            samples += bin.count;
        }
        return sum / samples;
    }

    /** {@return the greatest of these distances} */
    public double maximumError() {
        return bins.stream()
                .mapToDouble(bin -> Math.abs(bin.predicted - bin.actual))
                .max()
                .orElse(0);
    }

    /**
     * The mean squared distance of probabilities from what happened (Brier 1950; scikit-learn's
     * {@code brier_score_loss}).
     *
     * @param positive whether each sample is of the positive class
     * @param probabilities the probability of each sample to be positive, from 0 to 1
     * @return a number from 0 to 1
     */
    public static double brierScore(boolean[] positive, float[] probabilities) {
        Checks.sameLength("brierScore", positive.length, probabilities.length);
        Checks.notEmpty("brierScore", positive.length);
        double sum = 0;
        for (int i = 0; i < positive.length; i++) {
            double distance = probability(probabilities, i) - (positive[i] ? 1 : 0);
            sum += distance * distance;
        }
        return sum / positive.length;
    }
}
