package dev.lanewise.tensor;

/**
 * Whether a reduced dimension stays, with size 1, so that the result broadcasts against the operand:
 * {@code x.sub(x.mean(1, KEEP))}. Without it the dimension is removed.
 */
public enum Keep {
    /** Reduced dimensions stay, with size 1. */
    KEEP,
    /** Reduced dimensions are removed; the same as omitting the argument. */
    REMOVE;

    /** Whether reduced dimensions stay; here so that null is an error. */
    boolean stays() {
        return this == KEEP;
    }

    /**
     * {@link #KEEP} if a condition holds, and {@link #REMOVE} otherwise.
     *
     * @param keep the condition
     * @return {@link #KEEP} or {@link #REMOVE}
     */
    public static Keep when(boolean keep) {
        return keep ? KEEP : REMOVE;
    }
}
