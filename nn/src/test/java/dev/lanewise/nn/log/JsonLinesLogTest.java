package dev.lanewise.nn.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.nn.train.EpochFigures;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class JsonLinesLogTest {
    @TempDir
    Path folder;

    private Path file() {
        return folder.resolve("log.jsonl");
    }

    @Test
    void hasALineForStepsAndEpochs() throws IOException {
        Trainings.run(new JsonLinesLog(file(), 2), 1, 4);
        List<String> lines = Files.readAllLines(file());
        assertThat(lines).hasSize(4);
        assertThat(lines.get(0))
                .isEqualTo("{\"kind\":\"step\",\"step\":2,\"epoch\":1,\"loss\":0.5,\"learning_rate\":0.1,"
                        + "\"gradient_norm\":2.0}");
        assertThat(lines.get(1))
                .startsWith("{\"kind\":\"epoch\",\"step\":2,\"epoch\":1,\"train_loss\":1.0,")
                .contains("\"validation_accuracy\":0.5");
        assertThat(lines.get(3)).startsWith("{\"kind\":\"epoch\",\"step\":4,\"epoch\":2,");
    }

    @Test
    void stepsThatAreMadeAgainStandOnce() throws IOException {
        Trainings.run(new JsonLinesLog(file(), 1), 1, 7);
        // the run broke off while it wrote
        Files.writeString(file(), Files.readString(file()) + "{\"kind\":\"st");
        Trainings.run(new JsonLinesLog(file(), 1), 4, 8);
        List<String> lines = Files.readAllLines(file());
        for (int step = 1; step <= 8; step++) {
            String start = "{\"kind\":\"step\",\"step\":" + step + ",";
            assertThat(lines.stream().filter(line -> line.startsWith(start))).hasSize(1);
        }
        assertThat(lines.stream().filter(line -> line.contains("\"epoch\",\"step\"")))
                .hasSize(4);
        assertThat(lines).hasSize(12);
    }

    @Test
    void aNewTrainingReplacesAnOldFile() throws IOException {
        Trainings.run(new JsonLinesLog(file(), 1), 1, 8);
        Trainings.run(new JsonLinesLog(file(), 0), 1, 2);
        assertThat(Files.readAllLines(file())).hasSize(1);
    }

    @Test
    void numbersThatAreNotFiniteAreStrings() throws IOException {
        JsonLinesLog log = new JsonLinesLog(file());
        dev.lanewise.nn.train.Training none = (dev.lanewise.nn.train.Training) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {dev.lanewise.nn.train.Training.class}, (p, m, a) -> null);
        log.onEpochEnd(none, new EpochFigures(1, 0, 1, 1, Double.NaN, 0.1, Map.of()));
        assertThat(Files.readString(file())).contains("\"train_loss\":\"NaN\"");
    }

    @Test
    void anotherFileIsNotOverwrittenByAResumedTraining() throws IOException {
        Files.writeString(file(), "shopping\nlist\n");
        assertThatThrownBy(() -> Trainings.run(new JsonLinesLog(file(), 1), 5, 6))
                .isInstanceOf(BadFileException.class)
                .hasMessageContaining("found the line 'shopping'");
        assertThat(Files.readString(file())).startsWith("shopping");
        assertThatThrownBy(() -> new JsonLinesLog(file(), -1)).hasMessageContaining("every -1 steps");
    }
}
