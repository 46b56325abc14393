package dev.lanewise.nn.spatial;

import dev.lanewise.nn.Layer;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;

/** Softmax over the channels of every pixel of {@code [n, c, h, w]} or {@code [c, h, w]}. */
public final class Softmax2d extends Layer {
    /** A layer that computes the softmax over channels at every place of an image. */
    public Softmax2d() {}

    @Override
    protected Tensor compute(Tensor x) {
        if (x.shape().rank() != 3 && x.shape().rank() != 4) {
            throw new TensorException(
                    "softmax2d: input " + x.spec() + " (expected [n, c, h, w] or [c, h, w]); reshape it?");
        }
        return x.softmax(-3);
    }
}
