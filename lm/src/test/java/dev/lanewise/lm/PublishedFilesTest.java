package dev.lanewise.lm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.lm.weights.JsonText;
import dev.lanewise.nn.Checkpoint;
import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.nn.io.Safetensors;
import dev.lanewise.nn.io.SafetensorsFile;
import dev.lanewise.nn.io.TensorData;
import dev.lanewise.tensor.Rng;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What published checkpoints have beside, or instead of, what transformers writes today. */
class PublishedFilesTest {
    @TempDir
    Path folder;

    private void config(String name, Map<String, ?> more) throws IOException {
        SmallModels.Case c = SmallModels.named(name);
        SmallModels.write(c, folder);
        Map<String, Object> config = new HashMap<>(c.config());
        config.putAll(more);
        Files.writeString(folder.resolve("config.json"), JsonText.of(config));
    }

    @Test
    void settingsThatChangeNothing() throws IOException {
        config("distilbert", Map.of("tie_weights_", true, "output_past", true, "sinusoidal_pos_embds", false));
        assertThat(Models.load(folder).family()).isEqualTo("distilbert");
        config(
                "llama",
                Map.of(
                        "is_llama_config", true,
                        "rope_interleaved", false,
                        "transformers.js_config", Map.of("dtype", "q4")));
        assertThat(Models.load(folder).family()).isEqualTo("llama");
        config(
                "bert",
                Map.of(
                        "directionality", "bidi",
                        "pooler_fc_size", 768L,
                        "pooler_num_attention_heads", 12L,
                        "pooler_num_fc_layers", 3L,
                        "pooler_size_per_head", 128L,
                        "pooler_type", "first_token_transform",
                        "sentence_transformers", Map.of("version", "4.1.0")));
        assertThat(Models.load(folder).family()).isEqualTo("bert");
        config("llama", Map.of("rope_interleaved", true));
        assertThatThrownBy(() -> Models.load(folder))
                .isInstanceOf(BadFileException.class)
                .hasMessageContaining("rope_interleaved");
    }

    @Test
    void whatAConfigLeavesOutIsTheFamilysOwn() throws IOException {
        SmallModels.Case c = SmallModels.named("qwen3");
        SmallModels.write(c, folder);
        Files.writeString(folder.resolve("config.json"), JsonText.of(SmallModels.changed(c, "head_dim", null)));
        // four heads of 128
        assertThatThrownBy(() -> Models.load(folder))
                .isInstanceOf(BadFileException.class)
                .hasMessageContaining("[512, 16]");
    }

    @Test
    void aDecoderOfMaskedTokensThatIsNotTiedHasABiasOfItsOwn() throws IOException {
        SmallModels.Case c = SmallModels.named("bert-masked");
        Path config = folder.resolve("config.json");
        Files.writeString(config, JsonText.of(SmallModels.changed(c, "tie_word_embeddings", false)));
        Checkpoint.saveWeights(folder.resolve("model.safetensors"), Models.untrained(config, new Rng(1)));
        String own = "cls.predictions.decoder.bias";
        weights(all -> {
            float[] other = new float[Math.toIntExact(all.get(own).shape().elements())];
            Arrays.fill(other, 5);
            all.put("cls.predictions.bias", TensorData.of(other, other.length));
        });
        assertThat(Models.load(folder)
                        .namedParameters()
                        .get(own)
                        .leaf()
                        .abs()
                        .amax()
                        .item())
                .isZero();
    }

    @Test
    void gemmasNormsBeginByChangingNothing() throws IOException {
        SmallModels.Case c = SmallModels.named("gemma2");
        Path config = Files.writeString(folder.resolve("config.json"), JsonText.of(c.config()));
        assertThat(Models.untrained(config, new Rng(1)).namedParameters())
                .allSatisfy((name, parameter) -> assertThat(
                                name.contains("norm")
                                        ? parameter.leaf().abs().amax().item()
                                        : 0)
                        .isZero());
    }

    private void weights(Consumer<Map<String, TensorData>> change) {
        Path file = folder.resolve("model.safetensors");
        Map<String, TensorData> all = new TreeMap<>();
        try (SafetensorsFile in = Safetensors.open(file)) {
            for (String name : in.names()) {
                all.put(name, TensorData.of(in.entry(name).toTensor()));
            }
        }
        change.accept(all);
        Safetensors.write(file, all);
    }

    private float[] scores() {
        SmallModels.Case c = SmallModels.named("llama-llama3");
        return Autograd.noGrad(() -> Models.causal(folder).forward(c.ids())).toFloatArray();
    }

    private static TensorData take(Map<String, TensorData> all, String name) {
        return Objects.requireNonNull(all.remove(name), name);
    }

    @Test
    void aTiedWeightMayHaveEitherName() throws IOException {
        config("llama-llama3", Map.of());
        float[] want = scores();
        weights(all -> {
            all.remove("lm_head.weight");
            all.put("lm_head.weight", take(all, "model.embed_tokens.weight"));
        });
        assertThat(scores()).isEqualTo(want);
    }

    /** As transformers 5 does, which goes by the weights then. */
    @Test
    void anotherHeadIsNotTied() throws IOException {
        config("llama-llama3", Map.of());
        float[] tied = scores();
        weights(all -> all.put(
                "lm_head.weight",
                TensorData.of(take(new TreeMap<>(all), "model.embed_tokens.weight")
                        .toTensor()
                        .mul(2))));
        float[] doubled = scores();
        for (int i = 0; i < tied.length; i++) {
            tied[i] *= 2;
        }
        assertThat(doubled).isEqualTo(tied);
        assertThat(Models.causal(folder).namedParameters()).containsKey("lm_head.weight");
    }
}
