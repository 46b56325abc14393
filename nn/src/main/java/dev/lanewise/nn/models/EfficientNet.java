package dev.lanewise.nn.models;

import static dev.lanewise.nn.models.Convolutions.normed;

import dev.lanewise.nn.Activation;
import dev.lanewise.nn.AdaptiveAvgPool2d;
import dev.lanewise.nn.Conv2d;
import dev.lanewise.nn.Dropout;
import dev.lanewise.nn.Flatten;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.Linear;
import dev.lanewise.nn.Sequential;
import dev.lanewise.nn.dropout.StochasticDepth;
import dev.lanewise.tensor.Keep;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.Window;
import java.util.ArrayList;
import java.util.List;

/**
 * EfficientNet (Tan and Le 2019, arXiv:1905.11946), {@code [n, 3, h, w] -> [n, classes]}, with torchvision's names:
 * {@code features.1.0.block.0.0.weight}, {@code classifier.1.bias}.
 */
public final class EfficientNet extends Layer {
    /** One stage of blocks. */
    private record Stage(int expansion, int kernel, int stride, long channels, int blocks) {}

    private static final List<Stage> B0 = List.of(
            new Stage(1, 3, 1, 16, 1),
            new Stage(6, 3, 2, 24, 2),
            new Stage(6, 5, 2, 40, 2),
            new Stage(6, 3, 2, 80, 3),
            new Stage(6, 5, 1, 112, 3),
            new Stage(6, 5, 2, 192, 4),
            new Stage(6, 3, 1, 320, 1));

    /** The probability that the last block is left out; it grows from the first block on. */
    private static final double DEPTH_DROPPED = 0.2;

    private final Layer features;
    private final Layer pool = new Sequential(new AdaptiveAvgPool2d(), new Flatten());
    private final Layer classifier;

    private EfficientNet(List<Stage> stages, double dropout, long classes, Rng rng) {
        int total = stages.stream().mapToInt(Stage::blocks).sum();
        List<Layer> layers = new ArrayList<>();
        layers.add(normed(3, 32, 3, 2, 1, rng, Activation.silu()));
        long in = 32;
        int before = 0;
        for (Stage stage : stages) {
            Layer[] blocks = new Layer[stage.blocks];
            for (int i = 0; i < blocks.length; i++) {
                double dropped = DEPTH_DROPPED * before++ / total;
                blocks[i] = new MbConv(stage, in, i == 0 ? stage.stride : 1, dropped, rng);
                in = stage.channels;
            }
            layers.add(new Sequential(blocks));
        }
        layers.add(normed(in, 4 * in, 1, 1, 1, rng, Activation.silu()));
        features = child("features", new Sequential(layers.toArray(Layer[]::new)));
        classifier = child("classifier", new Sequential(new Dropout(dropout), new Linear(4 * in, classes, rng)));
    }

    /**
     * EfficientNet-B0, torchvision's {@code efficientnet_b0}, initialized from the global random stream.
     *
     * @param classes the number of classes: results are {@code [n, classes]}
     * @return the network
     * @throws TensorException if the number of classes is negative
     */
    public static EfficientNet b0(long classes) {
        return b0(classes, Rng.global());
    }

    /**
     * EfficientNet-B0, torchvision's {@code efficientnet_b0}.
     *
     * @param classes the number of classes: results are {@code [n, classes]}
     * @param rng the source of the initial values
     * @return the network
     * @throws TensorException if the number of classes is negative
     */
    public static EfficientNet b0(long classes, Rng rng) {
        return new EfficientNet(B0, 0.2, classes, rng);
    }

    @Override
    protected Tensor compute(Tensor x) {
        return classifier.forward(pool.forward(features.forward(x)));
    }

    /** A wide depthwise convolution with squeeze and excitation between narrow ends. */
    private static final class MbConv extends Layer {
        private final Layer block;
        private final Layer depth;
        private final boolean shortcut;

        MbConv(Stage stage, long in, int stride, double dropped, Rng rng) {
            long hidden = in * stage.expansion;
            List<Layer> layers = new ArrayList<>();
            if (stage.expansion != 1) {
                layers.add(normed(in, hidden, 1, 1, 1, rng, Activation.silu()));
            }
            layers.add(normed(hidden, hidden, stage.kernel, stride, (int) hidden, rng, Activation.silu()));
            layers.add(new SqueezeExcitation(hidden, Math.max(1, in / 4), rng));
            layers.add(normed(hidden, stage.channels, 1, 1, 1, rng));
            block = child("block", new Sequential(layers.toArray(Layer[]::new)));
            depth = child("stochastic_depth", new StochasticDepth(dropped, StochasticDepth.Mode.ROW));
            shortcut = stride == 1 && in == stage.channels;
        }

        @Override
        protected Tensor compute(Tensor x) {
            Tensor y = block.forward(x);
            return shortcut ? depth.forward(y).add(x) : y;
        }
    }

    /** Scales channels by numbers from 0 to 1 that depend on all channels' means (Hu et al. 2017, arXiv:1709.01507). */
    private static final class SqueezeExcitation extends Layer {
        private final Layer fc1;
        private final Layer fc2;

        SqueezeExcitation(long channels, long squeezed, Rng rng) {
            fc1 = child("fc1", new Conv2d(channels, squeezed, Window.of(1), rng));
            fc2 = child("fc2", new Conv2d(squeezed, channels, Window.of(1), rng));
        }

        @Override
        protected Tensor compute(Tensor x) {
            Tensor means = x.mean(new int[] {2, 3}, Keep.KEEP);
            return x.mul(fc2.forward(fc1.forward(means).silu()).sigmoid());
        }
    }
}
