package dev.lanewise.nn;

import dev.lanewise.tensor.Tensor;

/** Makes images {@code [n, c, h, w]} larger by a whole factor. */
public final class Upsample extends Layer {
    private final int factor;
    private final boolean bilinear;

    /**
     * A layer.
     *
     * @param factor how many times the height and width grow
     * @param bilinear whether pixels are interpolated rather than repeated
     */
    public Upsample(int factor, boolean bilinear) {
        this.factor = factor;
        this.bilinear = bilinear;
    }

    @Override
    protected Tensor compute(Tensor x) {
        long h = x.shape().size(2) * factor;
        long w = x.shape().size(3) * factor;
        return bilinear ? x.interpolateBilinear(h, w, false) : x.interpolateNearest(h, w);
    }

    @Override
    protected String attributes() {
        return "factor=" + factor + (bilinear ? ", bilinear" : ", nearest");
    }
}
