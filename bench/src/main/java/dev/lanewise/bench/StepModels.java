package dev.lanewise.bench;

import dev.lanewise.nn.Activation;
import dev.lanewise.nn.AdaptiveAvgPool2d;
import dev.lanewise.nn.BatchNorm;
import dev.lanewise.nn.Conv1d;
import dev.lanewise.nn.Conv2d;
import dev.lanewise.nn.ConvTranspose2d;
import dev.lanewise.nn.Dropout;
import dev.lanewise.nn.Flatten;
import dev.lanewise.nn.Lambda;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.LayerNorm;
import dev.lanewise.nn.Linear;
import dev.lanewise.nn.ReLU;
import dev.lanewise.nn.Residual;
import dev.lanewise.nn.Sequential;
import dev.lanewise.nn.loss.Losses;
import dev.lanewise.nn.sequence.Embedding;
import dev.lanewise.nn.sequence.TransformerLayer;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Reduction;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.Window;
import java.util.ArrayList;
import java.util.List;

/** Networks that only {@link TrainWorkload} trains: of the same layers and sizes as those in {@code pytorch_peer.py}. */
final class StepModels {
    /** MobileNetV2's stages: factor of the channels inside a block, channels, blocks, stride of the first. */
    private static final int[][] MOBILE_NET_STAGES = {
        {1, 16, 1, 1}, {6, 24, 2, 2}, {6, 32, 3, 2}, {6, 64, 4, 2}, {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}
    };

    private static final int[] DILATIONS = {1, 2, 4, 8};

    private StepModels() {}

    /**
     * A variational autoencoder of 784-400-20-400-784 (Kingma and Welling 2013, arXiv:1312.6114):
     * {@code [n, 1, 28, 28]} to its loss per image, a scalar.
     */
    static Layer vae() {
        Layer inner = new Linear(784, 400);
        Layer mean = new Linear(400, 20);
        Layer logVariance = new Linear(400, 20);
        Layer decoder = new Sequential(new Linear(20, 400), new ReLU(), new Linear(400, 784));
        return new Lambda(
                images -> {
                    Tensor x = images.flatten(1, -1);
                    Tensor h = inner.forward(x).relu();
                    Tensor mu = mean.forward(h);
                    Tensor logs = logVariance.forward(h);
                    Tensor code =
                            mu.add(mu.randnLike(Rng.global()).mul(logs.mul(0.5).exp()));
                    Tensor mistakes =
                            Losses.binaryCrossEntropyWithLogits(Reduction.SUM).of(decoder.forward(code), x);
                    Tensor divergence =
                            logs.add(1).sub(mu.square()).sub(logs.exp()).sum().mul(-0.5);
                    return mistakes.add(divergence).div(x.shape().size(0));
                },
                inner,
                mean,
                logVariance,
                decoder);
    }

    /** A generator of images, {@code [n, 100, 1, 1] -> [n, 3, 32, 32]} (Radford et al. 2015, arXiv:1511.06434). */
    static Layer generator() {
        return new Sequential(
                upwards(100, 256, 1, 0),
                new BatchNorm(256),
                new ReLU(),
                upwards(256, 128, 2, 1),
                new BatchNorm(128),
                new ReLU(),
                upwards(128, 64, 2, 1),
                new BatchNorm(64),
                new ReLU(),
                upwards(64, 3, 2, 1),
                Activation.tanh());
    }

    private static Layer upwards(long in, long out, int stride, int padding) {
        Window window = Window.of(4).stride(stride).padding(padding);
        return new ConvTranspose2d(in, out, window, 1, false, Rng.global());
    }

    /** Its discriminator, {@code [n, 3, 32, 32] -> [n, 1, 1, 1]}. */
    static Layer discriminator() {
        return new Sequential(
                convolution(3, 64, 4, 2, 1, 1),
                Activation.leakyRelu(0.2),
                convolution(64, 128, 4, 2, 1, 1),
                new BatchNorm(128),
                Activation.leakyRelu(0.2),
                convolution(128, 256, 4, 2, 1, 1),
                new BatchNorm(256),
                Activation.leakyRelu(0.2),
                convolution(256, 1, 4, 1, 0, 1));
    }

