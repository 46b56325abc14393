package dev.lanewise.examples.lm;

import dev.lanewise.examples.JsonLine;
import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.nn.io.Safetensors;
import dev.lanewise.nn.io.TensorData;
import dev.lanewise.onnx.OnnxWeights;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lanewise lm import}. */
@Command(
        name = "import",
        description = {
            "Make a folder in Hugging Face's layout of a BERT that was exported to ONNX by PyTorch.",
            "Sizes are those of the weights; what weights don't say are options."
        })
final class ImportCommand implements Callable<Integer> {
    private static final String WORDS = "embeddings.word_embeddings.weight";
    private static final String PLACES = "embeddings.position_embeddings.weight";
    private static final String TYPES = "embeddings.token_type_embeddings.weight";
    private static final String INNER = "encoder.layer.0.intermediate.dense.weight";

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "FILE.onnx", description = "The exported model.")
    private Path file = Path.of("");

    @Option(names = "--tokenizer", paramLabel = "FILE", description = "Its tokenizer.json, which is copied.")
    private @Nullable Path tokenizer;

    @Option(names = "--heads", required = true, paramLabel = "N", description = "Heads of attention.")
    private int heads;

    @Option(names = "--epsilon", defaultValue = "1e-12", description = "What norms add to variances.")
    private double epsilon;

    @Option(names = "--output", required = true, paramLabel = "DIR", description = "The folder.")
    private Path output = Path.of("");

    ImportCommand() {}

    @Override
    public Integer call() {
        Map<String, Tensor> weights = OnnxWeights.read(file);
        Map<String, TensorData> tensors = new TreeMap<>();
        weights.forEach((name, weight) -> {
            if (name.matches("(embeddings|encoder|pooler)\\..*")) {
                tensors.put(name, TensorData.of(weight));
            }
        });
        Map<String, Object> config = config(weights);
        try {
            Files.createDirectories(output);
            Safetensors.write(output.resolve("model.safetensors"), tensors, Map.of("format", "pt"));
            Files.writeString(output.resolve("config.json"), JsonLine.of(config));
            Path words = tokenizer;
            if (words != null) {
                Files.copy(words, output.resolve("tokenizer.json"), StandardCopyOption.REPLACE_EXISTING);
            }
        } catch (IOException e) {
            throw BadFileException.unwritable(output, e);
        }
        PrintWriter out = spec.commandLine().getOut();
        out.println(tensors.size() + " tensors in " + output);
        out.flush();
        return 0;
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
