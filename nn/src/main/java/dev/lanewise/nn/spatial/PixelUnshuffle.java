package dev.lanewise.nn.spatial;

import dev.lanewise.nn.Layer;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;

/** Channels out of images: {@code [n, c, h f, w f] -> [n, c f f, h, w]}; the reverse of {@link PixelShuffle}. */
public final class PixelUnshuffle extends Layer {
    private final long factor;

    /**
     * A layer that divides height and width by a factor, into channels.
     *
     * @param factor how many times smaller the images become in each direction, 1 or more
     * @throws TensorException if the factor is not at least 1
     */
    public PixelUnshuffle(int factor) {
        this.factor = PixelShuffle.checked("pixel_unshuffle", factor);
    }

    @Override
    protected Tensor compute(Tensor x) {
        if (x.shape().rank() != 4
                || x.shape().size(2) % factor != 0
                || x.shape().size(3) % factor != 0) {
            throw new TensorException("pixel_unshuffle: input " + x.spec() + " (expected [n, c, h, w] of multiples of "
                    + factor + "); pad or crop the images");
        }
        long n = x.shape().size(0);
        long c = x.shape().size(1);
        long h = x.shape().size(2) / factor;
        long w = x.shape().size(3) / factor;
        return x.reshape(n, c, h, factor, w, factor).permute(0, 1, 3, 5, 2, 4).reshape(n, c * factor * factor, h, w);
    }

    @Override
    protected String attributes() {
        return "factor=" + factor;
    }
}
