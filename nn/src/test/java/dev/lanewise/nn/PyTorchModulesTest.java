package dev.lanewise.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lanewise.nn.io.Safetensors;
import dev.lanewise.nn.io.SafetensorsFile;
import dev.lanewise.nn.sequence.Embedding;
import dev.lanewise.nn.sequence.EmbeddingBag;
import dev.lanewise.nn.sequence.GRU;
import dev.lanewise.nn.sequence.LSTM;
import dev.lanewise.nn.sequence.MultiHeadAttention;
import dev.lanewise.nn.sequence.RNN;
import dev.lanewise.nn.sequence.TransformerDecoderLayer;
import dev.lanewise.nn.sequence.TransformerEncoderLayer;
import dev.lanewise.nn.spatial.Upsample;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.Window;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Layers load PyTorch's state by its names and give its results, which {@code layers.py} stored. */
final class PyTorchModulesTest {
    private static final Rng RNG = new Rng(0);
    private static final Map<String, Case<?>> CASES = cases();

    private record Case<M extends Layer>(M layer, BiFunction<M, List<Tensor>, Tensor> call) {
        Tensor run(List<Tensor> inputs) {
            return call.apply(layer, inputs);
        }
    }

    private static <M extends Layer> Case<M> of(M layer) {
        return new Case<>(layer, (m, in) -> m.forward(in.getFirst()));
    }

    private static Map<String, Case<?>> cases() {
        Map<String, Case<?>> cases = new LinkedHashMap<>();
        cases.put("linear", of(new Linear(4, 3)));
        cases.put("bilinear", new Case<>(new Bilinear(3, 4, 2, RNG), (m, in) -> m.forward(in.get(0), in.get(1))));
        cases.put(
                "conv1d", of(new Conv1d(4, 6, Window.of(3).stride(2).padding(1).dilation(2), 2, false, RNG)));
        Window moving = Window.of(3).stride(2).padding(1);
        cases.put("conv2d", of(new Conv2d(4, 6, moving, 2, true, RNG)));
        cases.put("conv_transpose2d", of(new ConvTranspose2d(4, 6, moving.outputPadding(1), 2, true, RNG)));
        cases.put("batch_norm1d", of(new BatchNorm1d(3)));
        cases.put("batch_norm2d", of(new BatchNorm2d(3)));
        cases.put("layer_norm", of(new LayerNorm(3, 4)));
        cases.put("group_norm", of(new GroupNorm(2, 4)));
        cases.put("instance_norm", of(new InstanceNorm(3, true)));
        cases.put("rms_norm", of(new RmsNorm(6, 1e-5)));
        cases.put("embedding", of(new Embedding(5, 3, 1, RNG)));
        for (EmbeddingBag.Mode mode : EmbeddingBag.Mode.values()) {
            String name = mode.name().toLowerCase(java.util.Locale.ROOT);
            cases.put("embedding_bag_" + name, of(new EmbeddingBag(5, 3, mode, 1, RNG)));
            cases.put(
                    "embedding_bag_offsets_" + name,
                    new Case<>(
                            new EmbeddingBag(5, 3, mode, Embedding.NO_PADDING, RNG),
                            (m, in) -> m.forward(in.get(0), in.get(1).toLongArray())));
        }
        cases.put("prelu", of(new PReLU(3, 0.25)));
        cases.put("rnn", of(new RNN(3, 4, 2, true, 0, RNG)));
        cases.put("gru", of(new GRU(3, 4, 2, true, 0, RNG)));
        cases.put("lstm", of(new LSTM(3, 4, 2, true, 0, RNG)));
        cases.put(
                "attention_padded",
                new Case<>(
                        new MultiHeadAttention(8, 2, RNG),
                        (m, in) -> m.selfAttention(in.get(0), MultiHeadAttention.paddingMask(in.get(1)), false)));
        cases.put(
                "cross_attention",
                new Case<>(new MultiHeadAttention(8, 2, RNG), (m, in) -> m.crossAttention(in.get(0), in.get(1), null)));
        cases.put("encoder_layer", of(new TransformerEncoderLayer(8, 2, 16, 0, RNG)));
        cases.put(
                "decoder_layer",
                new Case<>(new TransformerDecoderLayer(8, 2, 16, 0, RNG), (m, in) -> m.forward(in.get(0), in.get(1))));
        cases.put("max_pool1d", of(new MaxPool1d(3, 2, 1)));
        cases.put("avg_pool1d", of(new AvgPool1d(2)));
        cases.put("avg_pool2d", of(new AvgPool2d(moving, false)));
        cases.put(
                "attention_bool",
                new Case<>(new MultiHeadAttention(8, 2, RNG), (m, in) -> m.selfAttention(in.get(0), in.get(1), false)));
        cases.put(
                "cross_attention_bool",
                new Case<>(
                        new MultiHeadAttention(8, 2, RNG),
                        (m, in) -> m.crossAttention(in.get(0), in.get(1), in.get(2))));
        Window rectangular = Window.of(3, 2).dilation(1, 2);
        cases.put(
                "conv2d_rectangular",
                of(new Conv2d(4, 6, rectangular.stride(2, 1).padding(1, 2), 2, false, RNG)));
        cases.put(
                "conv_transpose2d_rectangular",
                of(new ConvTranspose2d(
                        4, 6, rectangular.stride(2, 3).padding(1, 0).outputPadding(1, 2), 2, true, RNG)));
        cases.put("max_pool1d_ceil", of(new MaxPool1d(moving.ceil())));
        cases.put("avg_pool1d_ceil", of(new AvgPool1d(moving.ceil(), false)));
        cases.put(
                "max_pool2d_rectangular",
                of(new MaxPool2d(Window.of(3, 2).stride(2, 1).padding(1, 0).ceil())));
        cases.put(
                "avg_pool2d_rectangular",
                of(new AvgPool2d(Window.of(2, 3).padding(0, 1).ceil())));
        cases.put("instance_norm_plain", of(new InstanceNorm(3)));
        cases.put("adaptive_avg_pool2d", of(new AdaptiveAvgPool2d(2, 3)));
        cases.put("upsample", of(new Upsample(2, true)));
        cases.put("flatten", of(new Flatten(1, 2)));
        activations().forEach((name, layer) -> cases.put("activation_" + name, of(layer)));
        return cases;
    }

