package dev.lanewise.nn.models;

import static dev.lanewise.nn.models.Convolutions.conv;

import dev.lanewise.nn.BatchNorm;
import dev.lanewise.nn.Conv2d;
import dev.lanewise.nn.ConvTranspose2d;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.LayerList;
import dev.lanewise.nn.MaxPool2d;
import dev.lanewise.nn.ReLU;
import dev.lanewise.nn.Sequential;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.Window;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * U-Net for segmentation (Ronneberger et al. 2015, arXiv:1505.04597), {@code [n, in, h, w] -> [n, classes, h, w]}: a class
 * for every pixel. Convolutions are padded, so that the result has the input's size, and normalized; height and width
 * are multiples of 2 to the power of the depth. Parameters are named {@code down.0.0.weight}, {@code middle.0.weight},
 * {@code up.0.weight}, {@code join.0.0.weight}, {@code head.weight}.
 */
public final class UNet extends Layer {
    private final int depth;
    private final LayerList<Layer> down;
    private final Layer middle;
    private final LayerList<Layer> up;
    private final LayerList<Layer> join;
    private final Layer head;
    private final MaxPool2d pool = new MaxPool2d(2);

    /**
     * A network, initialized from the global random stream.
     *
     * @param in the channels of the images
     * @param classes the number of classes, the channels of the result
     * @param width the channels at full size, 64 in the paper; they double with every halving of the size
     * @param depth how often the size is halved, 4 in the paper
     * @throws TensorException if the depth is not from 1 to 10
     */
    public UNet(long in, long classes, long width, int depth) {
        this(in, classes, width, depth, Rng.global());
    }

    /**
     * A network.
     *
     * @param in the channels of the images
     * @param classes the number of classes, the channels of the result
     * @param width the channels at full size, 64 in the paper; they double with every halving of the size
     * @param depth how often the size is halved, 4 in the paper
     * @param rng the source of the initial values
     * @throws TensorException if the depth is not from 1 to 10
     */
    public UNet(long in, long classes, long width, int depth, Rng rng) {
        if (depth < 1 || depth > 10) {
            throw new TensorException("u_net: a depth of " + depth + " (expected 1 to 10); 4 is usual");
        }
        this.depth = depth;
        List<Layer> descending = new ArrayList<>();
        List<Layer> ascending = new ArrayList<>();
        List<Layer> joining = new ArrayList<>();
        long channels = in;
        for (int level = 0; level < depth; level++) {
            descending.add(twice(channels, width << level, rng));
            channels = width << level;
        }
        down = child("down", new LayerList<>(descending));
        middle = child("middle", twice(channels, 2 * channels, rng));
        for (int level = depth - 1; level >= 0; level--) {
            long half = width << level;
            ascending.add(new ConvTranspose2d(2 * half, half, Window.of(2).stride(2), rng));
            joining.add(twice(2 * half, half, rng));
        }
        up = child("up", new LayerList<>(ascending));
        join = child("join", new LayerList<>(joining));
        head = child("head", new Conv2d(width, classes, Window.of(1), rng));
    }

    private static Sequential twice(long in, long out, Rng rng) {
        return new Sequential(
                conv(in, out, 3, 1, rng),
                new BatchNorm(out),
                new ReLU(),
                conv(out, out, 3, 1, rng),
                new BatchNorm(out),
                new ReLU());
    }

    @Override
    protected Tensor compute(Tensor x) {
        long multiple = 1L << depth;
        if (x.shape().rank() != 4
                || x.shape().size(2) % multiple != 0
                || x.shape().size(3) % multiple != 0) {
            throw new TensorException(
                    "u_net: input " + x.spec() + " (expected [n, channels, h, w] with h and w multiples" + " of "
                            + multiple + "); pad or resize the images");
        }
        Deque<Tensor> skipped = new ArrayDeque<>();
        Tensor y = x;
        for (Layer stage : down) {
            y = stage.forward(y);
            skipped.push(y);
            y = pool.forward(y);
        }
        y = middle.forward(y);
        for (int i = 0; i < depth; i++) {
            y = join.get(i).forward(Tensor.cat(1, skipped.pop(), up.get(i).forward(y)));
        }
        return head.forward(y);
    }
}
