package dev.lanewise.bench.serving;

import dev.lanewise.lm.GenerationOptions;
import dev.lanewise.lm.TextGenerator;
import dev.lanewise.nn.Linear;
import dev.lanewise.nn.Sequential;
import dev.lanewise.onnx.Onnx;
import dev.lanewise.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * A folder of models whose versions are exchanged: "scale", whose version V multiplies three numbers by V, and "words",
 * all of whose versions continue a text the same way.
 */
final class ExchangedModels {
    private static final int HIDDEN = 64;

    private final Path root;
    private final Path words;
    private final TextGenerator generator;
    private int version;

    /**
     * A folder with a first version of both.
     *
     * @param temporary an empty folder
     */
    ExchangedModels(Path temporary) throws IOException {
        this.root = Files.createDirectories(temporary.resolve("models"));
        this.words = Files.createDirectories(temporary.resolve("words"));
        SmallLanguageModel.write(words, HIDDEN);
        this.generator = TextGenerator.load(words);
        exchange();
    }

    Path root() {
        return root;
    }

    /** What "words" continues a text with, computed alone. */
    String continued(String prompt, int tokens) {
        return generator.generate(prompt, GenerationOptions.greedy(tokens));
    }

    /** Adds the next version of both, and removes those before the last one. */
    void exchange() throws IOException {
        version++;
        Path scale = Files.createDirectories(root.resolve("scale").resolve(".next"));
        var layer = new Linear(3, 3);
        layer.parameters().get(0).set(Tensor.eye(3).mul(version));
        layer.parameters().get(1).set(Tensor.zeros(3));
        Onnx.export(new Sequential(layer), Tensor.zeros(2, 3), scale.resolve("model.onnx"));
        Path copy = Files.createDirectories(root.resolve("words").resolve(".next"));
        try (Stream<Path> files = Files.list(words)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                Files.copy(file, copy.resolve(words.relativize(file)), StandardCopyOption.REPLACE_EXISTING);
            }
        }
        for (String name : List.of("scale", "words")) {
            Path model = root.resolve(name);
            Files.move(model.resolve(".next"), model.resolve(Integer.toString(version)));
            Path old = model.resolve(Integer.toString(version - 2));
            if (Files.exists(old)) {
                Path hidden = model.resolve(".old");
                Files.move(old, hidden);
                delete(hidden);
            }
        }
    }

    /** Deletes a folder and what is in it. */
    static void delete(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path file : (Iterable<Path>) all.sorted(Comparator.reverseOrder())::iterator) {
                Files.delete(file);
            }
        }
    }
}
