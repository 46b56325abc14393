package dev.lanewise.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lanewise.nn.Linear;
import dev.lanewise.nn.Sequential;
import dev.lanewise.onnx.Onnx;
import dev.lanewise.serve.generate.CacheMemory;
import dev.lanewise.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models that come, change, fail and go in a folder. */
class ModelFolderTest {
    private static final String REQUEST =
            "{\"inputs\":[{\"name\":\"input\",\"shape\":[1,3],\"datatype\":\"FP32\",\"data\":[1,2,3]}]}";

    private static final Settings SETTINGS = new Settings(
            "127.0.0.1",
            0,
            Batching.usual(),
            1 << 20,
            1 << 30,
            Duration.ofSeconds(30),
            Duration.ofSeconds(30),
            Duration.ZERO,
            GenerationLimits.usual(),
            new CacheMemory(1));

    @TempDir
    Path root;

    private final Models models = new Models();
    private ModelFolder folder;

    @BeforeEach
    void open() {
        folder = new ModelFolder(
                root,
                List.of(ModelLoader.onnx(), ModelLoader.textGenerator()),
                models,
                SETTINGS,
                new Metrics(List.of()));
    }

    @AfterEach
    void close() {
        models.close();
    }

    private Path write(String version) throws IOException {
        Path directory = Files.createDirectories(root.resolve("net").resolve(version));
        Onnx.export(new Sequential(new Linear(3, 2)), Tensor.zeros(2, 3), directory.resolve("model.onnx"));
        return directory;
    }

    @Test
    void whatIsThereIsServedAndTheNewestAnswers() throws IOException {
        write("9");
        write("10");
        Files.createDirectories(root.resolve("net").resolve(".11"));
        folder.open();
        assertThat(models.versions("net")).containsExactly("9", "10");
        assertThat(models.find("net", null).version()).isEqualTo("10");
        assertThat(models.find("net", "9").signature().inputs().getFirst().name())
                .isEqualTo("input");
    }

    @Test
    void newVersionIsServedOnceItsFilesRestAndARemovedOneEnds() throws IOException {
        folder.open();
        Path one = write("1");
        folder.look();
        assertThat(models.versions("net")).isEmpty();
        folder.look();
        assertThat(models.versions("net")).containsExactly("1");
        Served before = models.find("net", "1");
        folder.look();
        assertThat(models.find("net", "1")).isSameAs(before);
        Files.delete(one.resolve("model.onnx"));
        Files.delete(one);
        folder.look();
        assertThat(models.versions("net")).isEmpty();
        assertThat(before.lane().offer(null)).isFalse();
    }

    /** The thread that watches the folder may be reading a version while the server ends. */
    @Test
    void versionThatComesWhenAllHaveEndedEndsToo() throws IOException {
        write("1");
        folder.open();
        Served read = models.find("net", "1");
        models.close();
        Served late = Served.start("net", "2", read.servable(), null, SETTINGS, new Metrics(List.of()));
        models.put(late);
        assertThat(late.lane().offer(null)).isFalse();
        assertThat(models.versions("net")).isEmpty();
    }

    /** As copying in place leaves them, with a file that blocks whoever opens it, and with folders where files belong. */
    @Test
    void whatIsNoModelFileIsRefusedAndHidesNothingElse() throws Exception {
        Path whole = write("1").resolve("model.onnx");
        byte[] bytes = Files.readAllBytes(whole);
        Files.write(
                Files.createDirectories(root.resolve("half/1")).resolve("model.onnx"),
                Arrays.copyOf(bytes, bytes.length / 2));
        Files.write(Files.createDirectories(root.resolve("none/1")).resolve("model.onnx"), new byte[0]);
        Files.createDirectories(root.resolve("folder/1/model.onnx/1"));
        Path odd = Files.createDirectories(root.resolve("odd/1"));
        Files.createSymbolicLink(odd.resolve("model.onnx"), Path.of("/dev/zero"));
        Path pipe = Files.createDirectories(root.resolve("pipe/1")).resolve("model.onnx");
        assumeTrue(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor() == 0);
        Path example = Files.createDirectories(root.resolve("example/1"));
        Files.write(example.resolve("model.onnx"), bytes);
        Files.createSymbolicLink(example.resolve(Example.REQUEST), Path.of("/dev/zero"));
        folder.open();
        folder.look();
        assertThat(models.versions("net")).containsExactly("1");
        for (String name : List.of("half", "none", "folder", "odd", "pipe", "example")) {
            assertThat(models.versions(name)).as(name).isEmpty();
        }
    }

    @Test
    void badVersionIsRefusedAndTheOldOneStays() throws IOException {
        Path one = write("1");
        folder.open();
        Served good = models.find("net", "1");
        Files.writeString(one.resolve("model.onnx"), "this is no model");
        Path two = Files.createDirectories(root.resolve("net").resolve("2"));
        Files.writeString(two.resolve("model.onnx"), "neither is this");
        folder.look();
        folder.look();
        assertThat(models.versions("net")).containsExactly("1");
        assertThat(models.find("net", null)).isSameAs(good);
        write("2");
        folder.look();
        folder.look();
        assertThat(models.find("net", null).version()).isEqualTo("2");
    }

    @Test
    void linksThatLeadNowhereOrInCirclesHideNothingElse() throws IOException {
        Path one = write("1");
        Files.createSymbolicLink(one.resolve("README"), root.resolve("nothing"));
        Path odd = Files.createDirectories(root.resolve("aaa"));
        Files.createSymbolicLink(odd.resolve("1"), root.resolve("nothing"));
        Path circle = Files.createDirectories(root.resolve("circle").resolve("1"));
        Files.createSymbolicLink(circle.resolve("again"), circle);
        folder.open();
        assertThat(models.versions("net")).containsExactly("1");
        write("2");
        folder.look();
        folder.look();
        assertThat(models.versions("net")).containsExactly("1", "2");
    }

    @Test
    void versionThatFailsItsExampleIsRefused() throws IOException {
        Path one = write("1");
        Files.writeString(one.resolve(Example.REQUEST), REQUEST);
        Path two = write("2");
        Files.writeString(two.resolve(Example.REQUEST), REQUEST);
        Files.writeString(
                two.resolve(Example.ANSWER),
                "{\"model_name\":\"net\",\"outputs\":[{\"name\":\"output\",\"shape\":[1,2],\"datatype\":\"FP32\","
                        + "\"data\":[1000,2000]}]}");
        Path three = write("3");
        Files.writeString(three.resolve(Example.REQUEST), REQUEST.replace("[1,3]", "[1,4]"));
        folder.open();
        assertThat(models.versions("net")).containsExactly("1");
    }
}
