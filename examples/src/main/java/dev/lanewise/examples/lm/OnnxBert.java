package dev.lanewise.examples.lm;

import dev.lanewise.examples.JsonLine;
import dev.lanewise.nn.io.AtomicFile;
import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.nn.io.Safetensors;
import dev.lanewise.onnx.OnnxWeights;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A BERT that PyTorch exported to ONNX. Sizes are those of the weights; what weights don't say is given.
 *
 * @param file the exported model
 * @param heads heads of attention
 * @param epsilon what norms add to variances
 */
record OnnxBert(Path file, int heads, double epsilon) {
    private static final String WORDS = "embeddings.word_embeddings.weight";
    private static final String PLACES = "embeddings.position_embeddings.weight";
    private static final String TYPES = "embeddings.token_type_embeddings.weight";
    private static final String INNER = "encoder.layer.0.intermediate.dense.weight";

    /** The last file that is written: a folder that has it is complete. */
    static final String LAST = "config.json";

    /**
     * Writes a folder in Hugging Face's layout.
     *
     * @param tokenizer a tokenizer.json to be copied, or null
     * @param output the folder
     * @return how many tensors it has
     * @throws BadFileException if the file is no such model, or the folder can't be written
     */
    int write(@Nullable Path tokenizer, Path output) {
        Map<String, Tensor> weights = OnnxWeights.read(file);
        String config = JsonLine.of(config(weights));
        Map<String, Tensor> tensors = new TreeMap<>();
        weights.forEach((name, weight) -> {
            if (name.matches("(embeddings|encoder|pooler)\\..*")) {
                tensors.put(name, weight);
            }
        });
        try {
            Files.createDirectories(output);
            Safetensors.writeTensors(output.resolve("model.safetensors"), tensors, Map.of("format", "pt"));
            if (tokenizer != null) {
                write(output.resolve("tokenizer.json"), Files.readAllBytes(tokenizer));
            }
            write(output.resolve(LAST), config.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw BadFileException.unwritable(output, e);
        }
        return tensors.size();
    }

    /** A process that is killed leaves no part of a file, which would be taken for the model from then on. */
    private static void write(Path file, byte[] bytes) {
        AtomicFile.write(file, channel -> channel.write(ByteBuffer.wrap(bytes)));
    }

    private Map<String, Object> config(Map<String, Tensor> weights) {
        Shape words = shape(weights, WORDS);
        int layers = 0;
        while (weights.containsKey("encoder.layer." + layers + ".output.dense.weight")) {
            layers++;
        }
        Map<String, Object> config = new LinkedHashMap<>();
        config.put("model_type", "bert");
        config.put("architectures", List.of("BertModel"));
        config.put("vocab_size", words.size(0));
        config.put("hidden_size", words.size(1));
        config.put("num_hidden_layers", layers);
        config.put("num_attention_heads", heads);
        config.put("intermediate_size", shape(weights, INNER).size(0));
        config.put("hidden_act", "gelu");
        config.put("max_position_embeddings", shape(weights, PLACES).size(0));
        config.put("type_vocab_size", shape(weights, TYPES).size(0));
        config.put("layer_norm_eps", epsilon);
        config.put("pad_token_id", 0);
        return config;
    }

    private Shape shape(Map<String, Tensor> weights, String name) {
        Tensor weight = weights.get(name);
        if (weight == null || weight.shape().rank() != 2) {
            throw new BadFileException(
                    file,
                    "no matrix '" + name + "'",
                    "a BERT exported by PyTorch, with parameters by their names",
                    "run the file as it is: lanewise onnx run");
        }
        return weight.shape();
    }
}
