package dev.lanewise.tensor;

/** What becomes of the losses of single elements. */
public enum Reduction {
    /** They stay as they are. */
    NONE,
    /** Their mean; of weighted losses, their sum over the sum of the weights. */
    MEAN,
    /** Their sum. */
    SUM
}
