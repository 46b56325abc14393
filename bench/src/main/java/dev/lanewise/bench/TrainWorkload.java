package dev.lanewise.bench;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.examples.models.CharTransformer;
import dev.lanewise.examples.models.MnistModels;
import dev.lanewise.examples.models.ResNet;
import dev.lanewise.examples.models.TextClassifier;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.Parameter;
import dev.lanewise.nn.optim.Adam;
import dev.lanewise.nn.optim.CapturedStep;
import dev.lanewise.nn.optim.Optimizer;
import dev.lanewise.nn.optim.Sgd;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The training steps of {@code bench train}: names, models, batches and optimizers are those of
 * {@code bench/peers/pytorch_peer.py}.
 */
public enum TrainWorkload {
    /** 784-100-10 with ReLU, descent. */
    MLP("mlp", 128, MnistModels::mlp, o -> o.uniform(128, 1, 28, 28), o -> o.below(10, 128), p -> new Sgd(p, 0.01)),
    /** LeNet-5, descent with momentum. */
    LENET(
            "lenet",
            64,
            MnistModels::lenet5,
            o -> o.uniform(64, 1, 28, 28),
            o -> o.below(10, 64),
            TrainWorkload::momentum),
    /** Two convolutions and two linear layers with dropout, Adam. */
    MNIST_CNN(
            "mnist-cnn",
            64,
            MnistModels::cnn,
            o -> o.uniform(64, 1, 28, 28),
            o -> o.below(10, 64),
            p -> new Adam(p, 1e-3)),
    /** ResNet-18 on 32 x 32 images, descent with momentum. */
    RESNET18_CIFAR(
            "resnet18-cifar",
            32,
            () -> ResNet.resnet18Cifar(10, Rng.global()),
            o -> o.uniform(32, 3, 32, 32),
            o -> o.below(10, 32),
            TrainWorkload::momentum),
    /** The mean of 100 words' vectors and two linear layers, Adam. */
    TEXT(
            "text",
            32,
            () -> new TextClassifier(20_000, 64, 128, 4, Rng.global()),
            o -> o.below(20_000, 32, 100),
            o -> o.below(4, 32),
            p -> new Adam(p, 1e-3)),
    /** A causal transformer of four layers over 64 characters, AdamW. */
    CHAR_TRANSFORMER(
            "char-transformer",
            32,
            () -> new CharTransformer(new CharTransformer.Config(65, 64, 128, 4, 512, 4, 0), Rng.global()),
            o -> o.below(65, 32, 64),
            o -> o.below(65, 32, 64),
            p -> new Adam(p, 1e-3, Adam.Options.adamW()));

    /** The name in the lines. */
    final String id;
    /** Samples per step. */
    final int batch;

    private final Supplier<Layer> model;
    private final Function<Operands, Tensor> inputs;
    private final Function<Operands, Tensor> targets;
    private final Function<List<Parameter>, Optimizer> optimizer;

    TrainWorkload(
            String id,
            int batch,
            Supplier<Layer> model,
            Function<Operands, Tensor> inputs,
            Function<Operands, Tensor> targets,
            Function<List<Parameter>, Optimizer> optimizer) {
        this.id = id;
        this.batch = batch;
        this.model = model;
        this.inputs = inputs;
        this.targets = targets;
        this.optimizer = optimizer;
    }

    /** The names of all. */
    public static List<String> names() {
        return Arrays.stream(values()).map(workload -> workload.id).toList();
    }

    private static Optimizer momentum(List<Parameter> parameters) {
        return new Sgd(parameters, 0.05, Sgd.Options.momentum(0.9));
    }

    /** The workload of a name. */
    static TrainWorkload of(String id) {
        return Arrays.stream(values())
                .filter(workload -> workload.id.equals(id))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no workload " + id));
    }

    /** A training step in F32, operation by operation. */
    public Runnable prepare(Device device) {
        return prepare(device, Precision.FP32, Mode.EAGER);
    }

    /**
     * Makes model, batch and optimizer on a device; the result is one training step, which cleans up after itself.
     *
     * @throws TensorException if the step should be captured and can't be
     */
    Runnable prepare(Device device, Precision precision, Mode mode) {
        Rng.global().seed(0);
        Layer network = model.get();
        network.to(device);
        Operands operands = new Operands(device, DType.F32, Rng.global());
        Tensor x = inputs.apply(operands).keep();
        Tensor y = targets.apply(operands).flatten().keep();
        Optimizer trained = optimizer.apply(network.parameters());
        Runnable step = () -> {
            try (var ignored = Scope.open("training step")) {
                Tensor loss =
                        precision.run(() -> network.forward(x).flatten(0, -2).crossEntropy(y));
                trained.step(Autograd.gradients(loss));
            }
        };
        return mode == Mode.GRAPHS ? captured(step, trained) : step;
    }

    /** The step's replay. As in the peer's script, the batch stays in place, so there is nothing to copy. */
    private static Runnable captured(Runnable step, Optimizer trained) {
        CapturedStep.Body body = batch -> {
            step.run();
            return batch;
        };
        CapturedStep captured = new CapturedStep(trained, body, CapturedStep.Otherwise.ERROR);
        captured.obstacle().ifPresent(why -> {
            throw new TensorException("bench train: --mode graphs: " + why
                    + " (expected a GPU whose backend has CUDA graphs); use --mode eager");
        });
        while (!captured.isRecorded()) {
            captured.run();
        }
        return captured::run;
    }

    /** The line of a measurement: the keys and units of the peer's script. */
    Map<String, Object> line(Device device, Precision precision, Mode mode, double seconds) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("workload", id);
        line.put("device", device.isCpu() ? "cpu" : "cuda");
        line.put("mode", mode.id());
        line.put("precision", precision.id());
        line.put("batch", batch);
        line.put("ms_per_step", seconds * 1e3);
        line.put("samples_per_s", batch / seconds);
        return line;
    }
}
