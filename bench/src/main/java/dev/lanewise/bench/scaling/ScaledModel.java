package dev.lanewise.bench.scaling;

import dev.lanewise.examples.models.MnistModels;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.Parameter;
import dev.lanewise.nn.models.ResNet;
import dev.lanewise.nn.optim.Adam;
import dev.lanewise.nn.optim.Optimizer;
import dev.lanewise.nn.optim.Sgd;
import dev.lanewise.tensor.Rng;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;

/** What is trained by several processes. */
enum ScaledModel {
    /** Two convolutions and two linear layers with dropout, Adam. */
    MNIST_CNN("mnist-cnn", 128, new long[] {1, 28, 28}, MnistModels::cnn, p -> new Adam(p, 1e-3)),
    /** ResNet-18 on 32 x 32 images, descent with momentum. */
    RESNET18_CIFAR(
            "resnet18-cifar",
            32,
            new long[] {3, 32, 32},
            () -> ResNet.resnet18Cifar(10, Rng.global()),
            p -> new Sgd(p, 0.05, Sgd.Options.momentum(0.9)));

    final String id;
    /** Samples per step of one process. */
    final int batch;

    final long[] image;
    final Supplier<Layer> network;
    final Function<List<Parameter>, Optimizer> optimizer;

    ScaledModel(
            String id,
            int batch,
            long[] image,
            Supplier<Layer> network,
            Function<List<Parameter>, Optimizer> optimizer) {
        this.id = id;
        this.batch = batch;
        this.image = image;
        this.network = network;
        this.optimizer = optimizer;
    }

    @Override
    public String toString() {
        return id;
    }
}
