package dev.lanewise.lm.adapter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.lm.CausalLM;
import dev.lanewise.lm.Encoder;
import dev.lanewise.lm.ImageEncoder;
import dev.lanewise.lm.Models;
import dev.lanewise.lm.weights.JsonText;
import dev.lanewise.nn.Activation;
import dev.lanewise.nn.Conv1d;
import dev.lanewise.nn.Conv2d;
import dev.lanewise.nn.Flatten;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.LayerNorm;
import dev.lanewise.nn.Linear;
import dev.lanewise.nn.Sequential;
import dev.lanewise.nn.io.Safetensors;
import dev.lanewise.nn.io.SafetensorsFile;
import dev.lanewise.nn.io.TensorData;
import dev.lanewise.nn.optim.Adam;
import dev.lanewise.nn.sequence.Embedding;
import dev.lanewise.nn.spatial.Conv3d;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.Window;
import dev.lanewise.text.json.Json;
import dev.lanewise.text.json.JsonFile;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Adapters on layers of all kinds compute and learn what peft's do; {@code src/test/python/adapter_values.py} made the file, with
 * weights by a formula.
 */
class AdapterValuesTest {
    private static final long[][] IDS = {{3, 9, 4, 12, 5, 7, 11, 6}, {8, 4, 9, 5, 1, 10, 3, 7}};
    private static final double CLOSE = 1e-4;
    private static final double TRAINED = 1e-3;

    @TempDir
    Path folder;

    record Case(String name, Json json) {
        @Override
        public String toString() {
            return name;
        }
    }

