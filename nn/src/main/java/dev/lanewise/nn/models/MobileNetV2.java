package dev.lanewise.nn.models;

import static dev.lanewise.nn.models.Convolutions.normed;

import dev.lanewise.nn.Activation;
import dev.lanewise.nn.AdaptiveAvgPool2d;
import dev.lanewise.nn.BatchNorm;
import dev.lanewise.nn.Dropout;
import dev.lanewise.nn.Flatten;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.Linear;
import dev.lanewise.nn.Sequential;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.ArrayList;
import java.util.List;

/**
 * MobileNetV2 of width 1 (Sandler et al. 2018, arXiv:1801.04381), {@code [n, 3, h, w] -> [n, classes]}, with
 * torchvision's names: {@code features.1.conv.0.0.weight}, {@code classifier.1.bias}.
 */
public final class MobileNetV2 extends Layer {
    /** Expansion, channels, blocks and stride of each stage. */
    private static final int[][] STAGES = {
        {1, 16, 1, 1}, {6, 24, 2, 2}, {6, 32, 3, 2}, {6, 64, 4, 2}, {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}
    };

    private static final long LAST = 1280;

    private final Layer features;
    private final Layer pool = new Sequential(new AdaptiveAvgPool2d(), new Flatten());
    private final Layer classifier;

    /**
     * A network like torchvision's {@code mobilenet_v2}, initialized from the global random stream.
     *
     * @param classes the number of classes: results are {@code [n, classes]}
     * @throws TensorException if the number of classes is negative
     */
    public MobileNetV2(long classes) {
        this(classes, Rng.global());
    }

    /**
     * A network like torchvision's {@code mobilenet_v2}.
     *
     * @param classes the number of classes: results are {@code [n, classes]}
     * @param rng the source of the initial values
     * @throws TensorException if the number of classes is negative
     */
    public MobileNetV2(long classes, Rng rng) {
        List<Layer> layers = new ArrayList<>();
        layers.add(normed(3, 32, 3, 2, 1, rng, Activation.relu6()));
        long in = 32;
        for (int[] stage : STAGES) {
            for (int block = 0; block < stage[2]; block++) {
                layers.add(new InvertedResidual(in, stage[1], stage[0], block == 0 ? stage[3] : 1, rng));
                in = stage[1];
            }
        }
        layers.add(normed(in, LAST, 1, 1, 1, rng, Activation.relu6()));
        features = child("features", new Sequential(layers.toArray(Layer[]::new)));
        classifier = child("classifier", new Sequential(new Dropout(0.2), new Linear(LAST, classes, rng)));
    }

    @Override
    protected Tensor compute(Tensor x) {
        return classifier.forward(pool.forward(features.forward(x)));
    }

    /** A wide depthwise convolution between narrow ends, with a shortcut where shapes allow it. */
    private static final class InvertedResidual extends Layer {
        private final boolean shortcut;
        private final Layer conv;

        InvertedResidual(long in, long out, int expansion, int stride, Rng rng) {
            long hidden = in * expansion;
            List<Layer> layers = new ArrayList<>();
            if (expansion != 1) {
                layers.add(normed(in, hidden, 1, 1, 1, rng, Activation.relu6()));
            }
            layers.add(normed(hidden, hidden, 3, stride, (int) hidden, rng, Activation.relu6()));
            layers.add(Convolutions.conv(hidden, out, 1, 1, rng));
            layers.add(new BatchNorm(out));
            conv = child("conv", new Sequential(layers.toArray(Layer[]::new)));
            shortcut = stride == 1 && in == out;
        }

        @Override
        protected Tensor compute(Tensor x) {
            Tensor y = conv.forward(x);
            return shortcut ? x.add(y) : y;
        }
    }
}
