package dev.lanewise.nn.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NumpyTest {
    /** Written by NumPy 2.4.6: {@code np.save(f, np.arange(6, dtype=np.float32).reshape(2, 3) / 2)}. */
    private static final String F4 =
            "k05VTVBZAQB2AHsnZGVzY3InOiAnPGY0JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDMpLCB9ICAg"
                    + "ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAAAAPwAAgD8AAMA/"
                    + "AAAAQAAAIEA=";

    /** The same array with {@code np.asfortranarray} and dtype {@code >f8}, in version 2.0. */
    private static final String FORTRAN_BIG_ENDIAN =
            "k05VTVBZAgB0AAAAeydkZXNjcic6ICc+ZjgnLCAnZm9ydHJhbl9vcmRlcic6IFRydWUsICdzaGFwZSc6ICgyLCAzKSwgfSAg"
                    + "ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAAAAAD/4AAAAAAAA"
                    + "P+AAAAAAAABAAAAAAAAAAD/wAAAAAAAAQAQAAAAAAAA=";

    /** {@code np.savez_compressed(f, a=np.array([True, False]), b=np.array(7))}. */
    private static final String COMPRESSED =
            "UEsDBC0AAAAIAAAAIQDuGbtd//////////8FABQAYS5ucHkBABAAggAAAAAAAABGAAAAAAAAAJvsF+obEMnIUMZQrZ6SWpxc"
                    + "pG6loF6TZKiuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GkY6mjoKtQoUAC5GBgBQSwMELQAAAAgAAAAhACO48Gz/"
                    + "/////////wUAFABiLm5weQEAEACIAAAAAAAAAEYAAAAAAAAAm+wX6hsQychQxlCtnpJanFykbqWgbpNpoa6joJ6WX1RSlJgX"
                    + "n1+UkgoSd0vMKU4FihdnJBakAvkamjoKtQoUAS52BggAAFBLAQItAy0AAAAIAAAAIQDuGbtdRgAAAIIAAAAFAAAAAAAAAAAA"
                    + "AACAAQAAAABhLm5weVBLAQItAy0AAAAIAAAAIQAjuPBsRgAAAIgAAAAFAAAAAAAAAAAAAACAAX0AAABiLm5weVBLBQYAAAAA"
                    + "AgACAGYAAAD6AAAAAAA=";

    @TempDir
    Path folder;

    @Test
    void readsWhatNumpyWrote() throws IOException {
        TensorData array = Npy.read(file(F4));
        assertThat(array.dtype()).isEqualTo(DType.F32);
        assertThat(array.shape()).isEqualTo(Shape.of(2, 3));
        assertThat(array.toFloatArray()).containsExactly(0, 0.5f, 1, 1.5f, 2, 2.5f);
    }

    @Test
    void writesTheBytesThatNumpyWrites() throws IOException {
        Path file = folder.resolve("ours.npy");
        Npy.write(file, TensorData.of(new float[] {0, 0.5f, 1, 1.5f, 2, 2.5f}, 2, 3));
        assertThat(Files.readAllBytes(file)).isEqualTo(Base64.getDecoder().decode(F4));
    }

    @Test
    void turnsFortranOrderAndBigEndianElements() throws IOException {
        TensorData array = Npy.read(file(FORTRAN_BIG_ENDIAN));
        assertThat(array.dtype()).isEqualTo(DType.F64);
        assertThat(array.shape()).isEqualTo(Shape.of(2, 3));
        assertThat(array.toDoubleArray()).containsExactly(0, 0.5, 1, 1.5, 2, 2.5);
    }

    @Test
    void readsAnArchiveThatNumpyWrote() throws IOException {
        Map<String, TensorData> arrays = Npz.read(file(COMPRESSED));
        assertThat(arrays.keySet()).containsExactly("a", "b");
        assertThat(arrays.get("a").toLongArray()).containsExactly(1, 0);
        assertThat(arrays.get("b").shape()).isEqualTo(Shape.SCALAR);
        assertThat(arrays.get("b").toLongArray()).containsExactly(7);
    }

    @Test
    void everyDtypeAndRankComesBack() {
        Map<String, TensorData> arrays = new LinkedHashMap<>();
        Random random = new Random(2);
        for (DType dtype : DType.values()) {
            if (dtype != DType.BF16) {
                for (Shape shape : new Shape[] {Shape.SCALAR, Shape.of(5), Shape.of(0, 3), Shape.of(2, 3, 4)}) {
                    arrays.put(dtype + "/" + shape.rank(), random(random, dtype, shape));
                }
            }
        }
        arrays.forEach((name, array) -> {
            Path file = folder.resolve("one.npy");
            Npy.write(file, array);
            assertThat(Npy.read(file)).as(name).isEqualTo(array);
        });
        for (boolean compress : new boolean[] {true, false}) {
            Npz.write(folder.resolve("all.npz"), arrays, compress);
            assertThat(Npz.read(folder.resolve("all.npz"))).isEqualTo(arrays);
        }
    }

    @Test
    void equalArraysGiveEqualArchives() throws IOException {
        Map<String, TensorData> arrays =
                Map.of("b", TensorData.of(new int[] {1}, 1), "a", TensorData.of(new int[] {2}, 1));
        Npz.write(folder.resolve("1.npz"), arrays, true);
        Npz.write(folder.resolve("2.npz"), new LinkedHashMap<>(arrays), true);
        assertThat(Files.readAllBytes(folder.resolve("1.npz"))).isEqualTo(Files.readAllBytes(folder.resolve("2.npz")));
    }

    @Test
    void aTypeThatNumpyLacksIsRefused() {
        TensorData array = random(new Random(3), DType.BF16, Shape.of(2));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Npy.write(folder.resolve("x.npy"), array))
                .withMessageContaining("BF16");
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            value = {
                "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}; 0; 0 bytes of elements",
                "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}; 9; more than 8 bytes",
                "{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000,)}; 8; announces 1000000000000",
                "{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296)}; 8; more than 2^56",
                "{'descr': '<f4', 'fortran_order': False, 'shape': (0, 72057594037927940)}; 0; more than 2^56",
                "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}; 8; not a number",
                "{'descr': '<f4', 'fortran_order': False, 'shape': (9999999999999999999,)}; 8; not a number",
                "{'descr': '<f4', 'fortran_order': False, 'shape': 3}; 8; no '('",
                "{'descr': '<f4', 'fortran_order': 0, 'shape': ()}; 4; without True or False",
                "{'descr': '|O', 'fortran_order': False, 'shape': ()}; 4; never unpickled",
                "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': ()}; 4; structured dtype",
                "{'descr': '<c8', 'fortran_order': False, 'shape': ()}; 8; dtype '<c8'",
                "{'descr': '<U3', 'fortran_order': False, 'shape': ()}; 12; dtype '<U3'",
                "{'descr': '', 'fortran_order': False, 'shape': ()}; 4; dtype ''",
                "{'descr': '<f4', 'shape': ()}; 4; without all of its keys",
                "{'descr': '<f4', 'descr': '<f4', 'shape': ()}; 4; twice",
                "{'descr': '<f4', 'fortran_order': False, 'shape': (), 'x': 1}; 4; the key 'x'",
                "{'descr': '<f4', 'fortran_order': False, 'shape': ()} x; 4; after the dictionary",
                "{'descr': '<f4; 4; no quoted string",
                "__import__('os').abort(); 0; no '{'"
            })
    void aHostileHeaderIsRefused(String header, int bytes, String message) throws IOException {
        assertRefused(npy(1, header, bytes), message);
    }

    @Test
    void lengthsAndVersionsThatDoNotFitAreRefused() throws IOException {
        assertRefused(new byte[0], "no NumPy magic");
        assertRefused("PK\3\4 this is a zip".getBytes(StandardCharsets.US_ASCII), "no NumPy magic");
        assertRefused(npy(4, "{}", 0), "version 4.0");
        byte[] huge =
                ByteBuffer.allocate(12).put(npy(2, "", 0), 0, 8).putInt(-1).array();
        assertRefused(huge, "a header of 4294967295 bytes");
        byte[] whole = Base64.getDecoder().decode(F4);
        for (int length = 0; length < whole.length; length++) {
            Path file = Files.write(folder.resolve("cut.npy"), Arrays.copyOf(whole, length));
            assertThatThrownBy(() -> Npy.read(file)).isInstanceOf(BadFileException.class);
        }
    }

    @Test
    void aDamagedArchiveNeverEscapesAsAnotherException() throws IOException {
        byte[] whole = Base64.getDecoder().decode(COMPRESSED);
        Random random = new Random(5);
        Path file = folder.resolve("fuzz.npz");
        for (int round = 0; round < 400; round++) {
            byte[] bad = round < whole.length ? Arrays.copyOf(whole, round) : whole.clone();
            if (round >= whole.length) {
                bad[random.nextInt(bad.length)] ^= (byte) (1 << random.nextInt(8));
            }
            Files.write(file, bad);
            try {
                assertThat(Npz.read(file)).hasSizeLessThan(3);
            } catch (BadFileException expected) {
                assertThat(expected).hasMessageContaining("fuzz.npz");
            }
        }
        assertThatThrownBy(() -> Npz.read(folder.resolve("none.npz"))).hasMessageContaining("no such file");
    }

    private void assertRefused(byte[] content, String message) throws IOException {
        Path file = Files.write(folder.resolve("bad.npy"), content);
        assertThatThrownBy(() -> Npy.read(file))
                .isInstanceOf(BadFileException.class)
                .hasMessageContaining("bad.npy")
                .hasMessageContaining(message);
    }

    private static byte[] npy(int version, String header, int bytes) {
        ByteBuffer file = ByteBuffer.allocate(12 + header.length() + bytes).order(ByteOrder.LITTLE_ENDIAN);
        file.put(NpyHeader.MAGIC).put((byte) version).put((byte) 0);
        if (version == 1) {
            file.putShort((short) header.length());
        } else {
            file.putInt(header.length());
        }
        file.put(header.getBytes(StandardCharsets.US_ASCII));
        return Arrays.copyOf(file.array(), file.position() + bytes);
    }

    private static TensorData random(Random random, DType dtype, Shape shape) {
        MemorySegment segment = Arena.ofAuto().allocate(Math.max(1, shape.elements() * dtype.bytes()));
        for (long i = 0; i < segment.byteSize(); i++) {
            segment.set(ValueLayout.JAVA_BYTE, i, (byte) random.nextInt(256));
        }
        return new TensorData(dtype, shape, segment.asSlice(0, shape.elements() * dtype.bytes()));
    }

    private Path file(String base64) throws IOException {
        return Files.write(folder.resolve("from-numpy"), Base64.getDecoder().decode(base64));
    }
}