    private static Map<String, Activation> activations() {
        Map<String, Activation> all = new LinkedHashMap<>();
        all.put("relu6", Activation.relu6());
        all.put("leaky_relu", Activation.leakyRelu(0.2));
        all.put("elu", Activation.elu(0.5));
        all.put("selu", Activation.selu());
        all.put("celu", Activation.celu(0.7));
        all.put("gelu", Activation.gelu());
        all.put("gelu_tanh", Activation.geluTanh());
        all.put("silu", Activation.silu());
        all.put("mish", Activation.mish());
        all.put("hardswish", Activation.hardswish());
        all.put("hardsigmoid", Activation.hardsigmoid());
        all.put("hardtanh", Activation.hardtanh(-2, 0.5));
        all.put("sigmoid", Activation.sigmoid());
        all.put("tanh", Activation.tanh());
        all.put("softplus", Activation.softplus(2));
        all.put("softsign", Activation.softsign());
        all.put("log_sigmoid", Activation.logSigmoid());
        all.put("tanhshrink", Activation.tanhshrink());
        all.put("softshrink", Activation.softshrink(0.4));
        all.put("hardshrink", Activation.hardshrink(0.4));
        all.put("threshold", Activation.threshold(0.1, -3));
        all.put("softmax", Activation.softmax(1));
        all.put("log_softmax", Activation.logSoftmax(1));
        all.put("softmin", Activation.softmin(1));
        all.put("glu", Activation.glu(-1));
        return all;
    }

    private static SafetensorsFile stored() {
        return Safetensors.open(Path.of("src", "test", "resources", "dev", "lanewise", "nn", "layers.safetensors"));
    }

    @Test
    void everyStoredCaseIsCompared() {
        try (SafetensorsFile file = stored()) {
            TreeSet<String> names = new TreeSet<>();
            file.names().forEach(name -> names.add(name.substring(0, name.indexOf('/'))));
            assertThat(names).containsExactlyElementsOf(new TreeSet<>(CASES.keySet()));
        }
    }

    static Iterable<String> names() {
        return CASES.keySet();
    }

    @ParameterizedTest
    @MethodSource("names")
    void equalsPyTorch(String name) {
        Case<?> compared = CASES.get(name);
        try (SafetensorsFile file = stored()) {
            Map<String, Tensor> state = new LinkedHashMap<>();
            List<Tensor> inputs = new ArrayList<>();
            String prefix = name + "/state/";
            for (String key : file.names()) {
                if (key.startsWith(prefix)) {
                    state.put(key.substring(prefix.length()), file.entry(key).toTensor());
                }
            }
            while (file.contains(name + "/in/" + inputs.size())) {
                inputs.add(file.entry(name + "/in/" + inputs.size()).toTensor());
            }
            compared.layer().loadStateDict(state);
            compared.layer().eval();
            Tensor result = compared.run(inputs);
            Tensor expected = file.entry(name + "/out").toTensor();
            assertThat(result.shape()).isEqualTo(expected.shape());
            assertThat(result.toFloatArray()).containsExactly(expected.toFloatArray(), within(1e-5f));
        }
    }
}
