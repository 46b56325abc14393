package dev.lanewise.cpu.gemm;

/** What is applied to each element of the product as it is stored. */
public enum Activation {
    /** The identity. */
    NONE,

    /** {@code max(x, 0)}; NaN stays NaN. */
    RELU
}
