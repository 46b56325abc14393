package dev.lanewise.serve;

import dev.lanewise.lm.Models;
import dev.lanewise.lm.TextGenerator;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Reads language models that predict next tokens. */
final class TextGeneratorLoader implements ModelLoader {
    @Override
    public boolean accepts(Path folder) {
        return Models.isCausal(model(folder));
    }

    @Override
    public Servable load(Path folder) {
        return Servable.of(TextGenerator.load(model(folder)));
    }

    /** The only .gguf file in a folder, or the folder itself. */
    private static Path model(Path folder) {
        try (Stream<Path> inside = Files.list(folder)) {
            List<Path> files = inside.filter(file -> file.toString().endsWith(".gguf") && Files.isRegularFile(file))
                    .limit(2)
                    .toList();
            return files.size() == 1 ? files.getFirst() : folder;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
