package dev.lanewise.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lanewise.lm.Encoder;
import dev.lanewise.lm.Models;
import dev.lanewise.lm.TextEncoder;
import dev.lanewise.lm.Tokenizers;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.TensorException;
import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.scoring.ScoringModel;
import dev.langchain4j.rag.content.Content;
import dev.langchain4j.rag.content.aggregator.ReRankingContentAggregator;
import dev.langchain4j.rag.content.retriever.EmbeddingStoreContentRetriever;
import dev.langchain4j.rag.query.Query;
import dev.langchain4j.store.embedding.inmemory.InMemoryEmbeddingStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** LangChain4j's own stores, retrievers and rankers with models of ours. */
class LangChainTest {
    private static final List<String> WORDS =
            List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "cats", "sleep", "dogs", "run", "ships", "sail");

    @TempDir
    private Path folder;

    @BeforeEach
    void writeTokenizer() throws IOException {
        String vocabulary = IntStream.range(0, WORDS.size())
                .mapToObj(i -> "\"" + WORDS.get(i) + "\":" + i)
                .collect(Collectors.joining(","));
        Files.writeString(folder.resolve("tokenizer.json"), """
                {"version":"1.0","truncation":null,"padding":null,"added_tokens":[
                {"id":0,"content":"[PAD]","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true},
                {"id":2,"content":"[CLS]","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true},
                {"id":3,"content":"[SEP]","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}],
                "normalizer":null,"pre_tokenizer":{"type":"WhitespaceSplit"},
                "post_processor":{"type":"BertProcessing","sep":["[SEP]",3],"cls":["[CLS]",2]},"decoder":null,
                "model":{"type":"WordLevel","vocab":{%s},"unk_token":"[UNK]"}}
                """.formatted(vocabulary));
    }

    private TextEncoder encoder(String architecture, int labels) throws IOException {
        Path config = folder.resolve("config.json");
        Files.writeString(config, """
                {"model_type":"bert","architectures":["%s"],"vocab_size":10,"hidden_size":16,"num_hidden_layers":2,
                "num_attention_heads":2,"intermediate_size":32,"max_position_embeddings":12,"type_vocab_size":2,
                "num_labels":%d}
                """.formatted(architecture, labels));
        Encoder model = (Encoder) Models.untrained(config, new Rng(3));
        model.eval();
        return new TextEncoder(model, Tokenizers.load(folder));
    }

    private static List<TextSegment> segments(String... texts) {
        List<TextSegment> all = new ArrayList<>();
        for (String text : texts) {
            all.add(TextSegment.from(text));
        }
        return all;
    }

    @Test
    void aStoreFindsTheTextThatWasAskedFor() throws IOException {
        TextEncoder encoder = encoder("BertModel", 1);
        EmbeddingModel model = new LanewiseEmbeddingModel(encoder);
        List<TextSegment> texts = segments("cats sleep", "dogs run", "ships sail", "cats run", "run");
        List<Embedding> vectors = model.embedAll(texts).content();
        assertThat(model.dimension()).isEqualTo(16);
        assertThat(model.modelName()).isEqualTo("bert");
        assertThat(vectors).hasSize(5);
        assertThat(vectors.get(2).vector()).isEqualTo(encoder.embed(List.of("ships sail"))[0]);
        InMemoryEmbeddingStore<TextSegment> store = new InMemoryEmbeddingStore<>();
        store.addAll(vectors, texts);
        var retriever = EmbeddingStoreContentRetriever.builder()
                .embeddingStore(store)
                .embeddingModel(model)
                .maxResults(2)
                .build();
        for (TextSegment text : texts.subList(0, 4)) {
            Content best = retriever.retrieve(Query.from(text.text())).getFirst();
            assertThat(best.textSegment()).isEqualTo(text);
        }
        assertThat(model.embedAll(List.of()).content()).isEmpty();
    }

    @Test
    void aRankerOrdersTextsByTheirScores() throws IOException {
        TextEncoder encoder = encoder("BertForSequenceClassification", 1);
        ScoringModel model = new LanewiseScoringModel(encoder);
        List<TextSegment> texts = segments("dogs run", "cats sleep", "ships sail", "cats run");
        List<Double> scores = model.scoreAll(texts, "cats").content();
        for (int i = 0; i < texts.size(); i++) {
            float[][] alone =
                    encoder.score(List.of("cats"), List.of(texts.get(i).text()));
            assertThat(scores.get(i)).isCloseTo(alone[0][0], within(1e-6));
        }
        assertThat(model.score("cats run", "cats").content()).isCloseTo(scores.get(3), within(1e-6));
        Query query = Query.from("cats");
        List<Content> found = texts.stream().map(Content::from).toList();
        List<Content> ranked = ReRankingContentAggregator.builder()
                .scoringModel(model)
                .build()
                .aggregate(Map.of(query, List.of(found)));
        List<Double> order = ranked.stream()
                .map(content -> scores.get(texts.indexOf(content.textSegment())))
                .toList();
        assertThat(order).hasSize(4).isSortedAccordingTo((a, b) -> Double.compare(b, a));
    }

    @Test
    void twoClassesGiveTheirDifferenceAndMoreAreRefused() throws IOException {
        TextEncoder two = encoder("BertForSequenceClassification", 2);
        float[] logits = two.score(List.of("cats"), List.of("dogs run"))[0];
        assertThat(new LanewiseScoringModel(two).score("dogs run", "cats").content())
                .isEqualTo((double) logits[1] - logits[0]);
        ScoringModel three = new LanewiseScoringModel(encoder("BertForSequenceClassification", 3));
        assertThatThrownBy(() -> three.score("dogs run", "cats"))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("a head with 3 results");
        ScoringModel none = new LanewiseScoringModel(encoder("BertModel", 1));
        assertThatThrownBy(() -> none.score("dogs run", "cats"))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("no scores of whole texts");
    }
}
