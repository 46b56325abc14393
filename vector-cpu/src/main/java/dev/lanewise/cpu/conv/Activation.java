package dev.lanewise.cpu.conv;

/** What happens to an output as it is stored. */
public enum Activation {
    /** The sum itself. */
    NONE,
    /** {@code max(sum, 0)}; NaN stays NaN. */
    RELU
}
