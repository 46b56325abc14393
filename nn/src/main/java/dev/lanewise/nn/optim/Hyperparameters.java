package dev.lanewise.nn.optim;

import dev.lanewise.tensor.TensorException;

/** Checks of what optimizers and schedules are made with; the ranges are PyTorch's. */
final class Hyperparameters {
    private Hyperparameters() {}

    /** Checks how much of a running mean a step keeps. */
    static void decay(String optimizer, String name, double value) {
        if (!(value >= 0 && value < 1)) {
            throw bad(optimizer, name, value, "from 0 to below 1");
        }
    }

    /** Checks a decay that may be 1, with which a running mean never changes. */
    static void decayOrOne(String optimizer, String name, double value) {
        if (!(value >= 0 && value <= 1)) {
            throw bad(optimizer, name, value, "from 0 to 1");
        }
    }

    /** Checks an epsilon, a penalty, a momentum or a factor. */
    static void notNegative(String optimizer, String name, double value) {
        if (!(value >= 0) || Double.isInfinite(value)) {
            throw bad(optimizer, name, value, "a finite number, 0 or more");
        }
    }

    static TensorException bad(String optimizer, String name, double value, String expected) {
        return new TensorException(optimizer + ": " + name + " " + value + " (expected " + expected + "); change it");
    }
}
