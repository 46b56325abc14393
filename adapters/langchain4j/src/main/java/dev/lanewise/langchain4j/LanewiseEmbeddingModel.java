package dev.lanewise.langchain4j;

import dev.lanewise.lm.TextEncoder;
import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.model.embedding.DimensionAwareEmbeddingModel;
import dev.langchain4j.model.output.Response;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * An encoder of texts as LangChain4j's embedding model: vectors of length 1, the mean over each text's tokens. Longer texts
 * than the encoder reads are cut at its limit. Several threads may use one model.
 *
 * <pre>{@code
 * EmbeddingModel model = LanewiseEmbeddingModel.load(Path.of("all-MiniLM-L6-v2"));
 * Embedding vector = model.embed("a question").content();
 * }</pre>
 */
public final class LanewiseEmbeddingModel extends DimensionAwareEmbeddingModel {
    private final TextEncoder encoder;

    /**
     * A model.
     *
     * @param encoder computes the vectors
     */
    public LanewiseEmbeddingModel(TextEncoder encoder) {
        this.encoder = encoder;
    }

    /**
     * Reads a model.
     *
     * @param folder of an encoder in Hugging Face's layout: config.json, model.safetensors, tokenizer.json
     * @return the model
     * @throws dev.lanewise.nn.io.BadFileException if files are missing or damaged
     */
    public static LanewiseEmbeddingModel load(Path folder) {
        return new LanewiseEmbeddingModel(TextEncoder.load(folder));
    }

    /**
     * {@return a vector for each text, in their order}
     *
     * @param texts the texts; metadata plays no part
     */
    @Override
    public Response<List<Embedding>> embedAll(List<TextSegment> texts) {
        float[][] vectors = encoder.embed(texts.stream().map(TextSegment::text).toList());
        return Response.from(Arrays.stream(vectors).map(Embedding::from).toList());
    }

    /** {@return the family of the encoder, such as bert} */
    @Override
    public String modelName() {
        return encoder.model().family();
    }
}
