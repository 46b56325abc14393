package dev.lanewise.nn.metrics;

import dev.lanewise.tensor.TensorException;

/** The checks that metrics make of their arguments. */
final class Checks {
    private Checks() {}

    static void sameLength(String metric, long expected, long found) {
        if (expected != found) {
            throw new TensorException(metric + ": " + found + " values (expected " + expected
                    + ", as many as there are in the first argument); pass one for each sample or class");
        }
    }

    static void notEmpty(String metric, int samples) {
        if (samples == 0) {
            throw new TensorException(metric + ": no samples (expected at least one); add some first");
        }
    }

    static int label(String metric, int label, int classes) {
        if (label < 0 || label >= classes) {
            throw new TensorException(metric + ": class " + label + " (expected 0 to " + (classes - 1)
                    + "); check labels and number of classes");
        }
        return label;
    }
}
