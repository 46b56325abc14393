package dev.lanewise.bench.fuzz.files;

import dev.lanewise.lm.adapter.Lora;
import dev.lanewise.lm.gguf.GgufFile;
import dev.lanewise.nn.Sequential;
import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.onnx.ElementType;
import dev.lanewise.onnx.OnnxModel;
import dev.lanewise.onnx.OnnxValue;
import dev.lanewise.onnx.ValueInfo;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.text.ChatTemplate;
import dev.lanewise.text.Encoding;
import dev.lanewise.text.HfTokenizer;
import dev.lanewise.text.SentencePieceTokenizer;
import dev.lanewise.text.Tokenizer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Reads the files of {@link ModelSeeds} and asks them all that they can be asked. */
final class ModelReadings {
    private static final List<String> TEXTS = List.of(
            "",
            " ",
            "A cat sat. <end><s> \u00e9\u65e5 \ud83d\ude00 \ud800 12'll\u00a0\t\n\u0000",
            "ab".repeat(500),
            "'".repeat(500));

    private static final List<byte[]> ADAPTER = ModelSeeds.adapter();

    private ModelReadings() {}

    /** Loads a model and runs it on zeros. */
    static void onnx(Path file) {
        try (var ignored = Scope.open("fuzz")) {
            OnnxModel model = OnnxModel.load(file);
            model.explain();
            Map<String, OnnxValue> inputs = new HashMap<>();
            for (ValueInfo input : model.inputs()) {
                ElementType type = input.type();
                List<String> dims = input.dims();
                if (type == null || type == ElementType.STRING || dims == null) {
                    return;
                }
                long[] sizes = dims.stream().mapToLong(ModelReadings::size).toArray();
                inputs.put(input.name(), new OnnxValue.Numbers(type, Tensor.zeros(type.carrier(), sizes)));
            }
            model.run(inputs);
        }
    }

    /** A small size for one that is a name or too large to try. */
    private static long size(String dim) {
        boolean few = dim.length() < 3 && dim.chars().allMatch(c -> c >= '0' && c <= '9');
        return few && !dim.isEmpty() ? Long.parseLong(dim) : 2;
    }

    static void gguf(Path file) {
        try (GgufFile stored = GgufFile.open(file);
                var ignored = Scope.open("fuzz")) {
            for (String name : stored.names()) {
                stored.read(name);
            }
        }
    }

    static void tokenizer(Path file) {
        use(HfTokenizer.load(file));
    }

    static void pieces(Path file) {
        use(SentencePieceTokenizer.load(file));
    }

    private static void use(Tokenizer tokenizer) {
        for (String text : TEXTS) {
            Encoding encoding = tokenizer.encode(text, true);
            encoding.charOffsets();
            tokenizer.decode(encoding.ids(), true);
            tokenizer.decode(encoding.ids(), false);
        }
    }

    static void template(Path file) throws IOException {
        // every byte is a character
        String source = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
        ChatTemplate template = ChatTemplate.of(source, Map.of("bos_token", "<s>"));
        template.render(List.of(ChatTemplate.message("user", "hi"), ChatTemplate.message("assistant", "you")), true);
        template.render(List.of(), false);
    }

    /** Puts an adapter on a model, runs and removes it; the file holds its settings or its tensors, and the other is good. */
    static void adapter(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        boolean settings = bytes.length > 0 && bytes[0] == '{';
        Path folder = Files.createDirectories(file.resolveSibling("adapter"));
        Files.write(folder.resolve("adapter_config.json"), settings ? bytes : ADAPTER.get(0));
        Files.write(folder.resolve("adapter_model.safetensors"), settings ? ADAPTER.get(1) : bytes);
        try (var ignored = Scope.open("fuzz")) {
            Sequential model = ModelSeeds.adapted();
            Lora adapter = Lora.load(folder, model);
            model.forward(Tensor.zeros(1, 2));
            adapter.merge();
            adapter.remove();
        }
    }

    /** Whether an exception is of a reader of files that says what it expected. */
    static boolean saysExpected(Throwable thrown) {
        return thrown instanceof BadFileException || thrown instanceof IllegalArgumentException;
    }
}
