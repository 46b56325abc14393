package dev.lanewise.tensor;

import dev.lanewise.tensor.op.index.Scatter;

/** How {@link Tensor#scatterReduce} combines elements that meet in one place. */
public enum ScatterReduction {
    /** Their sum; integers wrap to the type's width. */
    SUM(Scatter.Kind.ADD),
    /** Their product. */
    PROD(Scatter.Kind.MUL),
    /** Their mean; for integers, rounded down. */
    MEAN(Scatter.Kind.ADD),
    /** The largest one; NaN if one is NaN. */
    AMAX(Scatter.Kind.AMAX),
    /** The smallest one; NaN if one is NaN. */
    AMIN(Scatter.Kind.AMIN);

    private final Scatter.Kind kind;

    ScatterReduction(Scatter.Kind kind) {
        this.kind = kind;
    }

    /** The operation's own name for it. */
    Scatter.Kind kind() {
        return kind;
    }
}
