package dev.lanewise.nn.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class SafetensorsTest {
    /** Written by Python's safetensors 0.8.0 from NumPy arrays: w F32, n I64, m BOOL, h F16, e F64 [0, 4]. */
    private static final String FROM_PYTHON =
            "QAEAAAAAAAB7Il9fbWV0YWRhdGFfXyI6eyJlcG9jaCI6IjMiLCLDvCI6IuaXpeacrFxuIn0sIm4iOnsiZHR5cGUiOiJJNjQi"
                    + "LCJzaGFwZSI6W10sImRhdGFfb2Zmc2V0cyI6WzAsOF19LCJlIjp7ImR0eXBlIjoiRjY0Iiwic2hhcGUiOlswLDRdLCJkYXRh"
                    + "X29mZnNldHMiOls4LDhdfSwidyI6eyJkdHlwZSI6IkYzMiIsInNoYXBlIjpbMiwzXSwiZGF0YV9vZmZzZXRzIjpbOCwzMl19"
                    + "LCJoIjp7ImR0eXBlIjoiRjE2Iiwic2hhcGUiOlsyXSwiZGF0YV9vZmZzZXRzIjpbMzIsMzZdfSwibSI6eyJkdHlwZSI6IkJP"
                    + "T0wiLCJzaGFwZSI6WzNdLCJkYXRhX29mZnNldHMiOlszNiwzOV19fQcAAAAAAAAAAAAAAAAAAD8AAIA/AADAPwAAAEAAACBA"
                    + "AD4AwAEAAQ==";

    @TempDir
    Path folder;

    @Test
    void readsWhatPythonWrote() throws IOException {
        Path file = file(Base64.getDecoder().decode(FROM_PYTHON));
        try (SafetensorsFile tensors = Safetensors.open(file)) {
            assertThat(tensors.names()).containsExactlyInAnyOrder("w", "n", "m", "h", "e");
            assertThat(tensors.metadata()).isEqualTo(Map.of("epoch", "3", "ü", "日本\n"));
            assertThat(tensors.entry("w").dtype()).isEqualTo(DType.F32);
            assertThat(tensors.entry("w").shape()).isEqualTo(Shape.of(2, 3));
            assertThat(tensors.entry("w").toFloatArray()).containsExactly(0, 0.5f, 1, 1.5f, 2, 2.5f);
            assertThat(tensors.entry("n").shape()).isEqualTo(Shape.SCALAR);
            assertThat(tensors.entry("n").toLongArray()).containsExactly(7);
            assertThat(tensors.entry("m").toLongArray()).containsExactly(1, 0, 1);
            assertThat(tensors.entry("h").toFloatArray()).containsExactly(1.5f, -2);
            assertThat(tensors.entry("e").shape()).isEqualTo(Shape.of(0, 4));
        }
    }

    @Test
    void copyingAPythonFileKeepsItsTensorsAndLength() throws IOException {
        Path python = file(Base64.getDecoder().decode(FROM_PYTHON));
        Path ours = folder.resolve("ours.safetensors");
        try (SafetensorsFile tensors = Safetensors.open(python)) {
            Map<String, TensorData> copy = new HashMap<>();
            tensors.names().forEach(name -> copy.put(name, tensors.entry(name)));
            Safetensors.write(ours, copy, tensors.metadata());
        }
        assertThat(Files.size(ours)).isEqualTo(Files.size(python));
        try (SafetensorsFile a = Safetensors.open(python);
                SafetensorsFile b = Safetensors.open(ours)) {
            assertThat(b.names()).containsExactlyInAnyOrderElementsOf(a.names());
            a.names().forEach(name -> assertThat(b.entry(name)).isEqualTo(a.entry(name)));
        }
    }

    @Test
    void everyDtypeAndUnalignedDataComesBack() {
        Path file = folder.resolve("all.safetensors");
        Map<String, TensorData> tensors = new LinkedHashMap<>();
        Random random = new Random(1);
        try (Arena arena = Arena.ofConfined()) {
            for (DType dtype : DType.values()) {
                MemorySegment segment = arena.allocate(dtype.bytes() * 15L);
                for (long i = 0; i < segment.byteSize(); i++) {
                    segment.set(ValueLayout.JAVA_BYTE, i, (byte) random.nextInt(2));
                }
                tensors.put("t." + dtype, new TensorData(dtype, Shape.of(3, 5), segment));
            }
            Safetensors.write(file, tensors);
            try (SafetensorsFile read = Safetensors.open(file)) {
                assertThat(read.names()).hasSize(DType.values().length);
                tensors.forEach((name, tensor) -> assertThat(read.entry(name)).isEqualTo(tensor));
            }
        }
    }

    @Test
    void equalContentGivesEqualBytesAndAnAlignedHeader() throws IOException {
        Map<String, TensorData> forwards = new LinkedHashMap<>();
        Map<String, TensorData> backwards = new LinkedHashMap<>();
        for (int i = 0; i < 20; i++) {
            forwards.put("p" + i, TensorData.of(new float[] {i}, 1));
            backwards.put("p" + (19 - i), TensorData.of(new float[] {19 - i}, 1));
        }
        Safetensors.write(folder.resolve("a"), forwards, Map.of("k", "v", "a", "b"));
        Safetensors.write(folder.resolve("b"), backwards, Map.of("a", "b", "k", "v"));
        byte[] bytes = Files.readAllBytes(folder.resolve("a"));
        assertThat(bytes).isEqualTo(Files.readAllBytes(folder.resolve("b")));
        assertThat(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong() % 8)
                .isZero();
    }

    @Test
    void tensorsAreWrittenAsCopiesOfThemAre() {
        Tensor many = new Rng(1).randn(DType.F32, 700, 1000);
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        for (DType dtype : DType.values()) {
            tensors.put(dtype + " of several pieces", many.mul(100).to(dtype));
        }
        tensors.put("view", many.transpose().slice("3::7, :5"));
        tensors.put("scalar", Tensor.scalar(3));
        tensors.put("empty", Tensor.zeros(0, 4));
        tensors.put("with gradient", Autograd.watch(Tensor.of(1f, 2f)).mul(2));
        Map<String, TensorData> copies = new LinkedHashMap<>();
        tensors.forEach((name, tensor) -> copies.put(name, TensorData.of(tensor)));
        Path direct = folder.resolve("direct.safetensors");
        Path copied = folder.resolve("copied.safetensors");
        Safetensors.writeTensors(direct, tensors, Map.of("a", "b"));
        Safetensors.write(copied, copies, Map.of("a", "b"));
        assertThat(direct).hasSameBinaryContentAs(copied);
    }

    @Test
    void filesLargerThanMemoryAreMapped() throws IOException {
        long elements = 12L << 30;
        String header = "{\"huge\":{\"dtype\":\"U8\",\"shape\":[" + elements + "],\"data_offsets\":[0," + elements
                + "]},\"last\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[" + elements + "," + (elements + 8)
                + "]}}";
        byte[] json = header.getBytes(StandardCharsets.US_ASCII);
        ByteBuffer start = ByteBuffer.allocate(8 + json.length).order(ByteOrder.LITTLE_ENDIAN);
        ByteBuffer end = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
        Path file = folder.resolve("huge.safetensors");
        // a sparse file: what is never written takes no space
        try (FileChannel channel = FileChannel.open(
                file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, StandardOpenOption.SPARSE)) {
            channel.write(start.putLong(json.length).put(json).flip(), 0);
            channel.write(end.putFloat(1.5f).putFloat(-2).flip(), start.capacity() + elements);
        }
        try (SafetensorsFile tensors = Safetensors.open(file)) {
            assertThat(tensors.entry("last").toFloatArray()).containsExactly(1.5f, -2);
            assertThat(tensors.entry("huge").shape()).isEqualTo(Shape.of(elements));
        }
    }

    @Test
    void tensorsOfAClosedFileCannotBeUsed() throws IOException {
        SafetensorsFile tensors = Safetensors.open(file(Base64.getDecoder().decode(FROM_PYTHON)));
        TensorData weight = tensors.entry("w");
        tensors.close();
        tensors.close();
        assertThatThrownBy(weight::toFloatArray).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aTensorThatIsNotThereIsNamed() throws IOException {
        try (SafetensorsFile tensors = Safetensors.open(file(Base64.getDecoder().decode(FROM_PYTHON)))) {
            assertThatThrownBy(() -> tensors.entry("bias"))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageContaining("no tensor 'bias' among 5");
        }
    }

    @Test
    void aFailedWriteLeavesTheOldFileAndNothingElse() throws IOException {
        Path file = folder.resolve("model.safetensors");
        Safetensors.write(file, Map.of("w", TensorData.of(new float[] {1}, 1)));
        byte[] before = Files.readAllBytes(file);
        Arena arena = Arena.ofConfined();
        TensorData dead = new TensorData(DType.F32, Shape.of(1), arena.allocate(4));
        arena.close();
        assertThatThrownBy(() -> Safetensors.write(file, Map.of("w", dead))).isInstanceOf(IllegalStateException.class);
        assertThat(Files.readAllBytes(file)).isEqualTo(before);
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files).containsExactly(file);
        }
    }

    @Test
    void aMissingFolderAndAReservedNameAreRefused() {
        assertThatThrownBy(() -> Safetensors.write(folder.resolve("no/such/file"), Map.of()))
                .isInstanceOf(BadFileException.class)
                .hasMessageContaining("writable folder");
        assertThatIllegalArgumentException()
                .isThrownBy(() ->
                        Safetensors.write(folder.resolve("x"), Map.of("__metadata__", TensorData.of(new float[1], 1))))
                .withMessageContaining("rename");
        assertThatThrownBy(() -> Safetensors.open(folder.resolve("none.safetensors")))
                .isInstanceOf(BadFileException.class)
                .hasMessageContaining("no such file");
    }

    static Stream<Arguments> hostileHeaders() {
        String deep = "[".repeat(100_000);
        return Stream.of(
                bad("{\"a\":" + tensor("F32", "[1]", 4, 8) + "}", 8, "a gap lies before it"),
                bad(
                        "{\"a\":" + tensor("F32", "[1]", 0, 4) + ",\"b\":" + tensor("F32", "[1]", 2, 6) + "}",
                        6,
                        "overlaps"),
                bad(
                        "{\"a\":" + tensor("F32", "[1]", 0, 4) + ",\"b\":" + tensor("F32", "[1]", 0, 4) + "}",
                        4,
                        "overlaps"),
                bad("{\"a\":" + tensor("F32", "[2]", 0, 8) + "}", 4, "ending at byte 8"),
                bad("{\"a\":" + tensor("F32", "[1]", 0, 4) + "}", 5, "1 bytes after the last tensor"),
                bad("{\"a\":" + tensor("F32", "[2]", 0, 4) + "}", 4, "2 elements of 4 bytes for F32 [2]"),
                bad("{\"a\":" + tensor("F32", "[1]", 4, 0) + "}", 4, "begin <= end"),
                bad("{\"a\":" + tensor("F32", "[4294967296,4294967296]", 0, 4) + "}", 4, "at most 2^56"),
                bad("{\"a\":" + tensor("F32", "[0,72057594037927940]", 0, 0) + "}", 0, "at most 2^56"),
                bad("{\"a\":" + tensor("F32", "[4611686018427387904]", 0, 0) + "}", 0, "at most 2^56"),
                bad("{\"a\":" + tensor("F32", "[-1]", 0, 4) + "}", 4, "with -1"),
                bad("{\"a\":" + tensor("F32", "[1.0]", 0, 4) + "}", 4, "VALUE_NUMBER_FLOAT"),
                bad("{\"a\":" + tensor("F32", "[18446744073709551616]", 0, 4) + "}", 4, "18446744073709551616"),
                bad("{\"a\":" + tensor("F32", "[" + "9".repeat(5000) + "]", 0, 4) + "}", 4, "not valid JSON"),
                bad("{\"a\":" + tensor("F32", "[" + "1,".repeat(70) + "1]", 0, 4) + "}", 4, "more than 64"),
                bad("{\"a\":" + tensor("F8_E4M3", "[4]", 0, 8) + "}", 8, "4 elements of 1 bytes for F8_E4M3"),
                bad("{\"a\":" + tensor("F4", "[3]", 0, 1) + "}", 1, "3 elements of 4 bits for F4"),
                bad("{\"a\":" + tensor("f32", "[1]", 0, 4) + "}", 4, "unsupported dtype 'f32'"),
                bad("{\"a\":" + tensor("F32", "[1]", 0, 4) + ",\"a\":" + tensor("F32", "[1]", 4, 8) + "}", 8, "twice"),
                bad("{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]}}", 4, "twice"),
                bad("{\"a\":{\"dtype\":\"F32\",\"shape\":[]}}", 4, "without all of its fields"),
                bad("{\"a\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0]}}", 4, "without all of its fields"),
                bad("{\"a\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4,8]}}", 4, "more than 2"),
                bad("{\"a\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4],\"x\":1}}", 4, "'x'"),
                bad("{\"a\":{\"dtype\":3,\"shape\":[],\"data_offsets\":[0,4]}}", 4, "dtype as a string"),
                bad("{\"a\":[]}", 0, "object with dtype"),
                bad("{\"a\":" + deep, 0, "object with dtype"),
                bad("{\"a\":{\"dtype\":\"F32\",\"shape\":" + deep, 0, "nesting depth"),
                bad("{\"__metadata__\":{\"k\":1}}", 0, "a string"),
                bad("{\"__metadata__\":{\"k\":\"v\",\"k\":\"w\"}}", 0, "twice"),
                bad("{\"__metadata__\":{},\"__metadata__\":{}}", 0, "twice"),
                bad("{\"a\":" + tensor("F32", "[1]", 0, 4), 4, "not valid JSON"),
                bad("{} {}", 0, "after the header"),
                bad("{}x", 0, "not valid JSON"),
                bad("[]", 0, "does not start with '{'"),
                bad("", 2, "does not start with '{'"),
                bad("{'a':1}", 0, "not valid JSON"),
                bad("{\"\u001b[31m\":[]}", 0, "not valid JSON"));
    }

    @ParameterizedTest(name = "{index} {2}")
    @MethodSource("hostileHeaders")
    void aHostileHeaderIsRefusedInOneLine(String header, int dataBytes, String message) throws IOException {
        Path file = file(bytes(header.getBytes(StandardCharsets.UTF_8), dataBytes));
        assertRefused(file, message);
    }

    @Test
    void lengthsThatDoNotFitTheFileAreRefused() throws IOException {
        for (long length : List.of(-1L, Long.MIN_VALUE, Long.MAX_VALUE, 100_000_001L)) {
            assertRefused(file(withLength(length, "{}".getBytes(StandardCharsets.UTF_8))), "at most 100000000");
        }
        assertRefused(file(withLength(3, "{}".getBytes(StandardCharsets.UTF_8))), "at most 2, the rest of the file");
        assertRefused(file(withLength(0, "{}".getBytes(StandardCharsets.UTF_8))), "does not start with");
        assertRefused(file(new byte[0]), "only 0 bytes");
        assertRefused(file(new byte[9]), "only 9 bytes");
    }

    @Test
    void aHeaderThatIsNotUtf8IsRefused() throws IOException {
        assertRefused(file(bytes(new byte[] {'{', '"', (byte) 0xff, '"', ':', '1', '}'}, 0)), "UTF-8");
        byte[] utf16 = "{\"a\":1}".getBytes(StandardCharsets.UTF_16LE);
        assertRefused(file(bytes(utf16, 0)), "not valid JSON");
    }

    @Test
    void everyTruncationOfAGoodFileIsRefused() throws IOException {
        byte[] good = Base64.getDecoder().decode(FROM_PYTHON);
        Path file = folder.resolve("cut.safetensors");
        for (int length = 0; length < good.length; length++) {
            Files.write(file, Arrays.copyOf(good, length));
            assertThatThrownBy(() -> Safetensors.open(file).close()).isInstanceOf(CheckpointException.class);
        }
    }

    @Test
    void randomDamageNeverEscapesAsAnotherException() throws IOException {
        byte[] good = Base64.getDecoder().decode(FROM_PYTHON);
        Random random = new Random(7);
        Path file = folder.resolve("fuzz.safetensors");
        for (int round = 0; round < 500; round++) {
            byte[] bad = good.clone();
            for (int i = 0; i < 3; i++) {
                bad[random.nextInt(bad.length)] = (byte) random.nextInt(256);
            }
            Files.write(file, bad);
            try (SafetensorsFile tensors = Safetensors.open(file)) {
                tensors.names()
                        .forEach(name -> assertThat(tensors.entry(name).shape().elements())
                                .isNotNegative());
            } catch (CheckpointException expected) {
                assertThat(expected.getMessage()).doesNotContain("\n");
            }
        }
    }

    private static void assertRefused(Path file, String message) {
        assertThatThrownBy(() -> Safetensors.open(file).close())
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining(file.getFileName().toString())
                .hasMessageContaining("found ")
                .hasMessageContaining("expected ")
                .hasMessageContaining(message)
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n").hasSizeLessThan(2_100));
    }

    private static Arguments bad(String header, int dataBytes, String message) {
        return Arguments.of(header, dataBytes, message);
    }

    private static String tensor(String dtype, String shape, long begin, long end) {
        return "{\"dtype\":\"" + dtype + "\",\"shape\":" + shape + ",\"data_offsets\":[" + begin + "," + end + "]}";
    }

    private static byte[] bytes(byte[] header, int dataBytes) {
        return withLength(header.length, Arrays.copyOf(header, header.length + dataBytes));
    }

    private static byte[] withLength(long length, byte[] rest) {
        return ByteBuffer.allocate(8 + rest.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(length)
                .put(rest)
                .array();
    }

    private Path file(byte[] content) throws IOException {
        return Files.write(Files.createTempFile(folder, "case", ".safetensors"), content);
    }
}
