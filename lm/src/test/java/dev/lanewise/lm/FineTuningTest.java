package dev.lanewise.lm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.lm.FineTuning.Sample;
import dev.lanewise.lm.adapter.Lora;
import dev.lanewise.lm.adapter.LoraConfig;
import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.tensor.Rng;
import dev.lanewise.text.HfTokenizer;
import dev.lanewise.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Training of adapters on texts. */
class FineTuningTest {
    private static final List<Sample> SAMPLES =
            List.of(new Sample("a b", 0), new Sample("c d c", 1), new Sample("b", 0), new Sample("d c c d c d b a", 1));

    @TempDir
    private Path folder;

    private List<Double> losses(String settings, List<Sample> samples, int longest) throws IOException {
        Path config = folder.resolve("config.json");
        Files.writeString(config, """
                {"model_type":"bert","architectures":["BertForSequenceClassification"],"vocab_size":8,"hidden_size":16,
                "num_hidden_layers":1,"num_attention_heads":2,"intermediate_size":32,"max_position_embeddings":16,
                "type_vocab_size":2,"num_labels":2}
                """);
        Files.writeString(folder.resolve("tokenizer.json"), """
                {"version":"1.0",%s,"added_tokens":[],"normalizer":null,"pre_tokenizer":{"type":"WhitespaceSplit"},
                "post_processor":{"type":"BertProcessing","sep":["[SEP]",3],"cls":["[CLS]",2]},"decoder":null,
                "model":{"type":"WordLevel","vocab":{"[PAD]":0,"[UNK]":1,"[CLS]":2,"[SEP]":3,"a":4,"b":5,"c":6,"d":7},
                "unk_token":"[UNK]"}}
                """.formatted(settings));
        PretrainedModel model = Models.untrained(config, new Rng(3));
        model.eval();
        Lora lora =
                Lora.apply(model, LoraConfig.lora(2, 4, "query", "value").withModulesToSave("classifier"), new Rng(1));
        List<Double> losses = new ArrayList<>();
        FineTuning.run(
                model,
                Tokenizers.load(folder),
                lora,
                samples,
                new FineTuning.Options(4, 2, 1e-2, longest, 0),
                step -> losses.add(step.loss()));
        return losses;
    }

    @Test
    void paddingAndTruncationOfTheTokenizersFilePlayNoPart() throws IOException {
        List<Double> plain = losses("\"truncation\":null,\"padding\":null", SAMPLES, 16);
        assertThat(plain).hasSize(8).doesNotHaveDuplicates();
        String published = """
                "truncation":{"direction":"Right","max_length":4,"strategy":"LongestFirst","stride":0},
                "padding":{"strategy":{"Fixed":12},"direction":"Right","pad_to_multiple_of":null,"pad_id":0,
                "pad_type_id":0,"pad_token":"[PAD]"}""";
        assertThat(losses(published, SAMPLES, 16)).isEqualTo(plain);
    }

    @Test
    void batchesHaveEveryTextOnceBesideOthersOfItsLength() {
        List<int[]> texts = new ArrayList<>();
        SplittableRandom chance = new SplittableRandom(5);
        for (int i = 0; i < 1003; i++) {
            texts.add(new int[1 + chance.nextInt(100)]);
        }
        List<int[]> batches = FineTuning.batches(texts, 4, new SplittableRandom(1));
        assertThat(batches).hasSize(251).allMatch(batch -> batch.length <= 4);
        assertThat(batches.stream().flatMapToInt(Arrays::stream).sorted())
                .hasSize(1003)
                .doesNotHaveDuplicates();
        // 100 lengths among 128 texts that are sorted together: neighbours differ by about one token
        double spread = batches.stream()
                .mapToInt(batch -> {
                    var lengths = Arrays.stream(batch)
                            .map(text -> texts.get(text).length)
                            .summaryStatistics();
                    return lengths.getMax() - lengths.getMin();
                })
                .average()
                .orElseThrow();
        assertThat(spread).isLessThan(5);
        // in random order, another in each epoch
        int[] first = batches.stream()
                .mapToInt(batch -> texts.get(batch[0]).length)
                .limit(20)
                .toArray();
        assertThat(first).isNotEqualTo(Arrays.stream(first).sorted().toArray());
        assertThat(FineTuning.batches(texts, 4, new SplittableRandom(2)).getFirst())
                .isNotEqualTo(batches.getFirst());
    }

