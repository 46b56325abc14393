package dev.lanewise.bench.serving;

import dev.lanewise.lm.Models;
import dev.lanewise.nn.Checkpoint;
import dev.lanewise.tensor.Rng;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** A decoder of a few words with random weights, in Hugging Face's layout. */
public final class SmallLanguageModel {
    /** The words that it knows. */
    public static final List<String> WORDS =
            List.of("[UNK]", "cats", "sleep", "dogs", "run", "ships", "sail", "far", "away", "all", "day", "long");

    private SmallLanguageModel() {}

    /**
     * Writes it.
     *
     * @param folder an empty folder
     * @param hidden the size of its hidden states, a multiple of 8
     */
    public static void write(Path folder, int hidden) throws IOException {
        String vocabulary = IntStream.range(0, WORDS.size())
                .mapToObj(i -> "\"" + WORDS.get(i) + "\":" + i)
                .collect(Collectors.joining(","));
        Files.writeString(folder.resolve("tokenizer.json"), """
                {"version":"1.0","truncation":null,"padding":null,"added_tokens":[],
                "normalizer":null,"pre_tokenizer":{"type":"WhitespaceSplit"},"post_processor":null,"decoder":null,
                "model":{"type":"WordLevel","vocab":{%s},"unk_token":"[UNK]"}}
                """.formatted(vocabulary));
        Files.writeString(
                folder.resolve("tokenizer_config.json"),
                "{\"chat_template\":\"{% for m in messages %}{{ m.role }} {{ m.content }} {% endfor %}\"}");
        Path config = folder.resolve("config.json");
        Files.writeString(config, """
                {"model_type":"llama","architectures":["LlamaForCausalLM"],"vocab_size":%d,"hidden_size":%d,
                "intermediate_size":%d,"num_hidden_layers":2,"num_attention_heads":4,"num_key_value_heads":2,
                "hidden_act":"silu","max_position_embeddings":4096,"rms_norm_eps":1e-6,"tie_word_embeddings":false,
                "initializer_range":0.5,"rope_theta":10000.0}
                """.formatted(WORDS.size(), hidden, 2 * hidden));
        Checkpoint.saveWeights(folder.resolve("model.safetensors"), Models.untrained(config, new Rng(3)));
    }
}
