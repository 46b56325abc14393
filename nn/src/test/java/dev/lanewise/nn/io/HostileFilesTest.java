package dev.lanewise.nn.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.assertj.core.api.ThrowableAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HostileFilesTest {
    @TempDir
    Path folder;

    @Test
    void tensorsOfOtherTypesAreWidenedAndDoNotBlockTheRest() throws IOException {
        ByteBuffer data = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN);
        data.putLong(-1).putLong(5);
        data.putInt(-1).putInt(7);
        data.putShort((short) -1).putShort((short) 3).putShort((short) -1).putShort((short) 4);
        data.put(new byte[] {0x7e, (byte) 0xfe, 0x01, 0x7f, 0x7b, (byte) 0xfc, 0x3c, 0x01});
        data.putFloat(2.5f);
        String header =
                "{\"u64\":" + tensor("U64", "[1]", 8, 16) + ",\"big\":" + tensor("U64", "[1]", 0, 8) + ",\"u32\":"
                        + tensor("U32", "[2]", 16, 24) + ",\"i16\":" + tensor("I16", "[2]", 24, 28) + ",\"u16\":"
                        + tensor("U16", "[2]", 28, 32) + ",\"e4m3\":" + tensor("F8_E4M3", "[4]", 32, 36) + ",\"e5m2\":"
                        + tensor("F8_E5M2", "[4]", 36, 40) + ",\"f32\":" + tensor("F32", "[]", 40, 44) + ",\"c64\":"
                        + tensor("C64", "[1]", 44, 52) + ",\"new\":" + tensor("F3_E1M1", "[5]", 52, 54) + "}";
        try (SafetensorsFile file = Safetensors.open(safetensors(header, data.array(), 54))) {
            assertThat(file.entry("f32").toFloatArray()).containsExactly(2.5f);
            assertThat(file.entry("u64").toLongArray()).containsExactly(5);
            assertThat(file.entry("u32").toLongArray()).containsExactly(0xffff_ffffL, 7);
            assertThat(file.entry("u32").dtype()).isEqualTo(DType.I64);
            assertThat(file.entry("i16").toLongArray()).containsExactly(-1, 3);
            assertThat(file.entry("u16").toLongArray()).containsExactly(65_535, 4);
            assertThat(file.entry("u16").dtype()).isEqualTo(DType.I32);
            // 448, the greatest; -448; 2^-9, the least; NaN: by the tables of "FP8 Formats for Deep Learning".
            assertThat(file.entry("e4m3").toFloatArray()).containsExactly(448f, -448f, 0x1p-9f, Float.NaN);
            assertThat(file.entry("e5m2").toFloatArray())
                    .containsExactly(57_344f, Float.NEGATIVE_INFINITY, 1f, 0x1p-16f);
            assertRefused(() -> file.entry("big"), "'big' of dtype U64 with 18446744073709551615");
            assertRefused(() -> file.entry("c64"), "'c64' of the unsupported dtype 'C64'");
            assertRefused(() -> file.entry("new"), "'new' of the unsupported dtype 'F3_E1M1'");
            assertThat(file.names()).hasSize(10);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "<i2, 0080 ff7f, -32768 32767, I32",
        ">i2, 8000 7fff, -32768 32767, I32",
        "<u2, ffff 0100, 65535 1, I32",
        ">u4, ffffffff 00000001, 4294967295 1, I64",
        "<u8, ffffffffffffff7f 0200000000000000, 9223372036854775807 2, I64"
    })
    void integersOfOtherWidthsAreWidened(String descr, String hex, String values, DType dtype) throws IOException {
        byte[] elements = HexFormat.of().parseHex(hex.replace(" ", ""));
        TensorData read = Npy.read(npy(descr, "(2,)", elements));
        assertThat(read.dtype()).isEqualTo(dtype);
        assertThat(read.toLongArray())
                .containsExactly(Arrays.stream(values.split(" ", -1))
                        .mapToLong(Long::parseLong)
                        .toArray());
    }

    @Test
    void whatDoesNotFitIsNamed() throws IOException {
        Path file = npy("<u8", "(1,)", new byte[] {0, 0, 0, 0, 0, 0, 0, (byte) 0x80});
        assertRefused(() -> Npy.read(file), "dtype U64 with 9223372036854775808; expected at most 9223372036854775807");
        Path complex = npy("<c8", "(1,)", new byte[8]);
        assertRefused(() -> Npy.read(complex), "the dtype '<c8'; expected one of f2, f4, f8");
    }

    @Test
    void anArrayOfObjectsDoesNotBlockTheRestOfAnArchive() throws IOException {
        byte[] good = Files.readAllBytes(npy("<f4", "(1,)", new byte[] {0, 0, 0x20, 0x40}));
        byte[] objects = Files.readAllBytes(npy("|O", "(1,)", new byte[] {1, 2, 3}));
        Path file = zip(Map.of("good.npy", good, "objects.npy", objects));
        Map<String, TensorData> arrays = Npz.read(file);
        assertThat(arrays).containsOnlyKeys("good");
        assertThat(arrays.get("good").toFloatArray()).containsExactly(2.5f);
        assertThat(arrays.get("none")).isNull();
        assertRefused(() -> arrays.get("objects"), "(objects.npy): found Python objects, which are never unpickled");
    }

    /** 236 bytes whose directory says that they unpack to 4 GiB. */
    @Test
    void anArchiveMayNotAnnounceMoreThanItsOwnLengthCanUnpackTo() throws IOException {
        byte[] header = Files.readAllBytes(npy("<f4", "(1073741824,)", new byte[0]));
        byte[] bytes = Files.readAllBytes(zip(Map.of("a.npy", header)));
        ByteBuffer directory = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int entry = indexOf(bytes, new byte[] {'P', 'K', 1, 2});
        directory.putInt(entry + 20, -2).putInt(entry + 24, -2);
        Path file = Files.write(folder.resolve("bomb.npz"), bytes);
        long before = allocated();
        assertThatThrownBy(() -> Npz.read(file)).isInstanceOf(BadFileException.class);
        assertThat(allocated() - before).isLessThan(64 << 20);
    }

    @Test
    void archivesThatUnpackToMuchMoreThanTheyAreAreRefused() throws IOException {
        // 1 GiB of zeros in 1 MiB: real content, honestly announced.
        Path file = folder.resolve("zeros.npz");
        byte[] header = Files.readAllBytes(npy("<f4", "(268435456,)", new byte[0]));
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
            zip.setLevel(Deflater.BEST_SPEED);
            zip.putNextEntry(new ZipEntry("a.npy"));
            zip.write(header);
            byte[] zeros = new byte[1 << 20];
            for (int i = 0; i < 1024; i++) {
                zip.write(zeros);
            }
        }
        assertRefused(() -> Npz.read(file), "at most 100 times the file's length");
    }

    @Test
    void longMetadataIsRefused() throws IOException {
        String header = "{\"__metadata__\":{\"a\":\"" + "x".repeat(20_000_000) + "\"}}";
        assertRefused(
                () -> Safetensors.open(safetensors(header, new byte[0], 0)).close(), "");
        StringBuilder many = new StringBuilder("{\"__metadata__\":{\"k\":\"\"");
        for (int i = 0; i < 400_000; i++) {
            many.append(",\"").append(i).append("\":\"\"");
        }
        assertRefused(
                () -> Safetensors.open(safetensors(many + "}}", new byte[0], 0)).close(), "16777216 characters");
    }

    @Test
    void aFileThatIsCutWhileItIsOpenIsABadFile() throws IOException {
        for (DType dtype : new DType[] {DType.F32, DType.F64, DType.F16, DType.I64, DType.I32, DType.BOOL}) {
            Path path = folder.resolve(dtype + ".safetensors");
            int count = 1 << 16;
            MemorySegment zeros = MemorySegment.ofArray(new byte[count * dtype.bytes()]);
            Safetensors.write(path, Map.of("a", new TensorData(dtype, Shape.of(count), zeros)));
            try (SafetensorsFile file = Safetensors.open(path)) {
                TensorData taken = file.entry("a");
                truncate(path, 4096);
                assertBad(taken::toTensor);
                assertBad(() -> taken.equals(new TensorData(dtype, Shape.of(count), zeros)));
                assertBad(() -> Safetensors.write(folder.resolve("copy"), Map.of("a", taken)));
                assertBad(() -> Npy.write(folder.resolve("copy"), taken));
                assertBad(() -> Npz.write(folder.resolve("copy"), Map.of("a", taken), true));
                if (dtype.isFloating()) {
                    assertBad(taken::toFloatArray);
                    assertBad(taken::toDoubleArray);
                } else {
                    assertBad(taken::toLongArray);
                }
                assertRefused(() -> file.entry("a"), dtype + ".safetensors: found 4096 bytes; expected ");
                assertThat(folder.resolve("copy")).doesNotExist();
            }
        }
    }

    @Test
    void aWidenedTensorOfACutFileIsABadFile() throws IOException {
        Path path = safetensors("{\"a\":" + tensor("U16", "[32768]", 0, 65536) + "}", new byte[65536], 65536);
        try (SafetensorsFile file = Safetensors.open(path)) {
            truncate(path, 4096);
            assertRefused(() -> file.entry("a"), "found 4096 bytes");
        }
    }

    @Test
    void closingWhileAnotherThreadReadsGivesItTheDocumentedException() throws Exception {
        Path path = folder.resolve("a.safetensors");
        Safetensors.write(path, Map.of("a", TensorData.of(new float[1 << 16], 1 << 16)));
        for (int round = 0; round < 20; round++) {
            SafetensorsFile file = Safetensors.open(path);
            AtomicReference<Throwable> seen = new AtomicReference<>();
            Thread reader = Thread.ofPlatform().start(() -> {
                try {
                    while (true) {
                        file.entry("a").toFloatArray();
                    }
                } catch (Throwable thrown) {
                    seen.set(thrown);
                }
            });
            Thread.sleep(2);
            file.close();
            file.close();
            reader.join();
            assertThat(seen.get()).isInstanceOf(IllegalStateException.class).hasMessageContaining("closed");
            assertThatThrownBy(() -> file.entry("a")).isInstanceOf(IllegalStateException.class);
        }
    }

    private static void assertBad(ThrowableAssert.ThrowingCallable action) {
        assertThatThrownBy(action)
                .isInstanceOf(BadFileException.class)
                .hasMessageContaining("less than when it was opened");
    }

    private static void assertRefused(ThrowableAssert.ThrowingCallable action, String message) {
        assertThatThrownBy(action).isInstanceOf(BadFileException.class).hasMessageContaining(message);
    }

    private static void truncate(Path file, long bytes) throws IOException {
        try (var channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate(bytes);
        }
    }

    private static long allocated() {
        return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .mapToLong(BufferPoolMXBean::getMemoryUsed)
                .sum();
    }

    private static int indexOf(byte[] bytes, byte[] wanted) {
        for (int i = 0; i + wanted.length <= bytes.length; i++) {
            if (Arrays.equals(bytes, i, i + wanted.length, wanted, 0, wanted.length)) {
                return i;
            }
        }
        throw new AssertionError("not there");
    }

    private static String tensor(String dtype, String shape, long begin, long end) {
        return "{\"dtype\":\"" + dtype + "\",\"shape\":" + shape + ",\"data_offsets\":[" + begin + "," + end + "]}";
    }

    private Path safetensors(String header, byte[] data, int dataBytes) throws IOException {
        byte[] json = header.getBytes(StandardCharsets.UTF_8);
        ByteBuffer bytes = ByteBuffer.allocate(8 + json.length + dataBytes).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(json.length).put(json).put(data, 0, dataBytes);
        return Files.write(folder.resolve("case.safetensors"), bytes.array());
    }

    private Path npy(String descr, String shape, byte[] elements) throws IOException {
        String text = "{'descr': '" + descr + "', 'fortran_order': False, 'shape': " + shape + ", }\n";
        ByteBuffer bytes =
                ByteBuffer.allocate(10 + text.length() + elements.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.put(NpyHeader.MAGIC).put((byte) 1).put((byte) 0).putShort((short) text.length());
        bytes.put(text.getBytes(StandardCharsets.US_ASCII)).put(elements);
        return Files.write(folder.resolve("case.npy"), bytes.array());
    }

    private Path zip(Map<String, byte[]> entries) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
                CRC32 crc = new CRC32();
                crc.update(entry.getValue());
                zip.putNextEntry(new ZipEntry(entry.getKey()));
                zip.write(entry.getValue());
                zip.closeEntry();
            }
        }
        return Files.write(folder.resolve("case.npz"), bytes.toByteArray());
    }
}
