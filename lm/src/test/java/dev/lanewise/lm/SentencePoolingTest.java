package dev.lanewise.lm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lanewise.nn.Checkpoint;
import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SentencePoolingTest {
    private static final String MODULES =
            "[{\"idx\":0,\"path\":\"\",\"type\":\"sentence_transformers.models.Transformer\"},"
                    + "{\"idx\":1,\"path\":\"1_Pooling\",\"type\":\"sentence_transformers.models.Pooling\"},"
                    + "{\"idx\":2,\"path\":\"2_Normalize\",\"type\":\"sentence_transformers.models.Normalize\"}]";

    @TempDir
    Path folder;

    @BeforeEach
    void write() throws IOException {
        Path config = folder.resolve("config.json");
        Files.writeString(
                config,
                "{\"model_type\":\"bert\",\"architectures\":[\"BertModel\"],\"vocab_size\":20,\"hidden_size\":8,"
                        + "\"num_hidden_layers\":1,\"num_attention_heads\":2,\"intermediate_size\":16,"
                        + "\"max_position_embeddings\":16,\"type_vocab_size\":2,\"hidden_act\":\"gelu\"}");
        Checkpoint.saveWeights(folder.resolve("model.safetensors"), Models.untrained(config, new Rng(1)));
        Files.createDirectories(folder.resolve("1_Pooling"));
    }

    private void pooling(String modules, String config) throws IOException {
        Files.writeString(folder.resolve("modules.json"), modules);
        Files.writeString(folder.resolve("1_Pooling/config.json"), config);
    }

    private void check(String mode) {
        Encoder model = Models.encoder(folder);
        Tensor ids = Tensor.of((Object) new long[][] {{3, 4, 5, 6}, {7, 8, 0, 0}});
        Tensor mask = Tensor.of((Object) new long[][] {{1, 1, 1, 1}, {1, 1, 0, 0}});
        float[] hidden = model.run(ids, mask, null).lastHidden().toFloatArray();
        float[] found = model.embeddings(ids, mask, null, false).toFloatArray();
        assertThat(found).hasSize(16);
        for (int i = 0; i < 16; i++) {
            int length = i < 8 ? 4 : 2;
            double sum = 0;
            double max = Double.NEGATIVE_INFINITY;
            for (int t = 0; t < length; t++) {
                double value = hidden[(i / 8 * 4 + t) * 8 + i % 8];
                sum += value;
                max = Math.max(max, value);
            }
            double expected = switch (mode) {
                case "cls" -> hidden[i / 8 * 32 + i % 8];
                case "max" -> max;
                case "mean" -> sum / length;
                default -> sum / Math.sqrt(length);
            };
            assertThat((double) found[i]).as(mode + " " + i).isCloseTo(expected, within(1e-5));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"cls_token", "mean_tokens", "max_tokens", "mean_sqrt_len_tokens"})
    void poolingIsWhatTheFilesSay(String flag) throws IOException {
        String mode = flag.replaceFirst("_tokens?$", "");
        pooling(MODULES, "{\"word_embedding_dimension\":8,\"pooling_mode_" + flag + "\":true}");
        check(mode);
        pooling(MODULES, "{\"pooling_mode\":\"" + mode + "\"}");
        check(mode);
    }

    @Test
    void meanIsTheDefault() {
        check("mean");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"pooling_mode\":\"lasttoken\"}",
                "{\"pooling_mode_weightedmean_tokens\":true}",
                "{\"pooling_mode_cls_token\":true,\"pooling_mode_max_tokens\":true}",
                "{}",
                "[]"
            })
    void otherPoolingIsRefused(String config) throws IOException {
        pooling(MODULES, config);
        assertThatThrownBy(() -> Models.encoder(folder))
                .isInstanceOf(BadFileException.class)
                .hasMessageContaining("config.json");
    }

    @ParameterizedTest
    @ValueSource(strings = {"models.Normalize>models.Dense", "1_Pooling>../x", "[>{", "\"path\":\"\">\"path\":\"0_T\""})
    void otherModulesAreRefused(String change) throws IOException {
        String[] parts = change.split(">", -1);
        pooling(MODULES.replace(parts[0], parts[1]), "{\"pooling_mode\":\"cls\"}");
        assertThatThrownBy(() -> Models.encoder(folder))
                .isInstanceOf(BadFileException.class)
                .hasMessageContaining("modules.json");
    }
}
