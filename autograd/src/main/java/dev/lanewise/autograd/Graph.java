package dev.lanewise.autograd;

/** What becomes of the record of operations when gradients are computed. */
public enum Graph {
    /** Every saved tensor is released as soon as its rule has run; gradients can't be computed again. */
    RELEASE,
    /** The record stays, so that gradients can be computed again. */
    RETAIN,
    /** The record stays, and the gradients are recorded themselves, so that they can be differentiated. */
    DIFFERENTIATE
}
