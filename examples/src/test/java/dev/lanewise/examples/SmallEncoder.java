package dev.lanewise.examples;

import dev.lanewise.lm.Models;
import dev.lanewise.nn.Checkpoint;
import dev.lanewise.tensor.Rng;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** An encoder of a few words with random weights, in Hugging Face's layout. */
public final class SmallEncoder {
    /** The words that it knows, by their numbers; the first four are no words of texts. */
    public static final List<String> WORDS =
            List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "cats", "sleep", "dogs", "run", "ships", "sail", "far", "away");

    private SmallEncoder() {}

    /**
     * Writes it.
     *
     * @param positions the most tokens that it reads
     */
    public static void write(Path folder, int positions) throws IOException {
        String vocabulary = IntStream.range(0, WORDS.size())
                .mapToObj(i -> "\"" + WORDS.get(i) + "\":" + i)
                .collect(Collectors.joining(","));
        Files.writeString(folder.resolve("tokenizer.json"), """
                {"version":"1.0","truncation":null,"padding":null,"added_tokens":[],
                "normalizer":null,"pre_tokenizer":{"type":"WhitespaceSplit"},
                "post_processor":{"type":"BertProcessing","sep":["[SEP]",3],"cls":["[CLS]",2]},"decoder":null,
                "model":{"type":"WordLevel","vocab":{%s},"unk_token":"[UNK]"}}
                """.formatted(vocabulary));
        Path config = folder.resolve("config.json");
        Files.writeString(config, """
                {"model_type":"bert","architectures":["BertModel"],"vocab_size":12,"hidden_size":16,"num_hidden_layers":2,
                "num_attention_heads":2,"intermediate_size":32,"max_position_embeddings":%d,"type_vocab_size":2}
                """.formatted(positions));
        Checkpoint.saveWeights(folder.resolve("model.safetensors"), Models.untrained(config, new Rng(3)));
    }
}
