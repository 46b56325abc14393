package dev.lanewise.langchain4j;

import dev.lanewise.lm.TextEncoder;
import dev.lanewise.tensor.TensorException;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.model.output.Response;
import dev.langchain4j.model.scoring.ScoringModel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * A cross-encoder as LangChain4j's scoring model, with which found texts are ranked again: question and text are read
 * together, and the head's result is the score, as it is, without a sigmoid. Of a head with two classes, it is how much higher the second one is.
 * Longer pairs than the encoder reads are cut at its limit. Several threads may use one model.
 */
public final class LanewiseScoringModel implements ScoringModel {
    private final TextEncoder encoder;

    /**
     * A model.
     *
     * @param encoder has a head for whole texts with one or two results
     */
    public LanewiseScoringModel(TextEncoder encoder) {
        this.encoder = encoder;
    }

    /**
     * Reads a model.
     *
     * @param folder of a cross-encoder in Hugging Face's layout: config.json, model.safetensors, tokenizer.json
     * @return the model
     * @throws dev.lanewise.nn.io.BadFileException if files are missing or damaged
     */
    public static LanewiseScoringModel load(Path folder) {
        return new LanewiseScoringModel(TextEncoder.load(folder));
    }

    /**
     * {@return a score for each text, in their order; higher ones answer the question better}
     *
     * @param texts the texts
     * @param query the question
     * @throws TensorException if the encoder has no head for whole texts, or one with more than two results
     */
    @Override
    public Response<List<Double>> scoreAll(List<TextSegment> texts, String query) {
        List<String> questions = Collections.nCopies(texts.size(), query);
        float[][] results =
                encoder.score(questions, texts.stream().map(TextSegment::text).toList());
        List<Double> scores = new ArrayList<>();
        for (float[] result : results) {
            if (result.length > 2) {
                throw new TensorException("scoring: a head with " + result.length
                        + " results (expected 1, or 2 classes of which the second answers the question); use a"
                        + " cross-encoder");
            }
            scores.add(result.length == 1 ? result[0] : (double) result[1] - result[0]);
        }
        return Response.from(scores);
    }
}
