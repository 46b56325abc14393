package dev.lanewise.examples.models;

import dev.lanewise.nn.AdaptiveAvgPool2d;
import dev.lanewise.nn.BatchNorm;
import dev.lanewise.nn.Conv2d;
import dev.lanewise.nn.Flatten;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.Linear;
import dev.lanewise.nn.MaxPool2d;
import dev.lanewise.nn.Sequential;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.Window;
import org.jspecify.annotations.Nullable;

/**
 * Residual networks of basic blocks (He et al. 2015, arXiv:1512.03385), {@code [n, 3, h, w] -> [n, classes]}.
 * Parameters and buffers have torchvision's names: {@code layer1.0.conv1.weight}, {@code layer2.0.downsample.0.weight},
 * {@code fc.bias}.
 */
public final class ResNet extends Layer {
    private final Layer conv1;
    private final Layer bn1;
    private final @Nullable MaxPool2d maxpool;
    private final Layer layer1;
    private final Layer layer2;
    private final Layer layer3;
    private final Layer layer4;
    private final Layer pool = new Sequential(new AdaptiveAvgPool2d(), new Flatten());
    private final Layer fc;

    private ResNet(Layer conv1, @Nullable MaxPool2d maxpool, long classes, Rng rng, int... blocks) {
        this.conv1 = child("conv1", conv1);
        this.maxpool = maxpool;
        bn1 = child("bn1", new BatchNorm(64));
        layer1 = child("layer1", stage(64, 64, 1, blocks[0], rng));
        layer2 = child("layer2", stage(64, 128, 2, blocks[1], rng));
        layer3 = child("layer3", stage(128, 256, 2, blocks[2], rng));
        layer4 = child("layer4", stage(256, 512, 2, blocks[3], rng));
        fc = child("fc", new Linear(512, classes, rng));
    }

    /** ResNet-18 for small images such as CIFAR's 32 x 32: a 3 x 3 stem of stride 1 without pooling. */
    public static ResNet resnet18Cifar(long classes, Rng rng) {
        return new ResNet(convolution(3, 64, 3, 1, 1, rng), null, classes, rng, 2, 2, 2, 2);
    }

    /** ResNet-18 for images of about 224 x 224, torchvision's {@code resnet18}. */
    public static ResNet resnet18(long classes, Rng rng) {
        return new ResNet(convolution(3, 64, 7, 2, 3, rng), new MaxPool2d(3, 2, 1), classes, rng, 2, 2, 2, 2);
    }

    private static Layer stage(long in, long out, int stride, int blocks, Rng rng) {
        Layer[] parts = new Layer[blocks];
        for (int i = 0; i < blocks; i++) {
            parts[i] = i == 0 ? new BasicBlock(in, out, stride, rng) : new BasicBlock(out, out, 1, rng);
        }
        return new Sequential(parts);
    }

    private static Layer convolution(long in, long out, int kernel, int stride, int padding, Rng rng) {
        return new Conv2d(in, out, Window.of(kernel).stride(stride).padding(padding), 1, false, rng);
    }

    @Override
    protected Tensor compute(Tensor x) {
        Tensor y = bn1.forward(conv1.forward(x)).relu();
        if (maxpool != null) {
            y = maxpool.forward(y);
        }
        y = layer4.forward(layer3.forward(layer2.forward(layer1.forward(y))));
        return fc.forward(pool.forward(y));
    }

    /** Two 3 x 3 convolutions with a shortcut: {@code [n, in, h, w] -> [n, out, h / stride, w / stride]}. */
    public static final class BasicBlock extends Layer {
        private final Layer conv1;
        private final Layer bn1;
        private final Layer conv2;
        private final Layer bn2;
        private final @Nullable Layer downsample;

        /** A block; its shortcut is the input itself if size and channels are unchanged. */
        public BasicBlock(long in, long out, int stride, Rng rng) {
            conv1 = child("conv1", convolution(in, out, 3, stride, 1, rng));
            bn1 = child("bn1", new BatchNorm(out));
            conv2 = child("conv2", convolution(out, out, 3, 1, 1, rng));
            bn2 = child("bn2", new BatchNorm(out));
            downsample = in == out && stride == 1
                    ? null
                    : child("downsample", new Sequential(convolution(in, out, 1, stride, 0, rng), new BatchNorm(out)));
        }

        @Override
        protected Tensor compute(Tensor x) {
            Tensor y = bn2.forward(conv2.forward(bn1.forward(conv1.forward(x)).relu()));
            return y.add(downsample == null ? x : downsample.forward(x)).relu();
        }
    }
}
