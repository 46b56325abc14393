package dev.lanewise.nn.spatial;

import dev.lanewise.nn.Layer;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;

/**
 * Larger images out of channels: {@code [n, c f f, h, w] -> [n, c, h f, w f]} (Shi et al. 2016, arXiv:1609.05158).
 * {@link PixelUnshuffle} is the reverse.
 */
public final class PixelShuffle extends Layer {
    private final long factor;

    /**
     * A layer that enlarges height and width by a factor, out of channels.
     *
     * @param factor how many times larger the images become in each direction, 1 or more
     * @throws TensorException if the factor is not at least 1
     */
    public PixelShuffle(int factor) {
        this.factor = checked("pixel_shuffle", factor);
    }

    static long checked(String op, int factor) {
        if (factor < 1) {
            throw new TensorException(op + ": factor " + factor + " (expected 1 or more); check it");
        }
        return factor;
    }

    @Override
    protected Tensor compute(Tensor x) {
        if (x.shape().rank() != 4 || x.shape().size(1) % (factor * factor) != 0) {
            throw new TensorException("pixel_shuffle: input " + x.spec() + " (expected [n, a multiple of "
                    + factor * factor + ", h, w]); check the number of channels");
        }
        long n = x.shape().size(0);
        long c = x.shape().size(1) / (factor * factor);
        long h = x.shape().size(2);
        long w = x.shape().size(3);
        return x.reshape(n, c, factor, factor, h, w).permute(0, 1, 4, 2, 5, 3).reshape(n, c, h * factor, w * factor);
    }

    @Override
    protected String attributes() {
        return "factor=" + factor;
    }
}
