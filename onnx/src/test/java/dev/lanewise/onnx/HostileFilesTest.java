package dev.lanewise.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.tensor.TensorException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Everything in a file is hostile until checked: one clear error, and no more memory than the file has bytes for. */
class HostileFilesTest {
    private static final String[] X = {"x"};

    @TempDir
    Path folder;

    private static OnnxModel load(byte[] file) {
        return OnnxModel.load(MemorySegment.ofArray(file));
    }

    private static OnnxModel load(Proto graph) {
        return load(Proto.model(graph).toBytes());
    }

    @Test
    void aFileThatIsCutShortIsRefusedWithThePlace() {
        byte[] whole = Proto.model(Proto.graph(Proto.node("Add", "", new String[] {"x", "w"}, "y"))
                        .message(5, Proto.floats("w", new long[] {64}, new float[64])))
                .toBytes();
        assertThatThrownBy(() -> load(Arrays.copyOf(whole, whole.length - 100)))
                .isInstanceOf(BadFileException.class)
                .hasMessageContaining("cut short")
                .hasMessageContaining("at byte");
    }

    @Test
    void anAnnouncedLengthIsNotBelieved() {
        byte[] file = new Proto().announced(7, 1L << 31).toBytes();
        assertThatThrownBy(() -> load(file))
                .isInstanceOf(BadFileException.class)
                .hasMessageContaining("2147483648");
        assertThatThrownBy(() -> load(new Proto().announced(7, -1).toBytes())).isInstanceOf(BadFileException.class);
    }

    @Test
    void dimensionsMustAgreeWithTheData() {
        for (long[] dims : new long[][] {{1L << 40, 1L << 30, 3}, {5}, {-1, 4}, {1L << 62, 2}, {Long.MAX_VALUE}}) {
            Proto graph = Proto.graph(Proto.node("Add", "", new String[] {"x", "w"}, "y"))
                    .message(5, Proto.floats("w", dims, new float[4]));
            assertThatThrownBy(() -> load(graph))
                    .as(Arrays.toString(dims))
                    .isInstanceOf(BadFileException.class)
                    .hasMessageContaining("'w'");
        }
    }

    @Test
    void aCycleNamesAValueOnIt() {
        Proto graph = Proto.graph(
                Proto.node("Add", "", new String[] {"x", "b"}, "a"),
                Proto.node("Relu", "", new String[] {"a"}, "b"),
                Proto.node("Identity", "", new String[] {"b"}, "y"));
        assertThatThrownBy(() -> load(graph))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("'b'");
    }

    @Test
    void aMissingValueIsNamedWithItsNode() {
        assertThatThrownBy(() -> load(Proto.graph(Proto.node("MatMul", "product", new String[] {"x", "nowhere"}, "y"))))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("nowhere")
                .hasMessageContaining("product");
    }

    @Test
    void namesThatSteerATerminalDoNot() {
        String bad = "\u001b[2J\n\u009b31m";
        Proto unknown = Proto.graph(Proto.node(bad, bad, X, "y"));
        Proto missing = Proto.graph(Proto.node("Relu", bad, new String[] {bad}, "y"));
        Proto twice = Proto.graph(Proto.node("Relu", bad, X, bad), Proto.node("Neg", "", X, bad));
        for (Proto graph : new Proto[] {unknown, missing, twice}) {
            assertThatThrownBy(() -> load(graph)).message().contains("?[2J").matches("\\P{Cc}+");
        }
    }

    @Test
    void twoWritersOfOneValueAreNamed() {
        Proto graph = Proto.graph(Proto.node("Relu", "first", X, "y"), Proto.node("Neg", "second", X, "y"));
        assertThatThrownBy(() -> load(graph)).hasMessageContaining("first").hasMessageContaining("second");
    }

    @Test
    void allMissingOperatorsAreNamedAtOnce() {
        Proto graph =
                Proto.graph(Proto.node("Frobnicate", "", X, "a"), Proto.node("Twiddle", "", new String[] {"a"}, "y"));
        assertThatThrownBy(() -> load(graph))
                .isInstanceOf(MissingOperatorsException.class)
                .hasMessageContaining("Frobnicate")
                .hasMessageContaining("Twiddle");
    }

