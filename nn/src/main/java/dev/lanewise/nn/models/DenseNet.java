package dev.lanewise.nn.models;

import static dev.lanewise.nn.models.Convolutions.conv;

import dev.lanewise.nn.AdaptiveAvgPool2d;
import dev.lanewise.nn.AvgPool2d;
import dev.lanewise.nn.BatchNorm;
import dev.lanewise.nn.Flatten;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.Linear;
import dev.lanewise.nn.MaxPool2d;
import dev.lanewise.nn.ReLU;
import dev.lanewise.nn.Sequential;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;

/**
 * Densely connected networks (Huang et al. 2016, arXiv:1608.06993), {@code [n, 3, h, w] -> [n, classes]}, with
 * torchvision's names: {@code features.denseblock1.denselayer1.conv1.weight}, {@code classifier.bias}.
 */
public final class DenseNet extends Layer {
    /** How many channels each layer adds. */
    private static final long GROWTH = 32;

    /** How many times as wide the 1 x 1 convolution's result is. */
    private static final long BOTTLENECK = 4;

    private final Layer features;
    private final Layer pool = new Sequential(new AdaptiveAvgPool2d(), new Flatten());
    private final Layer classifier;

    private DenseNet(long classes, Rng rng, int... blocks) {
        long channels = 2 * GROWTH;
        Sequential layers = new Sequential()
                .with("conv0", conv(3, channels, 7, 2, rng))
                .with("norm0", new BatchNorm(channels))
                .with("relu0", new ReLU())
                .with("pool0", new MaxPool2d(3, 2, 1));
        for (int i = 0; i < blocks.length; i++) {
            Sequential block = new Sequential();
            for (int layer = 1; layer <= blocks[i]; layer++) {
                block.with("denselayer" + layer, new DenseLayer(channels, rng));
                channels += GROWTH;
            }
            layers.with("denseblock" + (i + 1), block);
            if (i + 1 < blocks.length) {
                layers.with("transition" + (i + 1), transition(channels, rng));
                channels /= 2;
            }
        }
        features = child("features", layers.with("norm5", new BatchNorm(channels)));
        classifier = child("classifier", new Linear(channels, classes, rng));
    }

    /**
     * DenseNet-121, torchvision's {@code densenet121}, initialized from the global random stream.
     *
     * @param classes the number of classes: results are {@code [n, classes]}
     * @return the network
     * @throws TensorException if the number of classes is negative
     */
    public static DenseNet densenet121(long classes) {
        return densenet121(classes, Rng.global());
    }

    /**
     * DenseNet-121, torchvision's {@code densenet121}.
     *
     * @param classes the number of classes: results are {@code [n, classes]}
     * @param rng the source of the initial values
     * @return the network
     * @throws TensorException if the number of classes is negative
     */
    public static DenseNet densenet121(long classes, Rng rng) {
        return new DenseNet(classes, rng, 6, 12, 24, 16);
    }

    private static Sequential transition(long channels, Rng rng) {
        return new Sequential()
                .with("norm", new BatchNorm(channels))
                .with("relu", new ReLU())
                .with("conv", conv(channels, channels / 2, 1, 1, rng))
                .with("pool", new AvgPool2d(2));
    }

    @Override
    protected Tensor compute(Tensor x) {
        return classifier.forward(pool.forward(features.forward(x).relu()));
    }

    /** What it computes of all channels before it is appended to them. */
    private static final class DenseLayer extends Layer {
        private final Layer norm1;
        private final Layer conv1;
        private final Layer norm2;
        private final Layer conv2;

        DenseLayer(long in, Rng rng) {
            norm1 = child("norm1", new BatchNorm(in));
            conv1 = child("conv1", conv(in, BOTTLENECK * GROWTH, 1, 1, rng));
            norm2 = child("norm2", new BatchNorm(BOTTLENECK * GROWTH));
            conv2 = child("conv2", conv(BOTTLENECK * GROWTH, GROWTH, 3, 1, rng));
        }

        @Override
        protected Tensor compute(Tensor x) {
            Tensor y = conv1.forward(norm1.forward(x).relu());
            return Tensor.cat(1, x, conv2.forward(norm2.forward(y).relu()));
        }
    }
}
