package dev.lanewise.bench;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.examples.models.CharTransformer;
import dev.lanewise.examples.models.MnistModels;
import dev.lanewise.examples.models.TextClassifier;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.Parameter;
import dev.lanewise.nn.models.ResNet;
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
import java.util.function.BinaryOperator;
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
            p -> new Adam(p, 1e-3, Adam.Options.adamW())),
    /** A variational autoencoder of 784-400-20-400-784, whose output is its loss, Adam. */
    VAE(
            "vae",
            128,
            StepModels::vae,
            o -> o.uniform(128, 1, 28, 28),
            o -> o.below(10, 128),
            p -> new Adam(p, 1e-3),
            (loss, labels) -> loss),
    /** A generator and a discriminator of 32 x 32 images, Adam for each. */
    DCGAN("dcgan", 32, TrainWorkload::adversarial),
    /** Causal, dilated convolutions over sequences, Adam. */
    TCN("tcn", 32, StepModels::tcn, o -> o.normal(32, 16, 128), o -> o.below(10, 32), p -> new Adam(p, 1e-3)),
    /** Three layers of BERT, 128 wide, AdamW. */
    BERT(
            "bert",
            32,
            StepModels::bert,
            o -> o.below(8192, 32, 64),
            o -> o.below(2, 32),
            p -> new Adam(p, 1e-3, Adam.Options.adamW())),
    /** MobileNetV2 on 96 x 96 images, descent with momentum. */
    MOBILENET_V2(
            "mobilenetv2-96",
            16,
            StepModels::mobileNetV2,
            o -> o.uniform(16, 3, 96, 96),
            o -> o.below(10, 16),
            TrainWorkload::momentum);

    /** The name in the lines. */
    final String id;
    /** Samples per step. */
    final int batch;

    private final Training training;

    /** Makes a training step. */
    @FunctionalInterface
    private interface Training {
        Runnable step(Operands operands, Precision precision, Mode mode);
    }

    TrainWorkload(
            String id,
            int batch,
            Supplier<Layer> model,
            Function<Operands, Tensor> inputs,
            Function<Operands, Tensor> targets,
            Function<List<Parameter>, Optimizer> optimizer) {
        this(
                id,
                batch,
                model,
                inputs,
                targets,
                optimizer,
                (output, y) -> output.flatten(0, -2).crossEntropy(y));
    }

    TrainWorkload(
            String id,
            int batch,
            Supplier<Layer> model,
            Function<Operands, Tensor> inputs,
            Function<Operands, Tensor> targets,
            Function<List<Parameter>, Optimizer> optimizer,
            BinaryOperator<Tensor> loss) {
        this(id, batch, (operands, precision, mode) -> {
            Layer network = model.get();
            network.to(operands.device());
            Tensor x = inputs.apply(operands).keep();
            Tensor y = targets.apply(operands).flatten().keep();
            Optimizer trained = optimizer.apply(network.parameters());
            Runnable step = () -> {
                try (var ignored = Scope.open("training step")) {
                    Tensor value = precision.run(() -> loss.apply(network.forward(x), y));
                    trained.step(Autograd.gradients(value));
                }
            };
            return mode == Mode.GRAPHS ? captured(step, trained) : step;
        });
    }

    TrainWorkload(String id, int batch, Training training) {
        this.id = id;
        this.batch = batch;
        this.training = training;
    }

    private static Runnable adversarial(Operands operands, Precision precision, Mode mode) {
        if (mode != Mode.EAGER) {
            throw new TensorException("bench train: --mode " + mode.id()
                    + ": dcgan has two optimizers (expected a workload of one); use --mode eager");
        }
        Layer generator = StepModels.generator();
        Layer discriminator = StepModels.discriminator();
        generator.to(operands.device());
        discriminator.to(operands.device());
        Tensor codes = operands.normal(32, 100, 1, 1).keep();
        Tensor images = operands.uniform(32, 3, 32, 32).keep();
        return new AdversarialStep(generator, discriminator, codes, images, precision);
    }

    /** The names of all. */
    public static List<String> names() {
        return in(Mode.EAGER).stream().map(workload -> workload.id).toList();
    }

    /** The names of those whose steps are captured or compiled: those of one optimizer. */
    public static List<String> namesOfOneOptimizer() {
        return in(Mode.GRAPHS).stream().map(workload -> workload.id).toList();
    }

    /** Those that a mode can run. */
    static List<TrainWorkload> in(Mode mode) {
        return Arrays.stream(values())
                .filter(workload -> mode == Mode.EAGER || workload != DCGAN)
                .toList();
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
        return training.step(new Operands(device, DType.F32, Rng.global()), precision, mode);
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
