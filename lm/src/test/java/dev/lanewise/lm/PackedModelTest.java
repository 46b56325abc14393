package dev.lanewise.lm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.lm.gguf.BlockType;
import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Models and tokenizers of .gguf files, whose weights stay in their blocks. */
class PackedModelTest {
    private static final int WORDS = 40;
    private static final int HIDDEN = 64;
    private static final int KEYS = 32;

    @TempDir
    Path folder;

    /** Two heads of queries that share one of keys, in blocks of a type. */
    private Path model(BlockType type, boolean tied, Consumer<GgufWriter> more) throws IOException {
        Random random = new Random(3);
        GgufWriter file = new GgufWriter()
                .text("general.architecture", "llama")
                .number("llama.context_length", 64)
                .number("llama.embedding_length", HIDDEN)
                .number("llama.block_count", 1)
                .number("llama.feed_forward_length", HIDDEN)
                .number("llama.attention.head_count", 2)
                .number("llama.attention.head_count_kv", 1)
                .fraction("llama.attention.layer_norm_rms_epsilon", 1e-5f)
                .fraction("llama.rope.freq_base", 10_000);
        more.accept(file);
        file.tensor("token_embd.weight", type, WORDS, normal(random, WORDS * HIDDEN));
        if (!tied) {
            file.tensor("output.weight", type, WORDS, normal(random, WORDS * HIDDEN));
        }
        for (String norm : List.of("output_norm", "blk.0.attn_norm", "blk.0.ffn_norm")) {
            file.tensor(norm + ".weight", BlockType.F32, 1, normal(random, HIDDEN));
        }
        for (String narrow : List.of("attn_k", "attn_v")) {
            file.tensor("blk.0." + narrow + ".weight", type, KEYS, normal(random, KEYS * HIDDEN));
        }
        for (String square : List.of("attn_q", "attn_output", "ffn_gate", "ffn_up", "ffn_down")) {
            file.tensor("blk.0." + square + ".weight", type, HIDDEN, normal(random, HIDDEN * HIDDEN));
        }
        return file.write(folder.resolve("model.gguf"));
    }

