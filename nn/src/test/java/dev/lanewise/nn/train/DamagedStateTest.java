package dev.lanewise.nn.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.lanewise.nn.Layer;
import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.nn.io.CheckpointException;
import dev.lanewise.nn.io.Safetensors;
import dev.lanewise.nn.io.SafetensorsFile;
import dev.lanewise.nn.io.TensorData;
import dev.lanewise.nn.loss.CrossEntropyLoss;
import dev.lanewise.nn.optim.Adam;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.TensorException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Training states with numbers that make no sense are refused; a state without its weights' file is enough. */
final class DamagedStateTest {
    @TempDir
    private Path folder;

    private static Trainer trainer(long seed) {
        Layer model = Toy.plainModel(seed);
        return new Trainer(model, new CrossEntropyLoss(), new Adam(model.parameters(), 0.01));
    }

    private Path trained() {
        Path file = folder.resolve("m.safetensors");
        trainer(1).callbacks(Checkpoints.last(file)).fit(Toy.loader(16), 2);
        return file;
    }

    private static void change(Path file, String fact, String from, String to) {
        Path state = file.resolveSibling(file.getFileName() + TrainingState.SUFFIX);
        Map<String, TensorData> tensors = new LinkedHashMap<>();
        Map<String, String> facts;
        try (SafetensorsFile open = Safetensors.open(state);
                var ignored = Scope.open("copy")) {
            facts = new LinkedHashMap<>(open.metadata());
            open.names()
                    .forEach(name ->
                            tensors.put(name, TensorData.of(open.entry(name).toTensor())));
        }
        String text = facts.get(fact);
        assertThat(text).contains(from);
        facts.put(fact, text.replace(from, to));
        Safetensors.write(state, tensors, facts);
    }

    @ParameterizedTest
    @CsvSource({
        "epoch=2.0, epoch=-5",
        "epoch=2.0, epoch=NaN",
        "epoch=2.0, epoch=Infinity",
        "epoch=2.0, epoch=1.5",
        "epoch=2.0, epoch=2147483647",
        "epoch=2.0, epoch=1e300",
        "epoch=2.0, epoch=3",
        "step=6.0, step=-1",
        "batches=0.0, batches=-1",
        "batches=0.0, batches=1e9",
        "samples=0.0, samples=NaN",
        "losses=0.0, losses=NaN",
        "nanos=0.0, nanos=-1"
    })
    void positionsThatMakeNoSenseAreRefusedAtOnce(String from, String to) {
        Path file = trained();
        change(file, "note.position", from, to);
        assertTimeoutPreemptively(
                Duration.ofMinutes(3),
                () -> assertThatThrownBy(() -> trainer(2).resume(file).fit(Toy.loader(16), 4))
                        .isInstanceOfAny(CheckpointException.class, TensorException.class));
    }

    @ParameterizedTest
    @CsvSource({"lanewise.steps, 6, -6", "optimizer.rate, 0.01, NaN", "rng.0.seed, '', x"})
    void factsThatMakeNoSenseAreRefused(String fact, String from, String to) {
        Path file = trained();
        change(file, fact, from, to);
        assertThatThrownBy(() -> trainer(2).resume(file).fit(Toy.loader(16), 4))
                .isInstanceOf(CheckpointException.class);
    }

    @Test
    void stateAloneGoesOnAfterAnInterruptedFirstSave() throws IOException {
        Path file = trained();
        Path copy = folder.resolve("n.safetensors");
        Files.copy(
                file.resolveSibling(file.getFileName() + TrainingState.SUFFIX),
                copy.resolveSibling(copy.getFileName() + TrainingState.SUFFIX));
        TrainingState.checkReadable(copy);
        Trainer whole = trainer(2).resume(file);
        Trainer alone = trainer(3).resume(copy);
        assertThat(whole.fit(Toy.loader(16), 3).history()).hasSize(3);
        assertThat(alone.fit(Toy.loader(16), 3).history()).hasSize(3);
        whole.model
                .stateDict()
                .forEach((name, tensor) -> assertThat(
                                alone.model.stateDict().get(name).toFloatArray())
                        .containsExactly(tensor.toFloatArray()));
    }

    @Test
    void filesThatCannotBeWrittenAreKnownBeforeTheFirstStep() throws IOException {
        Path missing = folder.resolve("missing").resolve("m");
        Path directory = Files.createDirectory(folder.resolve("d"));
        Path beside = folder.resolve("m");
        Files.createDirectory(folder.resolve("m" + TrainingState.SUFFIX));
        Path longName = folder.resolve("x".repeat(250));
        for (Path file : new Path[] {missing, directory, beside, longName}) {
            int[] steps = {0};
            Callback counting = new Callback() {
                @Override
                public void onStep(Training training, StepFigures figures) {
                    steps[0]++;
                }
            };
            for (Callback saving :
                    new Callback[] {Checkpoints.last(file), Checkpoints.best(file, "loss", Goal.SMALLEST)}) {
                assertThatThrownBy(() -> trainer(1).callbacks(counting, saving).fit(Toy.loader(16), 1))
                        .as(file.toString())
                        .isInstanceOf(BadFileException.class);
            }
            assertThat(steps[0]).isZero();
        }
        Path good = folder.resolve("good");
        TrainingState.checkWritable(good);
        assertThat(folder)
                .isDirectoryNotContaining(path -> path.getFileName().toString().startsWith("good"));
    }
}
