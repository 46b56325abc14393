package dev.lanewise.serve;

import dev.lanewise.lm.Models;
import dev.lanewise.lm.PretrainedModel;
import dev.lanewise.lm.TextGenerator;
import dev.lanewise.nn.Checkpoint;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** A decoder of a few words, with weights by a formula that make its texts vary, in Hugging Face's layout. */
final class SmallGenerator {
    /** The most tokens of a prompt and its continuation. */
    static final int POSITIONS = 50_000;

    private static final List<String> WORDS = List.of(
            "[UNK]",
            "<user>",
            "<assistant>",
            "cats",
            "sleep",
            "dogs",
            "run",
            "ships",
            "sail",
            "far",
            "away",
            "all",
            "day",
            "and",
            "night",
            "long");

    private SmallGenerator() {}

    /** Writes it to a folder. */
    static Path write(Path folder) throws IOException {
        Files.createDirectories(folder);
        String vocabulary = IntStream.range(0, WORDS.size())
                .mapToObj(i -> "\"" + WORDS.get(i) + "\":" + i)
                .collect(Collectors.joining(","));
        Files.writeString(folder.resolve("tokenizer.json"), """
                {"version":"1.0","truncation":null,"padding":null,"added_tokens":[],
                "normalizer":null,"pre_tokenizer":{"type":"WhitespaceSplit"},"post_processor":null,"decoder":null,
                "model":{"type":"WordLevel","vocab":{%s},"unk_token":"[UNK]"}}
                """.formatted(vocabulary));
        Files.writeString(folder.resolve("tokenizer_config.json"), """
                {"chat_template":"{% for m in messages %}<{{ m.role }}> {{ m.content }} {% endfor %}\
                {% if messages[0].role == 'system' %}{{ raise_exception('no system') }}{% endif %}\
                {% if add_generation_prompt %}<assistant>{% endif %}"}
                """);
        Path config = folder.resolve("config.json");
        Files.writeString(config, """
                {"model_type":"llama","architectures":["LlamaForCausalLM"],"vocab_size":%d,"hidden_size":16,
                "intermediate_size":24,"num_hidden_layers":2,"num_attention_heads":4,"num_key_value_heads":2,
                "hidden_act":"silu","max_position_embeddings":%d,"rms_norm_eps":1e-6,"tie_word_embeddings":false,
                "rope_theta":10000.0}
                """.formatted(WORDS.size(), POSITIONS));
        PretrainedModel model = Models.untrained(config, new Rng(5));
        model.namedParameters().forEach((name, parameter) -> {
            Tensor initial = parameter.leaf();
            float[] values = initial.toFloatArray();
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) (Math.sin(0.37 * i + name.hashCode() % 1_000) + (name.contains("norm") ? 1 : 0));
            }
            parameter.set(Tensor.of(values, initial.shape().toArray()));
        });
        Checkpoint.saveWeights(folder.resolve("model.safetensors"), model);
        return folder;
    }

    static TextGenerator in(Path folder) throws IOException {
        return TextGenerator.load(write(folder));
    }
}