    private static float[] normal(Random random, int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) (0.3 * random.nextGaussian());
        }
        return values;
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void scoresAreThoseOfTheWidenedModel(boolean tied) throws IOException {
        for (BlockType type : List.of(BlockType.Q8_0, BlockType.Q4_0, BlockType.F16)) {
            Path file = model(type, tied, more -> {});
            CausalLM packed = Models.packed(file);
            Tensor ids = Tensor.of(new long[] {3, 39, 0, 7, 7, 12, 21, 5}, 2, 4);
            Tensor want = Autograd.noGrad(() -> Models.causal(file).forward(ids));
            Tensor got = Autograd.noGrad(() -> packed.forward(ids));
            assertThat(got.sub(want).abs().amax().item())
                    .isLessThan(1e-5 * want.abs().amax().item());
            assertThat(packed.namedParameters().keySet()).allMatch(name -> name.contains("norm"));
        }
    }

    @Test
    void tokensAreThoseOfTheWidenedModel() throws IOException {
        Path file = model(BlockType.Q8_0, true, more -> {});
        GenerationOptions options = GenerationOptions.greedy(20).withStopTokens(List.of());
        int[] want = Generation.stream(Models.causal(file), new int[] {5, 8}, options)
                .rest();
        assertThat(Generation.stream(Models.packed(file), new int[] {5, 8}, options)
                        .rest())
                .isEqualTo(want);
    }

    @Test
    void textsAndTurnsOfConversationsEnd() throws IOException {
        Path file = model(
                BlockType.Q4_0,
                true,
                more -> more.number("tokenizer.ggml.eos_token_id", 7).number("tokenizer.ggml.eot_token_id", 9));
        assertThat(Models.packed(file).stopTokens()).containsExactly(7, 9);
        refused(more -> more.number("tokenizer.ggml.eos_token_id", -1), "eos_token_id 4294967295");
        refused(more -> more.number("tokenizer.ggml.eot_token_id", WORDS), "eot_token_id 40");
        refused(more -> more.number("split.count", 3), "one of 3 parts");
    }

    private float[] scores(Consumer<GgufWriter> more) throws IOException {
        CausalLM model = Models.packed(model(BlockType.Q8_0, true, more));
        return Autograd.noGrad(() -> model.forward(Tensor.of(new long[] {3, 39, 0, 7, 12}, 1, 5)))
                .toFloatArray();
    }

    @Test
    void positionsAreScaledAsTheFileSays() throws IOException {
        float[] factors = new float[KEYS / 2];
        Arrays.fill(factors, 2);
        float[] slowed = scores(more -> more.tensor("rope_freqs.weight", BlockType.F32, 1, factors));
        float[] linear =
                scores(more -> more.text("llama.rope.scaling.type", "linear").fraction("llama.rope.scaling.factor", 2));
        assertThat(linear).isEqualTo(slowed).isNotEqualTo(scores(more -> {}));
        float[] yarn = scores(more -> more.text("llama.rope.scaling.type", "yarn")
                .fraction("llama.rope.scaling.factor", 4)
                .number("llama.rope.scaling.original_context_length", 16));
        assertThat(yarn).isNotEqualTo(scores(more -> {})).isNotEqualTo(linear);
        refused(more -> more.text("llama.rope.scaling.type", "longrope"), "rope.scaling.type longrope");
        refused(more -> more.text("llama.rope.scaling.type", "linear"), "`factor`");
    }

    @Test
    void textsOfLlama3BeginWithATokenOfTheirOwn() throws IOException {
        for (String split : List.of("llama-bpe", "llama-v3", "qwen2")) {
            Path file = new GgufWriter()
                    .text("tokenizer.ggml.model", "gpt2")
                    .text("tokenizer.ggml.pre", split)
                    .texts("tokenizer.ggml.tokens", "a", "b", "<begin>")
                    .texts("tokenizer.ggml.merges")
                    .number("tokenizer.ggml.bos_token_id", 2)
                    .write(folder.resolve("words.gguf"));
            int[] ids = Tokenizers.load(file).encode("ab").ids();
            assertThat(ids).isEqualTo(split.equals("qwen2") ? new int[] {0, 1} : new int[] {2, 0, 1});
        }
    }

    private void refused(Consumer<GgufWriter> setting, String part) throws IOException {
        Path file = model(BlockType.Q4_0, true, setting);
        assertThatThrownBy(() -> Models.packed(file))
                .isInstanceOf(BadFileException.class)
                .hasMessageContaining(part);
    }

    @ParameterizedTest
    @CsvSource({"gpt-2, 2 5 7 6 4", "smollm, 2 3 4 7 6 4", "llama-bpe, 2 5 7 6 4"})
    void textsAreSplitAsTheFileSays(String split, String want) throws IOException {
        Path file = new GgufWriter()
                .text("tokenizer.ggml.model", "gpt2")
                .text("tokenizer.ggml.pre", split)
                .texts("tokenizer.ggml.tokens", "a", "b", "ab", "1", "2", "12", "\u0120", "\u0120ab")
                .texts("tokenizer.ggml.merges", "a b", "1 2", "\u0120 ab")
                .write(folder.resolve("words.gguf"));
        assertThat(Tokenizers.load(file).encode("ab12 ab 2").ids())
                .isEqualTo(List.of(want.split(" ")).stream()
                        .mapToInt(Integer::parseInt)
                        .toArray());
    }

    @Test
    void unknownSplitsAreRefusedByName() throws IOException {
        Path file = new GgufWriter()
                .text("tokenizer.ggml.model", "gpt2")
                .text("tokenizer.ggml.pre", "strange")
                .texts("tokenizer.ggml.tokens", "a")
                .write(folder.resolve("words.gguf"));
        assertThatThrownBy(() -> Tokenizers.load(file))
                .isInstanceOf(BadFileException.class)
                .hasMessageContaining("'strange'")
                .hasMessageContaining("gpt-2 or llama-bpe or llama-v3 or llama3 or qwen2 or smollm");
    }
}
