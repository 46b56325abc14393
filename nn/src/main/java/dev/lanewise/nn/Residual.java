package dev.lanewise.nn;

import dev.lanewise.tensor.Tensor;

/** {@code body(x) + shortcut(x)} (He et al. 2015, arXiv:1512.03385). */
public final class Residual extends Module {
    private final Module body;
    private final Module shortcut;

    /** Adds the input itself. */
    public Residual(Module body) {
        this(body, new Identity());
    }

    /** Adds what a shortcut makes of the input. */
    public Residual(Module body, Module shortcut) {
        this.body = child("body", body);
        this.shortcut = child("shortcut", shortcut);
    }

    @Override
    protected Tensor compute(Tensor x) {
        return body.forward(x).add(shortcut.forward(x));
    }
}
