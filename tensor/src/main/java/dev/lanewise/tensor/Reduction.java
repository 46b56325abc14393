package dev.lanewise.tensor;

/** How the losses of single elements are combined. */
public enum Reduction {
    /** They stay as they are. */
    NONE,
    /** Their mean; of weighted losses, their sum over the sum of the weights. */
    MEAN,
    /** Their sum. */
    SUM
}
