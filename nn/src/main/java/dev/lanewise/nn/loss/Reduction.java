package dev.lanewise.nn.loss;

import dev.lanewise.tensor.op.norm.CrossEntropy;

/** How the losses of elements or rows become one. */
public enum Reduction {
    /** Not at all: one loss for each. */
    NONE,
    /** Their mean, weighted where the loss has weights. */
    MEAN,
    /** Their sum. */
    SUM;

    /** What the operation calls it. */
    CrossEntropy.Reduction ofCrossEntropy() {
        return switch (this) {
            case NONE -> CrossEntropy.Reduction.NONE;
            case MEAN -> CrossEntropy.Reduction.MEAN;
            case SUM -> CrossEntropy.Reduction.SUM;
        };
    }
}
