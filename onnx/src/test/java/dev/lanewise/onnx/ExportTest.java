package dev.lanewise.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.nn.AdaptiveAvgPool2d;
import dev.lanewise.nn.BatchNorm;
import dev.lanewise.nn.Conv2d;
import dev.lanewise.nn.ConvTranspose2d;
import dev.lanewise.nn.Dropout;
import dev.lanewise.nn.Flatten;
import dev.lanewise.nn.GroupNorm;
import dev.lanewise.nn.Lambda;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.Linear;
import dev.lanewise.nn.MaxPool2d;
import dev.lanewise.nn.ReLU;
import dev.lanewise.nn.Sequential;
import dev.lanewise.nn.sequence.Embedding;
import dev.lanewise.nn.sequence.GRU;
import dev.lanewise.nn.sequence.LSTM;
import dev.lanewise.nn.sequence.LearnedPositions;
import dev.lanewise.nn.sequence.MultiHeadAttention;
import dev.lanewise.nn.sequence.RNN;
import dev.lanewise.nn.sequence.Recurrent;
import dev.lanewise.nn.sequence.RotaryPositions;
import dev.lanewise.nn.sequence.SinusoidalPositions;
import dev.lanewise.nn.sequence.TransformerDecoderLayer;
import dev.lanewise.nn.sequence.TransformerEncoderLayer;
import dev.lanewise.onnx.format.ModelFolder;
import dev.lanewise.onnx.format.ModelReader;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Keep;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.Window;
import dev.lanewise.tensor.op.conv.MaxPooling2d;
import dev.lanewise.tensor.op.conv.PoolingWindow;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ExportTest {
    private static final Map<String, Map<Integer, String>> SEQUENCES = Map.of("input", Map.of(0, "batch", 1, "time"));

    @TempDir
    private Path folder;

    private final Rng rng = new Rng(5);

    private interface Call extends Function<Map<String, Tensor>, Map<String, Tensor>> {}

    /** Exports, imports, and compares both with inputs of the example's sizes and of others. */
    private OnnxModel roundTrip(
            Layer layer, Call call, ExportOptions options, Map<String, Tensor> example, Map<String, Tensor> other) {
        Path file = folder.resolve("model.onnx");
        Onnx.export(layer, call, example, file, options);
        OnnxModel back = OnnxModel.load(file);
        back.eval();
        layer.eval();
        for (Map<String, Tensor> inputs : List.of(example, other)) {
            Map<String, Tensor> expected = Autograd.noGrad(() -> call.apply(inputs));
            Map<String, Tensor> found = Autograd.noGrad(() -> back.forward(inputs));
            assertThat(found).containsOnlyKeys(expected.keySet());
            expected.forEach((name, tensor) -> assertClose(Objects.requireNonNull(found.get(name)), tensor));
        }
        return back;
    }

    private OnnxModel roundTrip(Layer layer, ExportOptions options, Tensor example, Tensor other) {
        return roundTrip(
                layer,
                in -> Map.of("output", layer.forward(in.values().iterator().next())),
                options,
                Map.of("input", example),
                Map.of("input", other));
    }

    private static void assertClose(Tensor found, Tensor expected) {
        assertThat(found.spec()).isEqualTo(expected.spec());
        double[] a = Autograd.detach(found).to(DType.F64).contiguous().toDoubleArray();
        double[] b = Autograd.detach(expected).to(DType.F64).contiguous().toDoubleArray();
        for (int i = 0; i < a.length; i++) {
            if (Double.compare(a[i], b[i]) != 0) {
                assertThat(a[i]).isCloseTo(b[i], org.assertj.core.data.Offset.offset(1e-5 * (1 + Math.abs(b[i]))));
            }
        }
    }

    private Tensor numbers(long n, long... sizes) {
        return rng.randint(0, n, sizes);
    }

    private Tensor normal(long... sizes) {
        return rng.randn(DType.F32, sizes);
    }

    @Test
    void imagesOfAnyNumberGiveTheSame() {
        Layer network = new Sequential(
                new Conv2d(3, 8, 3, 2, 1),
                new BatchNorm(8),
                new ReLU(),
                new MaxPool2d(2),
                new MaxPool2d(Window.of(2).stride(1).padding(1).dilation(2)),
                new GroupNorm(2, 8),
                new ConvTranspose2d(8, 4, Window.of(3).stride(2).padding(1).outputPadding(1)),
                new AdaptiveAvgPool2d(),
                new Flatten(),
                new Dropout(0.5),
                new Linear(4, 5));
        OnnxModel back = roundTrip(network, new ExportOptions(), normal(1, 3, 16, 16), normal(7, 3, 16, 16));
        assertThat(back.operators())
                .containsKeys("BatchNormalization", "ConvTranspose")
                .doesNotContainKey("Sqrt");
        assertThat(back.namedParameters()).containsKeys("weights.0.weight", "weights.1.bias", "weights.10.weight");
        assertThat(back.inputs().getFirst().dims()).containsExactly("batch", "3", "16", "16");
        assertThat(back.outputs().getFirst().dims()).containsExactly("batch", "5");
    }

    @Test
    void imagesOfAnySizeGiveTheSame() {
        Layer network = new Sequential(
                new Conv2d(3, 8, 3, 2, 1), new BatchNorm(8), new ReLU(), new AdaptiveAvgPool2d(), new Flatten());
        ExportOptions sizes =
                new ExportOptions().dynamicAxes(Map.of("input", Map.of(0, "batch", 2, "height", 3, "width")));
        roundTrip(network, sizes, normal(1, 3, 16, 16), normal(2, 3, 33, 20));
    }

    @Test
    void transformersTakeOtherBatchesAndTimes() {
        Layer encoder = new Sequential(
                new Embedding(30, 16, rng),
                new SinusoidalPositions(64, 16),
                new LearnedPositions(64, 16, rng),
                new TransformerEncoderLayer(16, 4, 32, 0.1, rng),
                new MultiHeadAttention(16, 2, new RotaryPositions(64, 8), rng));
        roundTrip(encoder, new ExportOptions().dynamicAxes(SEQUENCES), numbers(30, 1, 64), numbers(30, 3, 9));
    }

    @Test
    void decodersAndMasksTakeTwoInputs() {
        TransformerDecoderLayer decoder = new TransformerDecoderLayer(16, 4, 32, 0.1, rng);
        ExportOptions axes = new ExportOptions()
                .dynamicAxes(Map.of(
                        "x",
                        Map.of(0, "n", 1, "time"),
                        "memory",
                        Map.of(0, "n", 1, "seen"),
                        "pad",
                        Map.of(0, "n", 1, "seen")));
        roundTrip(
                decoder,
                in -> Map.of(
                        "y",
                        decoder.decode(
                                at(in, "x"), at(in, "memory"), null, MultiHeadAttention.paddingMask(at(in, "pad")))),
                axes,
                memory(2, 5, 7),
                memory(3, 4, 2));
    }

    private static Tensor at(Map<String, Tensor> inputs, String name) {
        return Objects.requireNonNull(inputs.get(name));
    }

    private Map<String, Tensor> memory(long n, long time, long seen) {
        Map<String, Tensor> inputs = new LinkedHashMap<>();
        inputs.put("x", normal(n, time, 16));
        inputs.put("memory", normal(n, seen, 16));
        // the first sample is padding throughout
        Tensor first = Tensor.arange(n).eq(0).unsqueeze(1).expand(n, seen);
        inputs.put("pad", first.or(normal(n, seen).gt(0.5)));
        return inputs;
    }

    @ParameterizedTest
    @ValueSource(strings = {"LSTM", "GRU", "RNN"})
    void recurrentLayersAreOneNodeEach(String kind) {
        Recurrent layer = switch (kind) {
            case "LSTM" -> new LSTM(6, 5, 2, true, 0.1, rng);
            case "GRU" -> new GRU(6, 5, 2, true, 0.1, rng);
            default -> new RNN(6, 5, 2, true, 0.1, rng);
        };
        Call call = in -> {
            Recurrent.Result result = layer.run(at(in, "input"));
            Map<String, Tensor> all = new LinkedHashMap<>(Map.of("y", result.output(), "h", result.hidden()));
            Tensor cell = result.cell();
            if (cell != null) {
                all.put("c", cell);
            }
            return all;
        };
        OnnxModel back = roundTrip(
                layer,
                call,
                new ExportOptions().dynamicAxes(SEQUENCES),
                Map.of("input", normal(2, 4, 6)),
                Map.of("input", normal(3, 7, 6)));
        assertThat(back.operators()).containsEntry(kind, 2);
    }

    @ParameterizedTest
    @ValueSource(ints = {17, 18, 20, 23})
    void functionsOfEveryKindGiveTheSame(int opset) {
        Layer functions = new Lambda(x -> Tensor.cat(
                1,
                x.square(),
                x.log1p(),
                x.mul(1e-6).log1p().mul(1e6),
                x.mul(1e-6).expm1().mul(1e6),
                x.gelu(),
                x.geluTanh(),
                x.silu(),
                x.mish(),
                x.trunc(),
                x.round(),
                x.softplus(),
                x.elu(0.7),
                x.leakyRelu(0.1),
                x.hardtanh(-0.5, 0.25),
                x.clamp(-0.3, 0.6),
                x.hardsigmoid(),
                x.softmax(1),
                x.logSoftmax(0),
                x.cumsum(1),
                x.sort(1).values(),
                x.topk(3, 1, true).values(),
                x.remainder(Tensor.of(-0.3f)),
                x.floorDiv(Tensor.of(-0.3f)),
                x.atan2(x.sin()),
                x.std(new int[] {1}, Keep.KEEP),
                x.logSumExp(1, Keep.KEEP),
                x.rmsNorm(1, null, 1e-6),
                x.layerNorm(1, null, null, 1e-5),
                x.sum(0, Keep.KEEP).div(x.shape().size(0)).expand(x.shape()),
                x.gt(0.0).where(x, x.neg()),
                x.argmax(1, Keep.KEEP).to(DType.F32),
                x.gt(0.0).any(1, Keep.KEEP).to(DType.F32),
                x.to(DType.I32).sum(1, Keep.KEEP).to(DType.F32)));
        roundTrip(
                functions,
                new ExportOptions().opset(opset),
                normal(3, 6),
                normal(5, 6).mul(2));
    }

    @Test
    void positionsOfMaximaCountInTheirPlane() {
        Layer layer = new Lambda(x -> Tensor.applyAll(new MaxPooling2d(new PoolingWindow(2)), x)[1]);
        roundTrip(layer, new ExportOptions(), normal(2, 3, 4, 6), normal(3, 3, 4, 6));
    }

    @ParameterizedTest
    @EnumSource(
            value = DType.class,
            names = {"F64", "F16", "BF16"})
    void typesOfParametersStay(DType dtype) {
        Layer network = new Sequential(new Linear(4, 3), new ReLU());
        network.to(dtype);
        Path file = folder.resolve("model.onnx");
        Onnx.export(network, normal(2, 4).to(dtype), file);
        assertThat(ModelReader.model(file, ModelFolder.map(file), null)
                        .graph()
                        .initializers()
                        .get("0.weight")
                        .type())
                .isEqualTo(ElementType.of(dtype));
    }

    @Test
    void aDetachedValueStaysOne() {
        Linear linear = new Linear(3, 3);
        Layer layer = new Lambda(x -> Autograd.detach(linear.forward(x)).add(1), linear);
        roundTrip(layer, new ExportOptions(), normal(2, 3), normal(4, 3));
    }

    @Test
    void outputsMayBeInputsParametersAndEachOther() {
        Linear linear = new Linear(2, 2);
        roundTrip(
                linear,
                in -> {
                    Tensor y = linear.forward(at(in, "x"));
                    return Map.of(
                            "a",
                            y,
                            "b",
                            y,
                            "c",
                            at(in, "x"),
                            "d",
                            linear.parameters().getFirst().tensor());
                },
                new ExportOptions(),
                Map.of("x", normal(2, 2)),
                Map.of("x", normal(5, 2)));
    }

    @Test
    void anImportedModelIsExportedAgain() {
        Layer network =
                new Sequential(new Conv2d(3, 8, 3), new BatchNorm(8), new ReLU(), new Flatten(), new Linear(8 * 36, 5));
        Path file = folder.resolve("first.onnx");
        Onnx.export(network, normal(2, 3, 8, 8), file);
        OnnxModel model = OnnxModel.load(file);
        model.eval();
        Tensor x = normal(3, 3, 8, 8);
        Autograd.noGrad(() -> model.forward(x));
        OnnxModel back = roundTrip(
                model,
                in -> model.forward(in),
                new ExportOptions(),
                Map.of("input", normal(2, 3, 8, 8)),
                Map.of("input", x));
        assertThat(back.operators()).isEqualTo(model.operators());
        assertThat(back.namedParameters()).containsKey("weights.0.weight");
    }

    @Test
    void modesOfLayersStay() {
        Sequential network = new Sequential(new Linear(2, 2), new Dropout(0.5), new BatchNorm(2));
        network.train();
        Layer part = network.layers().get(2);
        part.eval();
        Onnx.export(network, normal(2, 2), folder.resolve("model.onnx"));
        assertThat(network.isTraining()).isTrue();
        assertThat(part.isTraining()).isFalse();
        assertThat(network.layers().get(3).isTraining()).isTrue();
    }

    @Test
    void externalDataLieBesideTheModel() {
        Layer network = new Linear(64, 64);
        Path file = folder.resolve("model.onnx");
        Onnx.export(network, Map.of("input", normal(2, 64)), file, new ExportOptions().withExternalData());
        assertThat(folder.resolve("model.onnx.data")).exists();
        Tensor x = normal(3, 64);
        assertClose(OnnxModel.load(file).forward(x), network.forward(x));
    }

    @Test
    void whatCanNotBeExportedIsNamed() {
        Path file = folder.resolve("model.onnx");
        Layer random = new Lambda(x -> x.add(Tensor.rand(3)));
        assertThatThrownBy(() -> Onnx.export(random, normal(2, 3), file))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("rand")
                .hasMessageContaining("at random");
        Layer inverse = new Lambda(x -> x.matmul(x.transpose(0, 1)).inverse());
        assertThatThrownBy(() -> Onnx.export(inverse, normal(2, 3), file)).hasMessageContaining("inverse");
        Layer branching = new Lambda(x -> x.shape().size(0) > 2 ? x.exp() : x.sin());
        assertThatThrownBy(() -> Onnx.export(branching, normal(2, 3), file)).hasMessageContaining("ExportOptions");
        Layer onHost = new Lambda(x ->
                x.add(Tensor.of(new float[Math.toIntExact(x.shape().size(0))]).unsqueeze(1)));
        assertThatThrownBy(() -> Onnx.export(onHost, normal(2, 3), file)).hasMessageContaining("ExportOptions");
        Onnx.export(onHost, Map.of("input", normal(2, 3)), file, new ExportOptions().fixed());
        assertThatThrownBy(() -> Onnx.export(onHost, Map.of("a", normal(2), "b", normal(2)), file, new ExportOptions()))
                .hasMessageContaining("function");
        assertThatThrownBy(() -> new ExportOptions().opset(9)).hasMessageContaining("17 to 23");
        assertThat(Files.exists(file)).isTrue();
    }

    @Test
    void changesInPlaceAreRefused() {
        Layer counting = new Counting();
        assertThatThrownBy(() -> Onnx.export(counting, normal(2, 3), folder.resolve("model.onnx")))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("in place");
    }

    private static final class Counting extends Layer {
        Counting() {
            buffer("calls", Tensor.zeros(1));
        }

        @Override
        protected Tensor compute(Tensor x) {
            Tensor calls = buffer("calls");
            calls.assign(calls.add(1));
            return x.add(calls);
        }
    }
}
