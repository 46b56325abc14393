package dev.lanewise.nn.spatial;

import dev.lanewise.nn.Layer;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.Arrays;

/** Surrounded by the input's outermost elements, in as many of the last dimensions as there are pairs of numbers. */
public final class ReplicationPad extends Layer {
    private final long[] pads;

    /**
     * A layer that pads by repeating the edge; {@link Tensor#padReplicate}.
     *
     * @param pads for the last dimension how many before and after, then for the one before it, and so on, as PyTorch has
     *     them
     * @throws TensorException if the amounts are not pairs
     */
    public ReplicationPad(long... pads) {
        if (pads.length == 0 || pads.length % 2 != 0) {
            throw new TensorException("replication_pad: amounts " + Arrays.toString(pads)
                    + " (expected a pair for each dimension, the last one first); complete them");
        }
        this.pads = pads.clone();
    }

    @Override
    protected Tensor compute(Tensor x) {
        return x.padReplicate(pads);
    }

    @Override
    protected String attributes() {
        return Arrays.toString(pads);
    }
}
