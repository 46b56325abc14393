package dev.lanewise.nn.models;

import dev.lanewise.nn.Conv1d;
import dev.lanewise.nn.Dropout;
import dev.lanewise.nn.Identity;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.LayerList;
import dev.lanewise.nn.ReLU;
import dev.lanewise.nn.Sequential;
import dev.lanewise.nn.spatial.ZeroPad;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.Window;
import java.util.ArrayList;
import java.util.List;

/**
 * A network of causal, dilated convolutions over time (Bai et al. 2018, arXiv:1803.01271, without weight normalization), {@code
 * [n, in, time] -> [n, channels, time]}: what it says of a time depends on that time and those before. Block k has two
 * convolutions with a dilation of 2 to the power of k beside a shortcut, so that the network sees {@code 1 + 2 (kernel - 1)
 * (2^blocks - 1)} times back. Parameters are named {@code blocks.0.body.1.weight}, {@code blocks.0.shortcut.weight}.
 */
public final class TemporalConvNet extends Layer {
    private final LayerList<Block> blocks;

    /** Two convolutions and a shortcut. */
    private static final class Block extends Layer {
        private final Sequential body;
        private final Layer shortcut;

        Block(long in, long out, int kernel, int dilation, double dropout, Rng rng) {
            body = child(
                    "body",
                    new Sequential(
                            past(kernel, dilation),
                            conv(in, out, kernel, dilation, rng),
                            new ReLU(),
                            new Dropout(dropout, rng),
                            past(kernel, dilation),
                            conv(out, out, kernel, dilation, rng),
                            new ReLU(),
                            new Dropout(dropout, rng)));
            shortcut = child("shortcut", in == out ? new Identity() : conv(in, out, 1, 1, rng));
        }

        /** Zeros before the first time alone: a convolution then sees nothing of the future. */
        private static ZeroPad past(int kernel, int dilation) {
            return new ZeroPad((long) (kernel - 1) * dilation, 0);
        }

        private static Conv1d conv(long in, long out, int kernel, int dilation, Rng rng) {
            return new Conv1d(in, out, Window.of(kernel).dilation(dilation), rng);
        }

        @Override
        protected Tensor compute(Tensor x) {
            return body.forward(x).add(shortcut.forward(x)).relu();
        }
    }

    /**
     * A network without dropout, initialized from the global random stream.
     *
     * @param in the channels of the input
     * @param channels the channels of the result
     * @param blocks how many blocks there are, 1 to 16
     * @param kernel how many times a convolution sees, 2 or more
     * @throws TensorException if a size is out of range
     */
    public TemporalConvNet(long in, long channels, int blocks, int kernel) {
        this(in, channels, blocks, kernel, 0, Rng.global());
    }

    /**
     * A network.
     *
     * @param in the channels of the input
     * @param channels the channels of the result
     * @param blocks how many blocks there are, 1 to 16
     * @param kernel how many times a convolution sees, 2 or more
     * @param dropout the probability of dropout, from 0 to 1
     * @param rng the source of the initial values
     * @throws TensorException if a size is out of range
     */
    public TemporalConvNet(long in, long channels, int blocks, int kernel, double dropout, Rng rng) {
        if (blocks < 1 || blocks > 16 || kernel < 2 || kernel > 1024) {
            throw new TensorException("temporal_conv_net: " + blocks + " blocks, a kernel of " + kernel
                    + " (expected 1 to 16, and 2 to 1024); 4 blocks and a kernel of 3 see 61 times");
        }
        List<Block> all = new ArrayList<>();
        for (int k = 0; k < blocks; k++) {
            all.add(new Block(k == 0 ? in : channels, channels, kernel, 1 << k, dropout, rng));
        }
        this.blocks = child("blocks", new LayerList<>(all));
    }

    @Override
    protected Tensor compute(Tensor x) {
        if (x.shape().rank() != 3) {
            throw new TensorException("temporal_conv_net: input " + x.spec()
                    + " (expected [n, channels, time]); swap the last two dimensions, or add one for the batch");
        }
        Tensor y = x;
        for (Block block : blocks) {
            y = block.forward(y);
        }
        return y;
    }
}
