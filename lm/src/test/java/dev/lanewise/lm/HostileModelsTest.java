package dev.lanewise.lm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.lm.weights.JsonText;
import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.nn.io.Safetensors;
import dev.lanewise.nn.io.SafetensorsFile;
import dev.lanewise.nn.io.TensorData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Settings that would change results, and files that are damaged or meant to harm, are one clear error. */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class HostileModelsTest {
    private static final SmallModels.Case LLAMA = SmallModels.named("llama");

    @TempDir
    Path folder;

    @BeforeEach
    void write() {
        SmallModels.write(LLAMA, folder);
    }

    private void refused(String... parts) {
        assertThatThrownBy(() -> Models.load(folder))
                .isInstanceOf(BadFileException.class)
                .satisfies(e -> assertThat(e.getMessage()).contains(parts).doesNotContain("\n"));
    }

    private void config(Map<String, Object> config) throws IOException {
        Files.writeString(folder.resolve("config.json"), JsonText.of(config));
    }

    @ParameterizedTest
    @CsvSource({
        "hidden_act, mystery",
        "model_type, mystery",
        "vocab_size, 1000000000",
        "vocab_size, -4",
        "vocab_size, 12",
        "hidden_size, 268435456",
        "hidden_size, 0",
        "num_hidden_layers, 268435456",
        "num_hidden_layers, 3",
        "num_hidden_layers, 1",
        "num_attention_heads, 5",
        "num_key_value_heads, 3",
        "num_key_value_heads, 268435456",
        "head_dim, 3",
        "intermediate_size, 21",
        "logits_scaling, 8",
        "position_embedding_type, relative_key",
        "tie_word_embeddings, maybe",
    })
    void settingsThatAreNotMeantAreRefused(String name, String value) throws IOException {
        Object parsed = value.matches("-?\\d+") ? (Object) Long.valueOf(value) : value;
        config(SmallModels.changed(LLAMA, name, parsed));
        refused("config.json".equals(name) ? "" : folder.toString());
    }

    @Test
    void missingSettingsAreNamed() throws IOException {
        config(SmallModels.changed(LLAMA, "hidden_size", null));
        refused("hidden_size");
    }

    @Test
    void aRobertaNeedsPositionsBehindItsPadding() throws IOException {
        SmallModels.Case c = SmallModels.named("roberta");
        SmallModels.write(c, folder);
        config(SmallModels.changed(c, "pad_token_id", 500L));
        refused("max_position_embeddings", "pad_token_id");
    }

    @Test
    void unknownRotaryScalingIsRefused() throws IOException {
        config(SmallModels.changed(LLAMA, "rope_parameters", Map.of("rope_type", "mrope", "rope_theta", 1e4)));
        refused("rope_type", "mrope");
        config(SmallModels.changed(
                LLAMA, "rope_parameters", Map.of("rope_type", "default", "mrope_section", List.of(1))));
        refused("mrope_section");
    }

    @Test
    void settingsThatSayNothingAreNotAskedAbout() throws IOException {
        Map<String, Object> config = new HashMap<>(LLAMA.config());
        config.put("gradient_checkpointing", false);
        config.put("_name_or_path", "x");
        config.put("something_new", null);
        config(config);
        assertThat(Models.load(folder).family()).isEqualTo("llama");
    }

    @ParameterizedTest
    @CsvSource({"'', no JSON", "[1], a list", "'{\"a\":', cut", "null, nothing"})
    void filesThatAreNoSettingsAreRefused(String text, String ignored) throws IOException {
        Files.writeString(folder.resolve("config.json"), text);
        refused("config.json");
    }

    @Test
    void deepNestingIsRefused() throws IOException {
        Files.writeString(folder.resolve("config.json"), "{\"a\":" + "[".repeat(100_000) + "]".repeat(100_000) + "}");
        refused("config.json");
    }

    // ---- weights

    private Map<String, TensorData> tensors() {
        try (SafetensorsFile in = Safetensors.open(folder.resolve("model.safetensors"))) {
            Map<String, TensorData> all = new HashMap<>();
            for (String name : in.names()) {
                all.put(name, TensorData.of(in.entry(name).toTensor()));
            }
            return all;
        }
    }

    private void weights(Map<String, TensorData> tensors) {
        Safetensors.write(folder.resolve("model.safetensors"), tensors);
    }

    @Test
    void missingAndSuperfluousAndMisshapenTensorsAreNamed() {
        Map<String, TensorData> all = tensors();
        TensorData norm = all.remove("model.norm.weight");
        weights(all);
        refused("model.norm.weight");
        all.put("model.norm.weight", TensorData.of(new float[15], 15));
        weights(all);
        refused("model.norm.weight", "[15]", "[16]");
        all.put("model.norm.weight", norm);
        all.put("model.layers.0.self_attn.q_norm.weight", TensorData.of(new float[4], 4));
        weights(all);
        refused("q_norm");
        all.remove("model.layers.0.self_attn.q_norm.weight");
        all.put("norm.weight", norm);
        weights(all);
        refused("norm.weight", "both");
        all.remove("norm.weight");
        all.put("model.norm.weight", TensorData.of(new long[16], 16));
        weights(all);
        refused("model.norm.weight", "I64");
    }

    private void shards(String index) throws IOException {
        Files.deleteIfExists(folder.resolve("model.safetensors"));
        Files.writeString(folder.resolve("model.safetensors.index.json"), index);
    }

    @ParameterizedTest
    @CsvSource({
        "../secret.safetensors",
        "/etc/passwd",
        "sub/model.safetensors",
        "model.safetensors.index.json",
        "..",
        "missing.safetensors",
    })
    void shardsOutsideTheFolderAreNotRead(String shard) throws IOException {
        shards("{\"weight_map\":{\"model.norm.weight\":\"" + shard + "\"}}");
        refused(folder.toString());
    }

    @Test
    void anIndexThatDisagreesWithItsShardsIsRefused() throws IOException {
        Map<String, TensorData> all = tensors();
        Safetensors.write(folder.resolve("a.safetensors"), all);
        StringBuilder map = new StringBuilder();
        all.keySet().forEach(name -> map.append(map.isEmpty() ? "" : ",").append('"' + name + "\":\"a.safetensors\""));
        shards("{\"weight_map\":{" + map + "}}");
        assertThat(Models.load(folder).family()).isEqualTo("llama");
        shards("{\"weight_map\":{" + map + ",\"x\":\"a.safetensors\"}}");
        refused("'x'", "a.safetensors");
        shards("{\"weight_map\":{\"model.norm.weight\":\"a.safetensors\"}}");
        refused("a.safetensors");
        shards("{\"weight_map\":[]}");
        refused("weight_map");
        shards("{}");
        refused("weight_map");
    }
}
