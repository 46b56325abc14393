package dev.lanewise.lm.adapter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.autograd.Gradients;
import dev.lanewise.lm.adapter.LoraConfig.Kind;
import dev.lanewise.lm.quant.Quantize;
import dev.lanewise.lm.weights.JsonText;
import dev.lanewise.nn.Activation;
import dev.lanewise.nn.Linear;
import dev.lanewise.nn.Parameter;
import dev.lanewise.nn.Sequential;
import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.nn.io.Safetensors;
import dev.lanewise.nn.io.SafetensorsFile;
import dev.lanewise.nn.io.TensorData;
import dev.lanewise.nn.optim.Adam;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.text.json.JsonFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class LoraTest {
    private final Rng rng = new Rng(3);
    private final Tensor x = rng.randn(DType.F32, 5, 6);
    private final Sequential model = new Sequential()
            .with("first", new Linear(6, 8, rng))
            .with("gelu", Activation.gelu())
            .with("second", new Linear(8, 3, rng));

    @TempDir
    Path folder;

    private LoraConfig config(Kind kind) {
        return switch (kind) {
            case IA3 -> LoraConfig.ia3(List.of("second"), "first", "second");
            case ADALORA ->
                LoraConfig.adaLora(4, 8, new LoraConfig.Allocation(2, 1, 2, 1, 8, 0.85, 0.85, 0.5), "first", "second");
            default -> LoraConfig.lora(2, 4, "first", "second").withKind(kind);
        };
    }

    private float[] result() {
        return Autograd.noGrad(() -> model.forward(x)).toFloatArray();
    }

    private Map<String, float[]> weights() {
        Map<String, float[]> all = new HashMap<>();
        model.stateDict().forEach((name, tensor) -> all.put(name, tensor.toFloatArray()));
        return all;
    }

    private void assertUnchanged(Map<String, float[]> before) {
        weights().forEach((name, values) -> assertThat(values).as(name).isEqualTo(before.get(name)));
    }

    private void train(Lora lora, int steps) {
        Adam optimizer = new Adam(lora.parameters(), 0.05, Adam.Options.adamW());
        for (int i = 0; i < steps; i++) {
            optimizer.step(Autograd.gradients(
                    lora.withOrthogonality(model.forward(x).square().mean())));
        }
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void aNewAdapterChangesNoResultAndATrainedOneNoWeight(Kind kind) {
        float[] plain = result();
        Map<String, float[]> before = weights();
        Lora lora = Lora.apply(model, config(kind), rng);
        assertThat(result()).containsExactly(plain, within(1e-5f));
        train(lora, 5);
        float[] trained = result();
        assertThat(trained).isNotEqualTo(plain);
        assertUnchanged(before);
        assertThat(Lora.only(Set.of(), this::result)).isEqualTo(plain);
        lora.merge();
        assertThat(result()).containsExactly(trained, within(1e-4f));
        lora.unmerge();
        assertUnchanged(before);
        assertThat(result()).isEqualTo(trained);
        lora.remove();
        assertThat(result()).isEqualTo(plain);
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void aSavedAdapterGivesTheSameResults(Kind kind) {
        Lora lora = Lora.apply(model, config(kind), rng);
        train(lora, 4);
        float[] trained = result();
        lora.save(folder);
        lora.remove();
        Lora again = Lora.load(folder, model);
        assertThat(result()).isEqualTo(trained);
        assertThat(again.config().kind()).isEqualTo(kind);
    }

    @Test
    void adaptersAreChosenByTheCall() {
        float[] plain = result();
        Lora a = Lora.apply(model, config(Kind.LORA), rng);
        train(a, 3);
        float[] withA = result();
        a.setEnabled(false);
        assertThat(result()).isEqualTo(plain);
        Lora b = Lora.apply(model, config(Kind.IA3), rng);
        train(b, 3);
        float[] withB = result();
        assertThat(Lora.only(Set.of(a), this::result)).isEqualTo(withA);
        assertThat(Lora.only(Set.of(b), this::result)).isEqualTo(withB);
        assertThat(Lora.only(Set.of(), this::result)).isEqualTo(plain);
        assertThat(Lora.only(Set.of(a, b), this::result)).isNotEqualTo(withA).isNotEqualTo(withB);
    }

    /** No memory is taken for what the file does not hold. */
    @ParameterizedTest
    @EnumSource(value = Kind.class, names = "IA3", mode = EnumSource.Mode.EXCLUDE)
    void ranksThatTheFileDoesNotHoldAreRefused(Kind kind) throws IOException {
        Lora lora = Lora.apply(model, config(kind), rng);
        lora.save(folder);
        lora.remove();
        Path file = folder.resolve("adapter_config.json");
        String config = Files.readString(file);
        String huge = config.replaceAll("\"(init_)?r\": *\\d+", "\"$1r\":268435456");
        assertThat(huge).isNotEqualTo(config);
        Files.writeString(file, huge);
        Safetensors.writeTensors(
                folder.resolve("adapter_model.safetensors"),
                Map.of("base_model.model.first.lora_A", Tensor.zeros(268435456, 0)),
                Map.of());
        assertThatThrownBy(() -> Lora.load(folder, model)).isInstanceOf(BadFileException.class);
        assertThat(Lora.only(Set.of(), this::result)).isEqualTo(result());
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"lora_dropout\": 7", "\"target_modules\": \"(\"", "\"rank_pattern\": {\"(\": 3}"})
    void settingsOutOfRangeAreABadFile(String setting) throws IOException {
        Files.writeString(folder.resolve("adapter_config.json"), "{\"peft_type\": \"LORA\", " + setting + "}");
        assertThatThrownBy(() -> Lora.load(folder, model)).isInstanceOf(BadFileException.class);
    }

    @Test
    void aRemovedAdapterLeavesTheModelTrainable() {
        model.get(2).freeze(true);
        Lora lora = Lora.apply(model, config(Kind.LORA), rng);
        assertThat(model.parameters()).allMatch(Parameter::isFrozen);
        lora.remove();
        assertThat(model.parameters().stream().map(Parameter::isFrozen)).containsExactly(false, false, true, true);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void whatTwoAdaptersAreOnStaysFrozenUntilBothAreRemoved(boolean firstToo) {
        model.get(2).freeze(true);
        Sequential part = new Sequential().with("inner", (Linear) model.get(0));
        Lora a = Lora.apply(firstToo ? model : part, LoraConfig.lora(2, 4, firstToo ? "first" : "inner"), rng);
        Lora b = Lora.apply(model, config(Kind.IA3), rng);
        Lora c = Lora.apply(model, LoraConfig.lora(1, 1, "second"), rng);
        a.remove();
        assertThat(model.parameters()).allMatch(Parameter::isFrozen);
        c.remove();
        c.remove();
        assertThat(model.parameters()).allMatch(Parameter::isFrozen);
        b.remove();
        assertThat(model.parameters().stream().map(Parameter::isFrozen)).containsExactly(false, false, true, true);
        model.freeze(true);
        a.remove();
        assertThat(model.parameters()).allMatch(Parameter::isFrozen);
    }

    /** Expressions come from files, and nothing in one may hang or overflow. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "(0|.|0.|.0)*\\1Z",
                "(.*)*(.*)*(.*)*(.*)*(.*)*(.*)*(.*)*(.*)*Z",
                "((){2000000000}){2000000000}",
                "("
            })
    void patternsThatTakeForeverAreRefused(String pattern) {
        String name = "0.".repeat(100) + "q_proj";
        assertThatThrownBy(() -> {
                    var targets = new LoraConfig.Targets(List.of(), pattern, List.of(), List.of(), List.of());
                    assertThat(targets.match(name)).isFalse();
                    throw new TensorException("lora: the pattern does not match");
                })
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("pattern");
    }

    @ParameterizedTest
    @ValueSource(strings = {"layers", "(x)?layers", "(lay)(ers)"})
    void numbersOfLayers(String list) {
        var targets = new LoraConfig.Targets(List.of("q_proj"), null, List.of(), List.of(1), List.of(list));
        assertThat(targets.match("model.layers.1.q_proj")).isTrue();
        assertThat(targets.match("model.layers.2.q_proj")).isFalse();
        assertThat(targets.match("model.layers.99999999999.q_proj")).isFalse();
        assertThat(targets.match("model.heads.1.q_proj")).isFalse();
        assertThat(targets.match("layers.1.q_proj")).isTrue();
        targets = new LoraConfig.Targets(List.of("q_proj"), null, List.of(), List.of(1), List.of());
        assertThat(targets.match("model.layers.1.q_proj")).isTrue();
        assertThat(targets.match("layers.1.q_proj")).isFalse();
        targets = new LoraConfig.Targets(List.of("q_proj"), null, List.of(), List.of(1), List.of(list, "experts"));
        assertThat(targets.match("model.layers.2.experts.1.q_proj")).isFalse();
        assertThat(targets.match("model.experts.1.q_proj")).isTrue();
        targets = new LoraConfig.Targets(List.of("model.layers.2.q_proj"), null, List.of(), List.of(1), List.of(list));
        assertThat(targets.match("model.layers.2.q_proj")).isTrue();
    }

    @Test
    void ofSeveralPatternsTheFirstCounts() {
        Map<String, Integer> ranks = new LinkedHashMap<>();
        List.of("first", "fir.*", ".*t", "f.*", "(first|second)").forEach(name -> ranks.put(name, ranks.size() + 1));
        LoraConfig config = config(Kind.LORA);
        Lora lora = Lora.apply(
                model,
                new LoraConfig(
                        Kind.LORA,
                        7,
                        4,
                        0,
                        config.targets(),
                        ranks,
                        Map.of(),
                        config.biases(),
                        List.of(),
                        List.of(),
                        null),
                rng);
        Map<String, Shape> shapes = new HashMap<>();
        lora.stateDict().forEach((name, tensor) -> shapes.put(name, tensor.shape()));
        assertThat(shapes)
                .containsEntry("first.lora_A.weight", Shape.of(1, 6))
                .containsEntry("second.lora_A.weight", Shape.of(5, 8));
    }

    private void change(String name, Object value) throws IOException {
        Path config = folder.resolve("adapter_config.json");
        Map<String, Object> settings = new HashMap<>(JsonFile.read(config).map());
        settings.put(name, value);
        Files.writeString(config, JsonText.of(settings));
    }

    @Test
    void inFilesATextIsAnExpressionForWholeNames() throws IOException {
        Lora lora = Lora.apply(model, LoraConfig.lora(2, 4, "first"), rng);
        lora.save(folder);
        lora.remove();
        change("target_modules", "first|second");
        change("exclude_modules", "s.*d");
        Lora again = Lora.load(folder, model);
        assertThat(again.adapted()).containsExactly("first");
        again.remove();
        Lora scales = Lora.apply(model, config(Kind.IA3), rng);
        train(scales, 2);
        float[] trained = result();
        scales.save(folder);
        scales.remove();
        change("feedforward_modules", "sec.*");
        Lora.load(folder, model);
        assertThat(result()).isEqualTo(trained);
    }

    @Test
    void doraMayBeDividedByTheRootOfTheRank() throws IOException {
        Lora lora = Lora.apply(model, LoraConfig.lora(4, 8, "first").withKind(Kind.DORA), rng);
        train(lora, 2);
        float[] trained = result();
        lora.save(folder);
        lora.remove();
        change("use_rslora", true);
        change("lora_alpha", 4L);
        Lora again = Lora.load(folder, model);
        assertThat(result()).isEqualTo(trained);
        again.remove();
        change("rank_pattern", Map.of("first", 4L));
        assertThatThrownBy(() -> Lora.load(folder, model))
                .isInstanceOf(BadFileException.class)
                .hasMessageContaining("rank_pattern");
    }

    @Test
    void onlyTheAdapterGetsGradients() {
        Lora lora = Lora.apply(model, config(Kind.LORA), rng);
        Gradients gradients = Autograd.gradients(model.forward(x).sum());
        assertThat(lora.parameters()).allMatch(parameter -> gradients.has(parameter.leaf()));
        assertThat(model.parameters()).noneMatch(parameter -> gradients.has(parameter.leaf()));
    }

    @Test
    void layersThatAreTrainedAsAWholeAreCopies() {
        Map<String, float[]> before = weights();
        Lora lora = Lora.apply(model, LoraConfig.lora(2, 4, "first").withModulesToSave("second"), rng);
        assertThat(lora.stateDict().keySet())
                .containsExactlyInAnyOrder(
                        "first.lora_A.weight", "first.lora_B.weight", "second.weight", "second.bias");
        train(lora, 2);
        assertUnchanged(before);
    }

    @Test
    void adaLoraKeepsAsManyRanksAsAskedFor() {
        Lora lora = Lora.apply(model, config(Kind.ADALORA), rng);
        RankAllocator allocator = new RankAllocator(lora);
        Adam optimizer = new Adam(lora.parameters(), 0.05, Adam.Options.adamW());
        for (int step = 0; step < 8; step++) {
            Gradients gradients = Autograd.gradients(
                    lora.withOrthogonality(model.forward(x).square().mean()));
            optimizer.step(gradients);
            allocator.update(step, gradients);
        }
        long left = lora.stateDict().entrySet().stream()
                .filter(entry -> entry.getKey().endsWith("lora_E"))
                .mapToLong(entry ->
                        (long) entry.getValue().ne(0).to(DType.F32).sum().item())
                .sum();
        assertThat(left).isEqualTo(4);

        // files hold the ranks that are left, and say which they were
        float[] trained = result();
        lora.save(folder);
        lora.remove();
        Lora again = Lora.load(folder, model);
        assertThat(result()).containsExactly(trained, within(1e-6f));
        long stored = again.stateDict().entrySet().stream()
                .filter(entry -> entry.getKey().endsWith("lora_A"))
                .mapToLong(entry -> entry.getValue().shape().size(0))
                .sum();
        assertThat(stored).isEqualTo(4);
        Map<String, Object> masks = JsonFile.read(folder.resolve("adapter_config.json"))
                .need("rank_pattern")
                .map();
        assertThat(masks).containsOnlyKeys("first.lora_E", "second.lora_E");
        assertThat(masks.values().stream()
                        .flatMap(mask -> ((List<?>) mask).stream())
                        .filter(Boolean.TRUE::equals))
                .hasSize(4);
        assertThat(masks.values()).allMatch(mask -> ((List<?>) mask).size() == 4);
    }

    @Test
    void adaptersGoOnWeightsOfFewBits() {
        float[] plain = result();
        Quantize.int8(model, name -> true);
        assertThat(result()).containsExactly(plain, within(0.05f));
        Lora lora = Lora.apply(model, config(Kind.LORA), rng);
        float[] before = result();
        train(lora, 3);
        assertThat(result()).isNotEqualTo(before);
        assertThatThrownBy(lora::merge).isInstanceOf(TensorException.class).hasMessageContaining("packed");
    }

    @Test
    void nothingIsMergedWhereOneWeightCanNotBe() {
        Quantize.int8(model, name -> name.equals("second"));
        Lora lora = Lora.apply(model, config(Kind.LORA), rng);
        train(lora, 3);
        float[] before = result();
        assertThatThrownBy(lora::merge).isInstanceOf(TensorException.class).hasMessageContaining("packed");
        assertThat(result()).isEqualTo(before);
        Parameter shared = new Parameter(rng.randn(DType.F32, 6, 6));
        Sequential tied = new Sequential().with("a", new Linear(shared, null)).with("b", new Linear(shared, null));
        Lora half = Lora.apply(tied, LoraConfig.lora(2, 4, "a"), rng);
        assertThatThrownBy(half::merge)
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("a.weight and b.weight");
    }

    @Test
    void whatFitsNoLayerIsRefused() {
        assertThatThrownBy(() -> Lora.apply(model, LoraConfig.lora(2, 4, "q_proj")))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("q_proj");
        assertThatThrownBy(() -> LoraConfig.lora(0, 4, "first")).isInstanceOf(TensorException.class);
        LoraConfig scales = LoraConfig.ia3(List.of(), "first");
        assertThatThrownBy(() -> scales.withBiases(LoraConfig.Biases.ALL))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("ia3");
        Lora lora = Lora.apply(model, config(Kind.LORA), rng);
        lora.save(folder);
        lora.remove();
        Sequential other = new Sequential().with("first", new Linear(6, 8, rng));
        assertThatThrownBy(() -> Lora.load(folder, other)).isInstanceOf(BadFileException.class);
        float[] after = Autograd.noGrad(() -> other.forward(x)).toFloatArray();
        assertThat(Autograd.noGrad(() -> other.forward(x)).toFloatArray()).isEqualTo(after);
    }

    @Test
    void biasesInsideOfModulesToSaveAreThereTwiceInFiles() {
        Sequential whole = new Sequential()
                .with("first", new Linear(6, 8, rng))
                .with("head", new Sequential().with("dense", new Linear(8, 3, rng)));
        Lora lora = Lora.apply(whole, LoraConfig.lora(2, 4, "first").withModulesToSave("head"), rng);
        lora.save(folder);
        lora.remove();
        Path file = folder.resolve("adapter_model.safetensors");
        Map<String, TensorData> all = new HashMap<>();
        try (SafetensorsFile in = Safetensors.open(file)) {
            in.names()
                    .forEach(name -> all.put(name, TensorData.of(in.entry(name).toTensor())));
        }
        TensorData bias = all.get("base_model.model.head.dense.bias");
        // as peft writes them where all biases are trained
        all.put("base_model.model.head.modules_to_save.default.dense.bias", bias);
        all.put("base_model.model.head.original_module.dense.bias", bias);
        Safetensors.write(file, all);
        assertThat(Lora.load(folder, whole).adapted()).containsExactly("first", "head.dense");
        all.put("base_model.model.head.modules_to_save.default.other.bias", bias);
        Safetensors.write(file, all);
        assertThatThrownBy(() -> Lora.load(folder, whole))
                .isInstanceOf(BadFileException.class)
                .hasMessageContaining("other.bias");
    }

    @Test
    void settingsOfPeftThatAreNotKnownAreRefused() throws IOException {
        Lora lora = Lora.apply(model, config(Kind.LORA), rng);
        lora.save(folder);
        lora.remove();
        Path config = folder.resolve("adapter_config.json");
        String json = Files.readString(config);
        for (String setting : List.of(
                "\"init_lora_weights\":\"pissa\"",
                "\"lora_bias\":true",
                "\"layer_replication\":[[0,1]]",
                "\"bias\":\"some\"")) {
            Files.writeString(config, json.replace("\"bias\":\"none\"", setting));
            assertThatThrownBy(() -> Lora.load(folder, model))
                    .as(setting)
                    .isInstanceOf(BadFileException.class)
                    .hasMessageContaining(setting.substring(1, setting.indexOf('"', 1)));
        }
    }
}
