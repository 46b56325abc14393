package dev.lanewise.serve;

import dev.lanewise.nn.io.TensorData;
import java.util.Map;

/**
 * A model that turns texts into vectors. It is served like any other, and by {@code /v1/embeddings} in OpenAI's format
 * too, whose clients send texts. Its first output, {@code [rows, size]}, holds the vectors.
 */
public interface TextServable extends Servable {
    /**
     * A text as the model takes it.
     *
     * @param inputs a tensor of one row for each of the signature's inputs; texts are computed together if their inputs
     *     have the same shapes, or lengths of the same {@linkplain Batching#bucket bucket} and an attention mask
     * @param tokens how many tokens the text has, without padding
     */
    record Encoded(Map<String, TensorData> inputs, int tokens) {
        /** Copies the map. */
        public Encoded {
            inputs = Map.copyOf(inputs);
        }
    }

    /**
     * Encodes a text; called by many threads at once.
     *
     * @param text the text, of any length
     * @return its tokens, cut to what the model reads
     * @throws dev.lanewise.tensor.TensorException if it can't be encoded; the client is told the message
     */
    Encoded encode(String text);
}
