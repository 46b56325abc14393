package dev.lanewise.nn.metrics;

import dev.lanewise.tensor.TensorException;

/**
 * How far predicted numbers are from the true ones, in double precision.
 *
 * @param meanAbsoluteError the mean of |predicted - actual|, in the unit of the values
 * @param rootMeanSquaredError the square root of the mean of (predicted - actual)^2, in the unit of the values
 * @param r2 the coefficient of determination, 1 minus the squared error over the values' variance: 1 is perfect, 0 is
 *     no better than their mean. Where all values are equal it is 1 for a perfect prediction, else 0
 */
public record RegressionMetrics(double meanAbsoluteError, double rootMeanSquaredError, double r2) {
    /**
     * Compares predictions with the true values.
     *
     * @param actual the true values
     * @param predicted the predictions
     * @return the measures
     * @throws TensorException if there are none or the lengths differ
     */
    public static RegressionMetrics of(float[] actual, float[] predicted) {
        Checks.sameLength("RegressionMetrics", actual.length, predicted.length);
        Checks.notEmpty("RegressionMetrics", actual.length);
        double mean = 0;
        for (float value : actual) {
            mean += value;
        }
        mean /= actual.length;
        double absolute = 0;
        double squared = 0;
        double variance = 0;
        for (int i = 0; i < actual.length; i++) {
            double error = (double) predicted[i] - actual[i];
            absolute += Math.abs(error);
            squared += error * error;
            variance += (actual[i] - mean) * (actual[i] - mean);
        }
        return new RegressionMetrics(
                absolute / actual.length, Math.sqrt(squared / actual.length), r2(squared, variance));
    }

    private static double r2(double squared, double variance) {
        if (variance == 0) {
            return squared == 0 ? 1 : 0;
        }
        return 1 - squared / variance;
    }
}
