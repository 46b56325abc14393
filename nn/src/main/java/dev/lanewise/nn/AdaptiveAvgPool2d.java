package dev.lanewise.nn;

import dev.lanewise.tensor.Keep;
import dev.lanewise.tensor.Tensor;

/** Means over windows chosen so that any {@code [n, c, h, w]} becomes a given size. */
public final class AdaptiveAvgPool2d extends Layer {
    private final long height;
    private final long width;

    /** Every channel's mean: {@code [n, c, 1, 1]}. */
    public AdaptiveAvgPool2d() {
        this(1, 1);
    }

    /**
     * Means that give the result a height and width.
     *
     * @param height the height of the result
     * @param width the width of the result
     */
    public AdaptiveAvgPool2d(long height, long width) {
        this.height = height;
        this.width = width;
    }

    @Override
    protected Tensor compute(Tensor x) {
        return height == 1 && width == 1 ? x.mean(new int[] {2, 3}, Keep.KEEP) : x.adaptiveAvgPool2d(height, width);
    }

    @Override
    protected String attributes() {
        return height + ", " + width;
    }
}
