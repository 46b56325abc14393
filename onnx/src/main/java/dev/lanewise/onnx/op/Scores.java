package dev.lanewise.onnx.op;

import java.util.Locale;

/** The final transformations that classical models apply to their scores. */
final class Scores {
    private Scores() {}

    /** Transforms a row in place, as the attribute post_transform says. */
    static void transform(String how, double[] row) {
        switch (how.toUpperCase(Locale.ROOT)) {
            case "NONE", "" -> {}
            case "LOGISTIC" -> {
                for (int i = 0; i < row.length; i++) {
                    row[i] = logistic(row[i]);
                }
            }
            case "SOFTMAX" -> softmax(row, false);
            case "SOFTMAX_ZERO" -> softmax(row, true);
            case "PROBIT" -> {
                for (int i = 0; i < row.length; i++) {
                    row[i] = probit(row[i]);
                }
            }
            default -> throw new IllegalArgumentException("post_transform " + how);
        }
    }

    static double logistic(double x) {
        return 1 / (1 + Math.exp(-x));
    }

    private static void softmax(double[] row, boolean keepsZero) {
        double most = Double.NEGATIVE_INFINITY;
        for (double value : row) {
            most = Math.max(most, value);
        }
        double sum = 0;
        for (int i = 0; i < row.length; i++) {
            boolean zero = keepsZero && Math.abs(row[i]) < 1e-7;
            row[i] = zero ? 0 : Math.exp(row[i] - most);
            sum += row[i];
        }
        for (int i = 0; i < row.length && sum != 0; i++) {
            row[i] /= sum;
        }
    }

    /** The inverse of the normal distribution function (Winitzki 2008). */
    private static double probit(double p) {
        double x = 2 * p - 1;
        double log = Math.log((1 - x) * (1 + x));
        double v = 2 / (Math.PI * 0.147) + 0.5 * log;
        double v2 = 1 / 0.147 * log;
        return Math.sqrt(2) * Math.copySign(Math.sqrt(-v + Math.sqrt(v * v - v2)), x);
    }
}
