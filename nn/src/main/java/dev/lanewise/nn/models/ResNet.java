package dev.lanewise.nn.models;

import static dev.lanewise.nn.models.Convolutions.conv;
import static dev.lanewise.nn.models.Convolutions.normed;

import dev.lanewise.nn.AdaptiveAvgPool2d;
import dev.lanewise.nn.BatchNorm;
import dev.lanewise.nn.Flatten;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.Linear;
import dev.lanewise.nn.MaxPool2d;
import dev.lanewise.nn.Sequential;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Residual networks (He et al. 2015, arXiv:1512.03385), {@code [n, 3, h, w] -> [n, classes]}. Parameters and buffers
 * have torchvision's names: {@code layer1.0.conv1.weight}, {@code layer2.0.downsample.0.weight}, {@code fc.bias}. As in
 * torchvision, the stride of a bottleneck is that of its 3 x 3 convolution.
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

    private ResNet(Layer conv1, @Nullable MaxPool2d maxpool, boolean bottleneck, long classes, Rng rng, int... blocks) {
        long widening = bottleneck ? Bottleneck.EXPANSION : 1;
        this.conv1 = child("conv1", conv1);
        this.maxpool = maxpool;
        bn1 = child("bn1", new BatchNorm(64));
        layer1 = child("layer1", stage(bottleneck, 64, 64, 1, blocks[0], rng));
        layer2 = child("layer2", stage(bottleneck, 64 * widening, 128, 2, blocks[1], rng));
        layer3 = child("layer3", stage(bottleneck, 128 * widening, 256, 2, blocks[2], rng));
        layer4 = child("layer4", stage(bottleneck, 256 * widening, 512, 2, blocks[3], rng));
        fc = child("fc", new Linear(512 * widening, classes, rng));
    }

    /**
     * ResNet-18 for small images such as CIFAR's 32 x 32: a 3 x 3 stem of stride 1 without pooling, initialized from the
     * global random stream.
     *
     * @param classes the number of classes: results are {@code [n, classes]}
     * @return the network
     */
    public static ResNet resnet18Cifar(long classes) {
        return resnet18Cifar(classes, Rng.global());
    }

    /**
     * ResNet-18 for small images such as CIFAR's 32 x 32: a 3 x 3 stem of stride 1 without pooling.
     *
     * @param classes the number of classes: results are {@code [n, classes]}
     * @param rng the source of the initial values
     * @return the network
     */
    public static ResNet resnet18Cifar(long classes, Rng rng) {
        return new ResNet(conv(3, 64, 3, 1, rng), null, false, classes, rng, 2, 2, 2, 2);
    }

    /**
     * ResNet-18 for images of about 224 x 224, torchvision's {@code resnet18}, initialized from the global random stream.
     *
     * @param classes the number of classes: results are {@code [n, classes]}
     * @return the network
     */
    public static ResNet resnet18(long classes) {
        return resnet18(classes, Rng.global());
    }

    /**
     * ResNet-18 for images of about 224 x 224, torchvision's {@code resnet18}.
     *
     * @param classes the number of classes: results are {@code [n, classes]}
     * @param rng the source of the initial values
     * @return the network
     */
    public static ResNet resnet18(long classes, Rng rng) {
        return large(false, classes, rng, 2, 2, 2, 2);
    }

    /**
     * ResNet-34, torchvision's {@code resnet34}, initialized from the global random stream.
     *
     * @param classes the number of classes: results are {@code [n, classes]}
     * @return the network
     */
    public static ResNet resnet34(long classes) {
        return resnet34(classes, Rng.global());
    }

    /**
     * ResNet-34, torchvision's {@code resnet34}.
     *
     * @param classes the number of classes: results are {@code [n, classes]}
     * @param rng the source of the initial values
     * @return the network
     */
    public static ResNet resnet34(long classes, Rng rng) {
        return large(false, classes, rng, 3, 4, 6, 3);
    }

    /**
     * ResNet-50, torchvision's {@code resnet50}, initialized from the global random stream.
     *
     * @param classes the number of classes: results are {@code [n, classes]}
     * @return the network
     */
    public static ResNet resnet50(long classes) {
        return resnet50(classes, Rng.global());
    }

    /**
     * ResNet-50, torchvision's {@code resnet50}.
     *
     * @param classes the number of classes: results are {@code [n, classes]}
     * @param rng the source of the initial values
     * @return the network
     */
    public static ResNet resnet50(long classes, Rng rng) {
        return large(true, classes, rng, 3, 4, 6, 3);
    }

    private static ResNet large(boolean bottleneck, long classes, Rng rng, int... blocks) {
        return new ResNet(conv(3, 64, 7, 2, rng), new MaxPool2d(3, 2, 1), bottleneck, classes, rng, blocks);
    }

    private static Layer stage(boolean bottleneck, long in, long planes, int stride, int blocks, Rng rng) {
        Layer[] parts = new Layer[blocks];
        long channels = in;
        for (int i = 0; i < blocks; i++) {
            int own = i == 0 ? stride : 1;
            parts[i] = bottleneck
                    ? new Bottleneck(channels, planes, own, rng)
                    : new BasicBlock(channels, planes, own, rng);
            channels = bottleneck ? planes * Bottleneck.EXPANSION : planes;
        }
        return new Sequential(parts);
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
    private static final class BasicBlock extends Layer {
        private final Layer conv1;
        private final Layer bn1;
        private final Layer conv2;
        private final Layer bn2;
        private final @Nullable Layer downsample;

        BasicBlock(long in, long out, int stride, Rng rng) {
            conv1 = child("conv1", conv(in, out, 3, stride, rng));
            bn1 = child("bn1", new BatchNorm(out));
            conv2 = child("conv2", conv(out, out, 3, 1, rng));
            bn2 = child("bn2", new BatchNorm(out));
            downsample = in == out && stride == 1 ? null : child("downsample", normed(in, out, 1, stride, 1, rng));
        }

        @Override
        protected Tensor compute(Tensor x) {
            Tensor y = bn2.forward(conv2.forward(bn1.forward(conv1.forward(x)).relu()));
            return y.add(downsample == null ? x : downsample.forward(x)).relu();
        }
    }

    /** 1 x 1, 3 x 3 and 1 x 1 convolutions with a shortcut: {@code [n, in, h, w] -> [n, 4 planes, ...]}. */
    private static final class Bottleneck extends Layer {
        static final long EXPANSION = 4;

        private final Layer conv1;
        private final Layer bn1;
        private final Layer conv2;
        private final Layer bn2;
        private final Layer conv3;
        private final Layer bn3;
        private final @Nullable Layer downsample;

        Bottleneck(long in, long planes, int stride, Rng rng) {
            long out = EXPANSION * planes;
            conv1 = child("conv1", conv(in, planes, 1, 1, rng));
            bn1 = child("bn1", new BatchNorm(planes));
            conv2 = child("conv2", conv(planes, planes, 3, stride, rng));
            bn2 = child("bn2", new BatchNorm(planes));
            conv3 = child("conv3", conv(planes, out, 1, 1, rng));
            bn3 = child("bn3", new BatchNorm(out));
            downsample = in == out && stride == 1 ? null : child("downsample", normed(in, out, 1, stride, 1, rng));
        }

        @Override
        protected Tensor compute(Tensor x) {
            Tensor y = bn1.forward(conv1.forward(x)).relu();
            y = bn3.forward(conv3.forward(bn2.forward(conv2.forward(y)).relu()));
            return y.add(downsample == null ? x : downsample.forward(x)).relu();
        }
    }
}
