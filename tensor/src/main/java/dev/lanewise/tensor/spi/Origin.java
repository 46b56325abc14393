package dev.lanewise.tensor.spi;

import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.Op;

/**
 * Where a tensor came from, as far as automatic differentiation is concerned. A tensor without one is a constant.
 *
 * <p>When an operation runs and one of its inputs has an origin, that origin is notified, and may give origins to the
 * outputs by {@link Origins#attach}.
 */
public interface Origin {
    /**
     * Called once after an operation, if any input has an origin.
     *
     * @param op what ran
     * @param inputs its inputs
     * @param outputs its results, without origins
     */
    void record(Op op, Tensor[] inputs, Tensor[] outputs);

    /** {@return whether this tensor was watched itself, as parameters are, rather than computed from one that was} */
    boolean isLeaf();
}