    /**
     * A network of causal, dilated convolutions over 128 steps of 16 numbers (Bai et al. 2018, arXiv:1803.01271):
     * {@code [n, 16, 128] -> [n, 10]}.
     */
    static Layer tcn() {
        List<Layer> layers = new ArrayList<>();
        long in = 16;
        for (int dilation : DILATIONS) {
            Layer body = new Sequential(causal(in, dilation), new ReLU(), causal(64, dilation), new ReLU());
            layers.add(in == 64 ? new Residual(body) : new Residual(body, new Conv1d(in, 64, 1, 1, 0)));
            layers.add(new ReLU());
            in = 64;
        }
        layers.add(new Lambda(x -> x.select(2, -1)));
        layers.add(new Linear(64, 10));
        return new Sequential(layers.toArray(Layer[]::new));
    }

    private static Layer causal(long in, int dilation) {
        Layer convolution = new Conv1d(in, 64, Window.of(3).dilation(dilation));
        return new Lambda(x -> convolution.forward(x.pad(0, 2L * dilation, 0)), convolution);
    }

    /**
     * A classifier of texts by three layers of BERT, 128 wide (Devlin et al. 2018, arXiv:1810.04805):
     * {@code [n, 64]} words of 8192 to {@code [n, 2]}.
     */
    static Layer bert() {
        Layer words = new Embedding(8192, 128);
        Layer places = new Embedding(64, 128);
        Layer[] layers = new Layer[4];
        layers[0] = new LayerNorm(128);
        for (int i = 1; i < layers.length; i++) {
            layers[i] = new TransformerLayer(
                    new TransformerLayer.Config(128, 4, 512, 0, Tensor::gelu, false, false, false), Rng.global());
        }
        Layer encoder = new Sequential(layers);
        Layer head = new Linear(128, 2);
        return new Lambda(
                text -> {
                    Tensor place = Tensor.arange(64, DType.I64, text.device());
                    Tensor x = words.forward(text).add(places.forward(place));
                    return head.forward(encoder.forward(x).select(1, 0));
                },
                words,
                places,
                encoder,
                head);
    }

    /** MobileNetV2 (Sandler et al. 2018, arXiv:1801.04381), {@code [n, 3, h, w] -> [n, 10]}. */
    static Layer mobileNetV2() {
        List<Layer> layers = new ArrayList<>();
        addNormalized(layers, 3, 32, 3, 2, 1);
        int in = 32;
        for (int[] stage : MOBILE_NET_STAGES) {
            for (int block = 0; block < stage[2]; block++) {
                layers.add(invertedResidual(in, stage[1], block == 0 ? stage[3] : 1, stage[0]));
                in = stage[1];
            }
        }
        addNormalized(layers, in, 1280, 1, 1, 1);
        layers.addAll(List.of(new AdaptiveAvgPool2d(), new Flatten(), new Dropout(0.2), new Linear(1280, 10)));
        return new Sequential(layers.toArray(Layer[]::new));
    }

    private static Layer invertedResidual(int in, int out, int stride, int factor) {
        List<Layer> layers = new ArrayList<>();
        int inner = in * factor;
        if (factor > 1) {
            addNormalized(layers, in, inner, 1, 1, 1);
        }
        addNormalized(layers, inner, inner, 3, stride, inner);
        layers.add(convolution(inner, out, 1, 1, 0, 1));
        layers.add(new BatchNorm(out));
        Layer body = new Sequential(layers.toArray(Layer[]::new));
        return stride == 1 && in == out ? new Residual(body) : body;
    }

    private static void addNormalized(List<Layer> layers, int in, int out, int kernel, int stride, int groups) {
        layers.add(convolution(in, out, kernel, stride, kernel / 2, groups));
        layers.add(new BatchNorm(out));
        layers.add(Activation.relu6());
    }

    private static Layer convolution(long in, long out, int kernel, int stride, int padding, int groups) {
        Window window = Window.of(kernel).stride(stride).padding(padding);
        return new Conv2d(in, out, window, groups, false, Rng.global());
    }
}