    @Test
    void typesThatDoNotFitAreNamed() {
        Proto whole = Proto.tensor("w", 7, 1).bytes(9, new byte[8]);
        Proto graph = Proto.graph(Proto.node("Add", "sum", new String[] {"x", "w"}, "y"))
                .message(5, whole);
        assertThatThrownBy(() -> load(graph))
                .hasMessageContaining("sum")
                .hasMessageContaining("FLOAT")
                .hasMessageContaining("INT64");
    }

    @Test
    void graphsInsideGraphsEndTheStackNowhere() {
        Proto graph = Proto.graph(Proto.node("Identity", "", X, "y"));
        for (int i = 0; i < 300; i++) {
            Proto branch = new Proto().text(1, "then_branch").message(6, graph);
            graph = Proto.graph(Proto.node("If", "", X, "y").message(5, branch));
        }
        Proto deep = graph;
        assertThatThrownBy(() -> load(deep))
                .isInstanceOf(BadFileException.class)
                .hasMessageContaining("nested");
    }

    /** Opening a pipe waits for its other end. */
    @Test
    @Timeout(180)
    @EnabledOnOs({OS.LINUX, OS.MAC})
    void pipesAreNotOpened() throws IOException {
        Path pipe = folder.resolve("pipe");
        assertThat(new ProcessBuilder("mkfifo", pipe.toString())
                        .start()
                        .onExit()
                        .join()
                        .exitValue())
                .isZero();
        Proto weight = Proto.tensor("w", 1, 4)
                .message(13, new Proto().text(1, "location").text(2, "pipe"))
                .number(14, 1);
        Proto graph =
                Proto.graph(Proto.node("Add", "", new String[] {"x", "w"}, "y")).message(5, weight);
        Path beside =
                Files.write(folder.resolve("model.onnx"), Proto.model(graph).toBytes());
        for (Path file : new Path[] {pipe, beside}) {
            assertThatThrownBy(() -> OnnxModel.load(file))
                    .isInstanceOf(BadFileException.class)
                    .hasMessageContaining("a device or a pipe");
            assertThatThrownBy(() -> ModelInfo.read(file)).isInstanceOf(BadFileException.class);
        }
    }

    @Test
    void externalDataStaysInTheFolder() throws IOException {
        Path models = Files.createDirectory(folder.resolve("models"));
        Files.write(folder.resolve("outside"), new byte[16]);
        Files.createSymbolicLink(models.resolve("link"), folder.resolve("outside"));
        for (String place :
                new String[] {"../outside", folder.resolve("outside").toString(), "link", "a/../../outside"}) {
            Proto entry = new Proto().text(1, "location").text(2, place);
            Proto weight = Proto.tensor("w", 1, 4).message(13, entry).number(14, 1);
            Proto graph = Proto.graph(Proto.node("Add", "", new String[] {"x", "w"}, "y"))
                    .message(5, weight);
            Path file =
                    Files.write(models.resolve("model.onnx"), Proto.model(graph).toBytes());
            assertThatThrownBy(() -> OnnxModel.load(file))
                    .as(place)
                    .isInstanceOf(BadFileException.class)
                    .hasMessageContaining("leaves the model's folder");
        }
    }

    @Test
    void anyDamageIsRefusedOrLoads() throws IOException {
        Random random = new Random(16);
        int refused = 0;
        int loaded = 0;
        byte[][] seeds = seeds();
        for (int i = 0; i < 2_000; i++) {
            byte[] file = seeds[i % seeds.length].clone();
            for (int k = random.nextInt(1, 4); k > 0; k--) {
                file[random.nextInt(file.length)] = (byte) random.nextInt(256);
            }
            if (random.nextInt(4) == 0) {
                file = Arrays.copyOf(file, random.nextInt(file.length));
            }
            try {
                load(file);
                loaded++;
            } catch (TensorException | BadFileException expected) {
                assertThat(expected.getMessage()).isNotEmpty();
                refused++;
            }
        }
        assertThat(refused).isGreaterThan(200);
        assertThat(loaded).isGreaterThan(50);
    }

    private static byte[][] seeds() throws IOException {
        byte[][] seeds = new byte[200][];
        int count = 0;
        try (InputStream stream = HostileFilesTest.class.getResourceAsStream("/cases.zip");
                ZipInputStream zip = new ZipInputStream(java.util.Objects.requireNonNull(stream))) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                if (entry.getName().endsWith("model.onnx")) {
                    seeds[count++] = zip.readAllBytes();
                }
            }
        }
        return Arrays.copyOf(seeds, count);
    }
}
