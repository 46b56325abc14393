package dev.lanewise.nn.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lanewise.nn.Layer;
import dev.lanewise.nn.LayerMap;
import dev.lanewise.nn.Linear;
import dev.lanewise.nn.data.image.Image;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TensorBoardLogTest {
    /** Prints what TensorBoard's own reader finds, a line for each value. */
    private static final String READ = """
            import io, sys
            try:
                from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
            except ImportError as e:
                print("missing", e)
                sys.exit(0)
            a = EventAccumulator(sys.argv[1], size_guidance={"scalars": 0, "histograms": 0, "images": 0})
            a.Reload()
            for tag in sorted(a.Tags()["scalars"]):
                for e in a.Scalars(tag):
                    print("scalar", tag, e.step, round(e.value, 6))
            for tag in sorted(a.Tags()["histograms"]):
                for e in a.Histograms(tag):
                    h = e.histogram_value
                    print("histogram", tag, e.step, h.min, h.max, h.num, h.sum, h.sum_squares,
                          len(h.bucket_limit), sum(h.bucket), h.bucket[0], h.bucket[-1], h.bucket_limit[-1])
            for tag in sorted(a.Tags()["images"]):
                for e in a.Images(tag):
                    print("image", tag, e.step, e.height, e.width, e.encoded_image_string[1:4].decode())
            if a.Tags()["graph"]:
                for n in a.Graph().node:
                    shape = n.attr["_output_shapes"].list.shape[0]
                    print("graph", n.name, n.op, [d.size for d in shape.dim], list(n.input))
            """;

    @TempDir
    Path folder;

    private static List<String> readByTensorBoard(Path run) throws IOException, InterruptedException {
        Process python;
        try {
            python = new ProcessBuilder("python3", "-c", READ, run.toString())
                    .redirectErrorStream(true)
                    .start();
        } catch (IOException missing) {
            assumeTrue(false, "python3 is missing: " + missing.getMessage());
            return List.of();
        }
        String output;
        try (InputStream stream = python.getInputStream()) {
            output = new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        }
        assertThat(python.waitFor(120, TimeUnit.SECONDS)).isTrue();
        assertThat(python.exitValue()).as(output).isZero();
        assumeTrue(!output.startsWith("missing"), "TensorBoard is missing: " + output.strip());
        return output.lines()
                .filter(line -> line.matches("(scalar|histogram|image|graph) .*"))
                .toList();
    }

    @Test
    void tensorBoardReadsGraphs() throws Exception {
        Layer model = new LayerMap().with("first part", new Linear(3, 2, new Rng(1)));
        try (TensorBoardLog log = new TensorBoardLog(folder)) {
            log.graph(model.graph(
                    Map.of("x", Tensor.ones(5, 3)),
                    inputs -> model.children().get("first part").forward(inputs.get("x"))));
        }
        assertThat(readByTensorBoard(folder))
                .hasSize(5)
                .contains("graph x_0 Placeholder [5, 3] []", "graph first_part/weight_1 Parameter [2, 3] []")
                .last()
                .asString()
                .startsWith("graph output_4 Identity [5, 2] ['first_part/");
    }

    @Test
    void tensorBoardReadsScalarsHistogramsAndImages() throws Exception {
        Path run = folder.resolve("runs").resolve("first");
        try (TensorBoardLog log = new TensorBoardLog(run)) {
            log.scalar("loss", 1, 0.5);
            log.scalar("loss", 300, -2.25);
            log.scalar("größe", 1L << 40, 3);
            log.histogram("values", 2, Tensor.of(-1f, 0f, 0.5f, 3f, Float.NaN, Float.POSITIVE_INFINITY));
            log.histogram("constant", 2, Tensor.of(4f, 4f));
            log.histogram("nothing", 2, Tensor.of(Float.NaN));
            log.image("grey", 3, new Image(1, 5, 7));
            log.image("colour", 3, new Image(3, 2, 2));
        }
        assertThat(readByTensorBoard(run))
                .containsExactly(
                        "scalar größe 1099511627776 3.0",
                        "scalar loss 1 0.5",
                        "scalar loss 300 -2.25",
                        "histogram constant 2 4.0 4.0 2.0 8.0 32.0 1 2.0 2.0 2.0 4.0",
                        "histogram nothing 2 0.0 0.0 0.0 0.0 0.0 1 0.0 0.0 0.0 0.0",
                        "histogram values 2 -1.0 3.0 4.0 2.5 10.25 64 4.0 1.0 1.0 3.0",
                        "image colour 3 2 2 PNG",
                        "image grey 3 5 7 PNG");
    }

    @Test
    void aTrainingAndItsResumedRunAreOneCurve() throws Exception {
        Trainings.run(new TensorBoardLog(folder, 1, true), 1, 7);
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files).hasSize(1);
        }
        Trainings.run(new TensorBoardLog(folder, 1, true), 6, 8);
        List<String> read = readByTensorBoard(folder);
        assertThat(read.stream().filter(line -> line.startsWith("scalar step/loss ")))
                .hasSize(8)
                .contains("scalar step/loss 6 0.166667", "scalar step/loss 8 0.125");
        assertThat(read.stream().filter(line -> line.startsWith("scalar epoch/validation_accuracy ")))
                .containsExactly(
                        "scalar epoch/validation_accuracy 2 0.5",
                        "scalar epoch/validation_accuracy 4 0.75",
                        "scalar epoch/validation_accuracy 6 0.833333",
                        "scalar epoch/validation_accuracy 8 0.875");
        assertThat(read).contains("scalar step/gradient_norm 3 3.0");
        assertThat(read.stream().filter(line -> line.startsWith("histogram weights/weight ")))
                .hasSize(4);
    }

    @Test
    void recordsAreFramedWithMaskedChecksums() {
        // "123456789" has the CRC-32C e3069283 (RFC 3720, appendix B.4 gives others); rotated right by 15, plus
        // a282ead8
        byte[] message = "123456789".getBytes(StandardCharsets.US_ASCII);
        ByteBuffer framed = EventFile.framed(message).order(ByteOrder.LITTLE_ENDIAN);
        assertThat(framed.getLong(0)).isEqualTo(9);
        int crc = 0xe3069283;
        assertThat(framed.getInt(21)).isEqualTo(((crc >>> 15) | (crc << 17)) + 0xa282ead8);
        assertThat(framed.remaining()).isEqualTo(9 + 16);
    }

    @Test
    void messagesAreProtocolBuffers() {
        // the examples of the format's description: field 1 = 150, field 2 = "testing"
        byte[] message = new ProtoWriter().integer(1, 150).text(2, "testing").toByteArray();
        assertThat(HexFormat.of().formatHex(message)).isEqualTo("089601" + "120774657374696e67");
        assertThat(HexFormat.of().formatHex(new ProtoWriter().integer(1, -1).toByteArray()))
                .isEqualTo("08ffffffffffffffffff01");
        assertThat(HexFormat.of()
                        .formatHex(
                                new ProtoWriter().number(3, 1f).number(4, 1.0).toByteArray()))
                .isEqualTo("1d0000803f" + "21000000000000f03f");
    }

    @Test
    void badFoldersAndNumbersSaySo() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "");
        assertThatThrownBy(() -> new TensorBoardLog(file).scalar("loss", 1, 1)).hasMessageContaining("file");
        assertThatThrownBy(() -> new TensorBoardLog(folder, -1, false)).hasMessageContaining("every -1 steps");
    }
}
