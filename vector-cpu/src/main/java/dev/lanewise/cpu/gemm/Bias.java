package dev.lanewise.cpu.gemm;

/** Along which dimension of C a bias vector runs. */
public enum Bias {
    /** No bias. */
    NONE,

    /** n values, one for each column of C: a linear layer's. */
    PER_COLUMN,

    /** m values, one for each row of C: an output channel's, when the left operand holds the weights. */
    PER_ROW
}