    @Test
    void aDecoderLearnsNothingFromSingleTokens() throws IOException {
        CausalLM model = SmallModels.causal("gpt2", folder);
        Lora lora = Lora.apply(model, LoraConfig.lora(2, 4, "c_attn"), new Rng(1));
        FineTuning.Options options = new FineTuning.Options(2, 1, 1e-2, 16, 0);
        List<Double> losses = new ArrayList<>();
        List<Sample> samples = List.of(new Sample("a", 0), new Sample("b c", 0), new Sample("c", 0));
        FineTuning.run(model, words(), lora, samples, options, step -> losses.add(step.loss()));
        assertThat(losses).hasSize(2).allMatch(Double::isFinite);
        assertThatThrownBy(() -> FineTuning.run(model, words(), lora, samples.subList(0, 1), options, step -> {}))
                .isInstanceOf(BadFileException.class)
                .hasMessageContaining("no text of at least 2 tokens");
    }

    private static Tokenizer words() {
        return HfTokenizer.parse("""
                {"version":"1.0","truncation":null,"padding":null,"added_tokens":[],"normalizer":null,
                "pre_tokenizer":{"type":"WhitespaceSplit"},"post_processor":null,"decoder":null,
                "model":{"type":"WordLevel","vocab":{"a":0,"b":1,"c":2},"unk_token":"a"}}
                """);
    }

    /** As in transformers, where a tokenizer pads and cuts only if it is told to. */
    @Test
    void promptsAreNeitherPaddedNorCut() {
        HfTokenizer padding = HfTokenizer.parse("""
                {"version":"1.0","truncation":{"direction":"Right","max_length":2,"strategy":"LongestFirst","stride":0},
                "padding":{"strategy":{"Fixed":9},"direction":"Right","pad_to_multiple_of":null,"pad_id":0,
                "pad_type_id":0,"pad_token":"a"},"added_tokens":[],"normalizer":null,
                "pre_tokenizer":{"type":"WhitespaceSplit"},"post_processor":null,"decoder":null,
                "model":{"type":"WordLevel","vocab":{"a":0,"b":1,"c":2},"unk_token":"a"}}
                """);
        TextGenerator generator = new TextGenerator(SmallModels.causal("gpt2", folder), padding, null);
        assertThat(generator.tokenizer().encode("c b c").ids()).containsExactly(2, 1, 2);
        GenerationOptions options = GenerationOptions.greedy(3).withStopTokens(List.of());
        String want = new TextGenerator(generator.model(), words(), null).generate("c b c", options);
        assertThat(generator.generate("c b c", options)).isEqualTo(want);
    }

    @Test
    void ranksOfAdaLoraAreRemoved() throws IOException {
        CausalLM model = SmallModels.causal("gpt2", folder);
        LoraConfig.Allocation allocation = new LoraConfig.Allocation(1, 1, 2, 1, 8, 0.85, 0.85, 0.5);
        Lora lora = Lora.apply(model, LoraConfig.adaLora(3, 4, allocation, "c_attn", "c_fc"), new Rng(1));
        List<Sample> samples = List.of(new Sample("a b c", 0), new Sample("b c a c b", 0));
        FineTuning.run(model, words(), lora, samples, new FineTuning.Options(4, 1, 1e-2, 16, 0), step -> {});
        lora.save(folder.resolve("adapter"));
        String settings = Files.readString(folder.resolve("adapter").resolve("adapter_config.json"));
        // four layers, one rank each on average
        Matcher masks = Pattern.compile("lora_E\":\\[([a-z,]+)]").matcher(settings);
        assertThat(masks.results().flatMap(mask -> Stream.of(mask.group(1).split(","))))
                .hasSize(12)
                .filteredOn("true"::equals)
                .hasSize(4);
    }

    @Test
    void textsAreCutWhereADecoderHasNoPosition() {
        CausalLM model = SmallModels.causal("gpt2", folder);
        Lora lora = Lora.apply(model, LoraConfig.lora(2, 4, "c_attn"), new Rng(1));
        List<Double> losses = new ArrayList<>();
        List<Sample> samples = List.of(new Sample("a b c ".repeat(30), 0));
        FineTuning.run(
                model,
                words(),
                lora,
                samples,
                new FineTuning.Options(1, 1, 1e-2, 256, 0),
                step -> losses.add(step.loss()));
        assertThat(losses).hasSize(1);
        assertThat(lora.isTraining()).isFalse();
    }

    @Test
    void cutTextsKeepTheirLastSpecialToken() throws IOException {
        String none = "\"truncation\":null,\"padding\":null";
        List<Sample> shortened = List.of(SAMPLES.get(0), new Sample("c d", 1), SAMPLES.get(2), new Sample("d c", 1));
        assertThat(losses(none, SAMPLES, 4)).isEqualTo(losses(none, shortened, 16));
    }
}
