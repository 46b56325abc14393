package dev.lanewise.nn;

import dev.lanewise.tensor.Tensor;

/** {@code body(x) + shortcut(x)} (He et al. 2015, arXiv:1512.03385). */
public final class Residual extends Layer {
    private final Layer body;
    private final Layer shortcut;

    /**
     * A layer that adds its input itself to the body's result.
     *
     * @param body the layers whose result is added to the input
     */
    public Residual(Layer body) {
        this(body, new Identity());
    }

    /**
     * Adds a shortcut's result instead of the input.
     *
     * @param body the layers whose result is added
     * @param shortcut the layer whose result is added in place of the input, for other shapes or strides
     */
    public Residual(Layer body, Layer shortcut) {
        this.body = child("body", body);
        this.shortcut = child("shortcut", shortcut);
    }

    @Override
    protected Tensor compute(Tensor x) {
        return body.forward(x).add(shortcut.forward(x));
    }
}
