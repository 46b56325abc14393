package dev.lanewise.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.examples.models.CharTransformer;
import dev.lanewise.examples.models.MnistModels;
import dev.lanewise.examples.models.SentenceClassifier;
import dev.lanewise.examples.models.TextClassifier;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.Linear;
import dev.lanewise.nn.ReLU;
import dev.lanewise.nn.Sequential;
import dev.lanewise.nn.models.ResNet;
import dev.lanewise.nn.sequence.GRU;
import dev.lanewise.nn.sequence.TransformerDecoderLayer;
import dev.lanewise.nn.sequence.TransformerEncoderLayer;
import dev.lanewise.onnx.ExportOptions;
import dev.lanewise.onnx.Onnx;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** ONNX Runtime computes what exported layers do, with another batch size than the example's. */
final class ExportedModelsTest {
    private static final Map<String, Map<Integer, String>> BATCH = Map.of("input", Map.of(0, "batch"));
    private static final Map<String, Map<Integer, String>> SEQUENCES = Map.of("input", Map.of(0, "batch", 1, "time"));

    @TempDir
    private Path folder;

    private static final Rng RNG = new Rng(7);

    /** The reference models, and other layers; each with an example's sizes and other ones. */
    enum Exported {
        LINEAR_REGRESSION(new Linear(1, 1), 0, sizes(2, 1), sizes(5, 1)),
        MNIST_MLP(MnistModels.mlp(), 0, sizes(1, 1, 28, 28), sizes(3, 1, 28, 28)),
        MNIST_LENET(MnistModels.lenet5(), 0, sizes(1, 1, 28, 28), sizes(3, 1, 28, 28)),
        MNIST_CNN(MnistModels.cnn(), 0, sizes(1, 1, 28, 28), sizes(3, 1, 28, 28)),
        CIFAR_RESNET18(ResNet.resnet18Cifar(10, RNG), 0, sizes(1, 3, 32, 32), sizes(2, 3, 32, 32)),
        IMAGE_FOLDER(ResNet.resnet18(4, RNG), 0, sizes(1, 3, 64, 64), sizes(2, 3, 64, 64)),
        TEXT_CLASSIFIER(SentenceClassifier.mean(50, 8, 0.1, 3, RNG), 50, sizes(2, 16), sizes(3, 9)),
        TEXT_CLASSIFIER_LSTM(SentenceClassifier.lstm(50, 8, 0.1, 3, RNG), 50, sizes(2, 16), sizes(3, 9)),
        TABULAR(new Sequential(new Linear(20, 64), new ReLU(), new Linear(64, 2)), 0, sizes(1, 20), sizes(9, 20)),
        CHAR_GPT(
                new CharTransformer(new CharTransformer.Config(40, 64, 32, 4, 64, 2, 0.1), RNG),
                40,
                sizes(1, 64),
                sizes(3, 17)),
        BAG_OF_WORDS(new TextClassifier(50, 8, 16, 3, RNG), 50, sizes(2, 16), sizes(3, 9)),
        ENCODER_LAYER(new TransformerEncoderLayer(16, 4, 32, 0.1, RNG), 0, sizes(2, 5, 16), sizes(3, 9, 16)),
        GRU_LAYERS(new GRU(6, 5, 2, true, 0.1, RNG), 0, sizes(2, 5, 6), sizes(3, 9, 6));

        private final Layer layer;
        private final long vocabulary;
        private final long[] example;
        private final long[] other;

        Exported(Layer layer, long vocabulary, long[] example, long[] other) {
            this.layer = layer;
            this.vocabulary = vocabulary;
            this.example = example;
            this.other = other;
        }

        private static long[] sizes(long... sizes) {
            return sizes;
        }

        Tensor input(long... sizes) {
            return vocabulary > 0 ? RNG.randint(1, vocabulary, sizes) : RNG.randn(DType.F32, sizes);
        }
    }

    private static OnnxRuntimeSession session(Path file) {
        try {
            return new OnnxRuntimeSession(file, 1);
        } catch (UnsatisfiedLinkError | NoClassDefFoundError | ExceptionInInitializerError e) {
            return abort("ONNX Runtime has no library for this machine: " + e);
        }
    }

    @ParameterizedTest
    @EnumSource
    void layersGiveTheSame(Exported exported) {
        Layer layer = exported.layer;
        boolean isSequence = exported.example[1] != exported.other[1];
        check(
                layer,
                in -> Map.of("output", layer.forward(Objects.requireNonNull(in.get("input")))),
                isSequence ? SEQUENCES : BATCH,
                Map.of("input", exported.input(exported.example)),
                Map.of("input", exported.input(exported.other)));
    }

    @Test
    void decoderLayersGiveTheSame() {
        TransformerDecoderLayer decoder = new TransformerDecoderLayer(16, 4, 32, 0.1, RNG);
        check(
                decoder,
                in -> Map.of(
                        "y",
                        decoder.decode(Objects.requireNonNull(in.get("x")), Objects.requireNonNull(in.get("memory")))),
                Map.of("x", Map.of(0, "n", 1, "time"), "memory", Map.of(0, "n", 1, "seen")),
                decoding(2, 5, 7),
                decoding(4, 3, 2));
    }

    private static Map<String, Tensor> decoding(long n, long time, long seen) {
        Map<String, Tensor> inputs = new LinkedHashMap<>();
        inputs.put("x", RNG.randn(DType.F32, n, time, 16));
        inputs.put("memory", RNG.randn(DType.F32, n, seen, 16));
        return inputs;
    }

    private void check(
            Layer layer,
            Function<Map<String, Tensor>, Map<String, Tensor>> call,
            Map<String, Map<Integer, String>> axes,
            Map<String, Tensor> example,
            Map<String, Tensor> other) {
        Path file = folder.resolve("model.onnx");
        Onnx.export(layer, call, example, file, new ExportOptions().dynamicAxes(axes));
        layer.eval();
        Map<String, Tensor> expected = Autograd.noGrad(() -> call.apply(other));
        try (OnnxRuntimeSession session = session(file)) {
            session.inputs(other);
            session.outputs().forEach((name, output) -> {
                Tensor wanted = Objects.requireNonNull(expected.get(name));
                assertThat(output.spec()).isEqualTo(wanted.spec());
                assertThat(output.sub(wanted).abs().amax().item()).isLessThan(1e-5);
            });
        }
    }
}