    static List<Case> cases() {
        try (InputStream in = AdapterValuesTest.class.getResourceAsStream("adapters.json")) {
            return JsonFile.read(in, "adapters.json").list().stream()
                    .map(json -> new Case(json.need("name").string(), json))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void resultsAndLossesArePefts(Case c) throws IOException {
        Layer model = model(c);
        Map<String, float[]> before = state(model);
        double[] plain = flat(logits(c, model));
        write(c);
        Lora lora = Lora.load(folder, model);
        lora.eval();
        assertThat(flat(logits(c, model))).as("before").containsExactly(doubles(c, "before"), near(c, "before", CLOSE));
        Adam optimizer = new Adam(lora.parameters(), 0.01, new Adam.Options(0.9, 0.999, 1e-8, 0.01, true));
        double[] losses = doubles(c, "losses");
        for (int step = 0; step < losses.length; step++) {
            try (Scope ignored = Scope.open("step")) {
                Tensor loss = loss(c, model);
                assertThat(loss.item()).as("loss %d", step).isCloseTo(losses[step], within(TRAINED * losses[step]));
                if (step < losses.length - 1) {
                    optimizer.step(Autograd.gradients(loss));
                }
            }
        }
        assertThat(flat(logits(c, model))).as("after").containsExactly(doubles(c, "after"), near(c, "after", TRAINED));
        state(model).forEach((name, values) -> assertThat(values).as(name).isEqualTo(before.get(name)));
        saved(c, lora, model);
        merged(c, lora, model);
        lora.remove();
        assertThat(flat(logits(c, model))).as("without").isEqualTo(plain);
    }

    /** What was saved gives the same results, and has the names of peft's file. */
    private void saved(Case c, Lora lora, Layer model) {
        double[] trained = flat(logits(c, model));
        Path own = folder.resolve("own");
        lora.save(own);
        Lora again = Lora.load(own, model);
        again.eval();
        assertThat(Lora.only(Set.of(again), () -> flat(logits(c, model)))).isEqualTo(trained);
        again.remove();
        Set<String> names = Set.copyOf(c.json.need("tensors").map().keySet());
        try (SafetensorsFile file = Safetensors.open(own.resolve("adapter_model.safetensors"))) {
            // peft writes two names of one bias, and layers that are trained as a whole a second time with all biases
            assertThat(names).containsAll(file.names());
        }
    }

    private void merged(Case c, Lora lora, Layer model) {
        double[] trained = flat(logits(c, model));
        Map<String, float[]> before = state(model);
        if (c.json.get("merged").isNull()) {
            assertThatThrownBy(lora::merge).isInstanceOf(TensorException.class).hasMessageContaining("expected one");
        } else {
            lora.merge();
            assertThat(flat(logits(c, model)))
                    .as("merged")
                    .containsExactly(doubles(c, "merged"), near(c, "merged", TRAINED));
            lora.unmerge();
        }
        state(model).forEach((name, values) -> assertThat(values).as(name).isEqualTo(before.get(name)));
        assertThat(flat(logits(c, model))).isEqualTo(trained);
    }

    // ---- models

    private Layer model(Case c) throws IOException {
        Layer model;
        if (c.json.get("layers").isNull()) {
            Path config = folder.resolve("config.json");
            Files.writeString(config, JsonText.of(c.json.need("config").map()));
            model = Models.untrained(config, new Rng(0));
        } else {
            Sequential chain = new Sequential();
            c.json.need("layers").list().forEach(layer -> {
                List<Json> parts = layer.list();
                chain.with(parts.get(0).string(), layer(parts.get(1).string(), parts.get(2)));
            });
            model = chain;
        }
        model.eval();
        model.namedParameters().forEach((own, parameter) -> {
            String name = switch (own) {
                case "cls.predictions.decoder.bias" -> "cls.predictions.bias";
                default -> own;
            };
            Shape shape = parameter.leaf().shape();
            parameter.set(values(name, shape, 0.4, isNorm(name, shape)));
        });
        return model;
    }

    private static Layer layer(String kind, Json numbers) {
        return switch (kind) {
            case "Linear" -> new Linear(size(numbers, 0), size(numbers, 1));
            case "Embedding" -> new Embedding(size(numbers, 0), size(numbers, 1));
            case "LayerNorm" -> new LayerNorm(size(numbers, 0));
            case "Flatten" -> new Flatten();
            case "Tanh" -> Activation.tanh();
            default -> {
                int in = numbers.need("in_channels").index();
                int out = numbers.need("out_channels").index();
                int groups = numbers.need("groups").index();
                Window window = Window.of(each(numbers, "kernel_size"))
                        .stride(each(numbers, "stride"))
                        .padding(each(numbers, "padding"));
                yield switch (kind) {
                    case "Conv1d" -> new Conv1d(in, out, window, groups);
                    case "Conv2d" -> new Conv2d(in, out, window, groups);
                    default -> new Conv3d(in, out, window, groups);
                };
            }
        };
    }

    private static int size(Json numbers, int i) {
        return numbers.list().get(i).index();
    }

    private static int[] each(Json numbers, String name) {
        Json value = numbers.need(name);
        return value.value() instanceof List<?>
                ? value.list().stream().mapToInt(Json::index).toArray()
                : new int[] {value.index()};
    }

    private static Tensor logits(Case c, Layer model) {
        return Autograd.noGrad(() -> tracked(c, model));
    }

    private static Tensor tracked(Case c, Layer model) {
        Tensor ids = Tensor.of((Object) IDS);
        return switch (model) {
            case CausalLM causal -> causal.logits(ids, null, null);
            case Encoder encoder ->
                Objects.requireNonNull(encoder.run(ids, null, null).logits());
            case ImageEncoder images ->
                Objects.requireNonNull(images.run(values("x", Shape.of(2, 3, 12, 12), 1, false))
                        .logits());
            default ->
                model.forward(c.json.get("input").isNull() ? ids : values("x", shape(c.json.need("input")), 1, false));
        };
    }

    private static Tensor loss(Case c, Layer model) {
        Tensor logits = tracked(c, model);
        if (logits.shape().rank() == 2) {
            return logits.crossEntropy(Tensor.of(2L, 0L));
        }
        Tensor ids = Tensor.of((Object) IDS);
        return c.name.equals("bert-masked")
                ? logits.flatten(0, 1).crossEntropy(ids.flatten())
                : CausalLM.loss(logits, ids);
    }

    /** The scores of the last place of each row. */
    private static double[] flat(Tensor logits) {
        Tensor own =
                logits.shape().rank() == 3 ? logits.select(1, logits.shape().size(1) - 1) : logits;
        return own.to(DType.F64).contiguous().toDoubleArray();
    }

    private static Map<String, float[]> state(Layer model) {
        Map<String, float[]> all = new HashMap<>();
        model.stateDict().forEach((name, tensor) -> all.put(name, tensor.toFloatArray()));
        return all;
    }

    // ---- files

    private void write(Case c) throws IOException {
        Files.writeString(
                folder.resolve("adapter_config.json"),
                JsonText.of(c.json.need("adapter").map()));
        Map<String, TensorData> tensors = new LinkedHashMap<>();
        c.json.need("tensors").map().forEach((name, sizes) -> {
            Shape shape = shape(c.json.need("tensors").need(name));
            boolean lora = name.contains("lora");
            boolean one = name.contains("magnitude") || name.contains("ia3") || isNorm(name, shape);
            tensors.put(name, TensorData.of(values(name, shape, lora ? 0.1 : 0.4, one)));
        });
        Safetensors.write(folder.resolve("adapter_model.safetensors"), tensors);
    }

    private static boolean isNorm(String name, Shape shape) {
        return shape.rank() == 1 && name.endsWith("weight");
    }

    private static Tensor values(String name, Shape shape, double scale, boolean aroundOne) {
        CRC32 crc = new CRC32();
        crc.update(name.getBytes(StandardCharsets.UTF_8));
        float[] values = new float[Math.toIntExact(shape.elements())];
        for (int i = 0; i < values.length; i++) {
            double value = scale * Math.sin(0.37 * i + crc.getValue() % 1000);
            values[i] = (float) (aroundOne ? value + 1 : value);
        }
        return Tensor.of(values, shape.toArray());
    }

    private static Shape shape(Json sizes) {
        return Shape.of(sizes.list().stream().mapToLong(Json::index).toArray());
    }

    private static double[] doubles(Case c, String name) {
        return c.json.need(name).list().stream()
                .flatMap(row -> row.value() instanceof List<?> ? row.list().stream() : Stream.of(row))
                .mapToDouble(Json::number)
                .toArray();
    }

    private static Offset<Double> near(Case c, String name, double share) {
        double largest = 0;
        for (double value : doubles(c, name)) {
            largest = Math.max(largest, Math.abs(value));
        }
        return within(share * largest);
    }
}
