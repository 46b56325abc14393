package dev.lanewise.nn.spatial;

import dev.lanewise.nn.Layer;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;

/** Makes images {@code [n, c, h, w]} larger by a whole factor. */
public final class Upsample extends Layer {
    private final int factor;
    private final boolean bilinear;

    /**
     * A layer that enlarges height and width by a factor.
     *
     * @param factor how many times the height and width grow, 1 or more
     * @param bilinear whether pixels are interpolated rather than repeated
     * @throws TensorException if the factor is less than 1
     */
    public Upsample(int factor, boolean bilinear) {
        if (factor < 1) {
            throw new TensorException("upsample: factor " + factor + " (expected 1 or more); check the factor");
        }
        this.factor = factor;
        this.bilinear = bilinear;
    }

    @Override
    protected Tensor compute(Tensor x) {
        if (x.shape().rank() != 4) {
            throw new TensorException("upsample: input " + x.spec() + " (expected [n, c, h, w]); reshape it?");
        }
        long h = x.shape().size(2) * factor;
        long w = x.shape().size(3) * factor;
        return bilinear ? x.interpolateBilinear(h, w, false) : x.interpolateNearest(h, w);
    }

    @Override
    protected String attributes() {
        return "factor=" + factor + (bilinear ? ", bilinear" : ", nearest");
    }
}
