package dev.lanewise.nn.models;

import dev.lanewise.nn.AdaptiveAvgPool2d;
import dev.lanewise.nn.BatchNorm;
import dev.lanewise.nn.Conv2d;
import dev.lanewise.nn.Dropout;
import dev.lanewise.nn.Flatten;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.Linear;
import dev.lanewise.nn.MaxPool2d;
import dev.lanewise.nn.ReLU;
import dev.lanewise.nn.Sequential;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.Window;
import java.util.ArrayList;
import java.util.List;

/**
 * VGG networks (Simonyan and Zisserman 2014, arXiv:1409.1556), {@code [n, 3, h, w] -> [n, classes]} for images of at
 * least 32 x 32, with torchvision's names: {@code features.0.weight}, {@code classifier.6.bias}.
 */
public final class Vgg extends Layer {
    /** How many convolutions each of the five stages has. */
    public enum Depth {
        /** VGG-11, configuration A. */
        VGG11(1, 1, 2, 2, 2),
        /** VGG-13, configuration B. */
        VGG13(2, 2, 2, 2, 2),
        /** VGG-16, configuration D. */
        VGG16(2, 2, 3, 3, 3),
        /** VGG-19, configuration E. */
        VGG19(2, 2, 4, 4, 4);

        private final List<Integer> convolutions;

        Depth(Integer... convolutions) {
            this.convolutions = List.of(convolutions);
        }
    }

    private static final int POOLED = 7;

    private final Layer features;
    private final Layer pool = new Sequential(new AdaptiveAvgPool2d(POOLED, POOLED), new Flatten());
    private final Layer classifier;

    /**
     * A network like torchvision's {@code vgg11} to {@code vgg19}, with 4,096 units in each of two hidden layers,
     * initialized from the global random stream.
     *
     * @param depth how many convolutions there are
     * @param batchNorm whether a normalization follows each of them, as in {@code vgg11_bn} to {@code vgg19_bn}
     * @param classes the number of classes: results are {@code [n, classes]}
     */
    public Vgg(Depth depth, boolean batchNorm, long classes) {
        this(depth, batchNorm, classes, Rng.global());
    }

    /**
     * A network like torchvision's {@code vgg11} to {@code vgg19}, with 4,096 units in each of two hidden layers.
     *
     * @param depth how many convolutions there are
     * @param batchNorm whether a normalization follows each of them, as in {@code vgg11_bn} to {@code vgg19_bn}
     * @param classes the number of classes: results are {@code [n, classes]}
     * @param rng the source of the initial values
     */
    public Vgg(Depth depth, boolean batchNorm, long classes, Rng rng) {
        this(depth, batchNorm, 4096, classes, rng);
    }

    /**
     * A network with hidden layers of another width: with 4,096, they have 120 million weights.
     *
     * @param depth how many convolutions there are
     * @param batchNorm whether a normalization follows each of them
     * @param hidden the units of each of two hidden layers
     * @param classes the number of classes: results are {@code [n, classes]}
     * @param rng the source of the initial values
     */
    public Vgg(Depth depth, boolean batchNorm, long hidden, long classes, Rng rng) {
        features = child("features", features(depth, batchNorm, rng));
        classifier = child(
                "classifier",
                new Sequential(
                        new Linear(512 * POOLED * POOLED, hidden, rng),
                        new ReLU(),
                        new Dropout(0.5),
                        new Linear(hidden, hidden, rng),
                        new ReLU(),
                        new Dropout(0.5),
                        new Linear(hidden, classes, rng)));
    }

    private static Sequential features(Depth depth, boolean batchNorm, Rng rng) {
        List<Layer> layers = new ArrayList<>();
        long in = 3;
        long out = 64;
        for (int count : depth.convolutions) {
            for (int i = 0; i < count; i++) {
                layers.add(new Conv2d(in, out, Window.of(3).padding(1), rng));
                if (batchNorm) {
                    layers.add(new BatchNorm(out));
                }
                layers.add(new ReLU());
                in = out;
            }
            layers.add(new MaxPool2d(2));
            out = Math.min(512, 2 * out);
        }
        return new Sequential(layers.toArray(Layer[]::new));
    }

    @Override
    protected Tensor compute(Tensor x) {
        return classifier.forward(pool.forward(features.forward(x)));
    }
}
