package dev.lanewise.lm.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.nn.io.BadFileException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(value = 3, unit = TimeUnit.MINUTES)
class GgufTest {
    @TempDir
    Path folder;

    /** Writes what a header is made of. */
    private static final class Header {
        private final ByteBuffer out = ByteBuffer.allocate(1 << 16).order(ByteOrder.LITTLE_ENDIAN);

        Header(int version, long tensors, long settings) {
            out.put("GGUF".getBytes(StandardCharsets.US_ASCII))
                    .putInt(version)
                    .putLong(tensors)
                    .putLong(settings);
        }

        Header text(String text) {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            out.putLong(bytes.length).put(bytes);
            return this;
        }

        Header number(String name, int value) {
            text(name);
            out.putInt(4).putInt(value);
            return this;
        }

        Header tensor(String name, int type, long offset, long... sizes) {
            text(name);
            out.putInt(sizes.length);
            Arrays.stream(sizes).forEach(out::putLong);
            out.putInt(type).putLong(offset);
            return this;
        }

        Header and(Consumer<ByteBuffer> more) {
            more.accept(out);
            return this;
        }

        byte[] end(int dataBytes) {
            int start = Math.ceilDiv(out.position(), 32) * 32;
            return Arrays.copyOf(Arrays.copyOf(out.array(), out.position()), start + dataBytes);
        }
    }

    private Path write(byte[] bytes) throws IOException {
        Path file = folder.resolve("model.gguf");
        return Files.write(file, bytes);
    }

    private void refused(byte[] bytes, String part) throws IOException {
        Path file = write(bytes);
        assertThatThrownBy(() -> GgufFile.open(file).close())
                .isInstanceOf(BadFileException.class)
                .satisfies(e -> assertThat(e.getMessage()).contains(part).doesNotContain("\n"));
    }

    @Test
    void aFileIsReadAsItWasWritten() throws IOException {
        byte[] bytes = new Header(3, 1, 2)
                .number("answer", 42)
                .and(out -> {})
                .text("names")
                .and(out -> out.putInt(9).putInt(8).putLong(2))
                .text("a")
                .text("ü")
                .tensor("w", 0, 0, 3, 2)
                .end(24);
        ByteBuffer data = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < 6; i++) {
            data.putFloat(bytes.length - 24 + 4 * i, i + 0.5f);
        }
        try (GgufFile file = GgufFile.open(write(bytes))) {
            assertThat(file.metadata().get("answer")).isEqualTo(42L);
            assertThat(file.metadata().get("names")).isEqualTo(List.of("a", "ü"));
            assertThat(file.stored("w").shape().toArray()).containsExactly(2, 3);
            assertThat(file.read("w").toFloatArray()).containsExactly(0.5f, 1.5f, 2.5f, 3.5f, 4.5f, 5.5f);
            assertThatThrownBy(() -> file.read("v"))
                    .isInstanceOf(BadFileException.class)
                    .hasMessageContaining("'v'");
        }
    }

    @Test
    void countsAreNotBelievedBeforeTheFileHasRoomForThem() throws IOException {
        refused(new byte[0], "end after 0 bytes");
        refused("GGML".getBytes(StandardCharsets.US_ASCII), "no \"GGUF\"");
        refused(new Header(1, 0, 0).end(0), "version 1");
        refused(new Header(3, Long.MAX_VALUE, 0).end(0), "tensors");
        refused(new Header(3, -1, 0).end(0), "tensors");
        refused(new Header(3, 0, 1L << 60).end(0), "settings");
        refused(new Header(3, 0, 1).and(out -> out.putLong(1L << 40).putLong(0)).end(0), "text of");
        refused(
                new Header(3, 0, 1)
                        .text("x")
                        .and(out -> out.putInt(9).putInt(0).putLong(1L << 50))
                        .end(0),
                "elements");
        refused(new Header(3, 0, 1).text("x").and(out -> out.putInt(99)).end(0), "type 99");
        Header deep = new Header(3, 0, 1).text("x").and(out -> out.putInt(9));
        for (int i = 0; i < 100; i++) {
            deep.and(out -> out.putInt(9).putLong(1));
        }
        refused(deep.end(0), "lists in lists");
        refused(new Header(3, 0, 2).number("x", 1).number("x", 2).end(0), "twice");
        refused(new Header(3, 0, 1).number("general.alignment", 3).end(0), "alignment");
        refused(new Header(3, 0, 1).number("general.alignment", 0).end(0), "alignment");
    }

    @Test
    void tensorsLieInTheFile() throws IOException {
        refused(new Header(3, 1, 0).tensor("w", 0, 0, 1L << 40, 1L << 40).end(0), "'w'");
        refused(new Header(3, 1, 0).tensor("w", 0, 0, 1L << 57, 0).end(0), "'w' of sizes");
        refused(new Header(3, 1, 0).tensor("w", 0, 0, 7).end(24), "'w'");
        refused(new Header(3, 1, 0).tensor("w", 0, 32, 6).end(24), "'w'");
        refused(new Header(3, 1, 0).tensor("w", 0, -32, 6).end(24), "'w'");
        refused(new Header(3, 1, 0).tensor("w", 0, 1, 2).end(24), "'w'");
        refused(new Header(3, 1, 0).tensor("w", 0, 0, -6).end(24), "'w'");
        refused(new Header(3, 1, 0).tensor("w", 2, 0, 33).end(64), "blocks of Q4_0");
        refused(new Header(3, 1, 0).tensor("w", 99, 0, 32).end(64), "type 99");
        refused(new Header(3, 1, 0).tensor("w", 0, 0, 1, 1, 1, 1, 1).end(64), "dimensions");
        refused(new Header(3, 2, 0).tensor("w", 0, 0, 1).tensor("w", 0, 0, 1).end(64), "twice");
    }

    @Test
    void aCutOrFlippedHeaderIsAnErrorOrAnotherFile() {
        byte[] whole =
                new Header(3, 1, 1).number("x", 1).tensor("w", 8, 0, 32, 2).end(68);
        Random chance = new Random(5);
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = whole.clone();
            if (i % 2 == 0) {
                bytes = Arrays.copyOf(bytes, chance.nextInt(bytes.length));
            } else {
                bytes[chance.nextInt(bytes.length - 68)] ^= (byte) (1 << chance.nextInt(8));
            }
            MemorySegment in = MemorySegment.ofArray(bytes);
            try {
                GgufHeader read = GgufHeader.read(folder, in);
                read.tensors()
                        .values()
                        .forEach(entry -> in.asSlice(
                                read.dataStart() + entry.offset(),
                                entry.type().bytes(entry.shape().elements())));
            } catch (BadFileException expected) {
                assertThat(expected.getMessage()).doesNotContain("\n");
            }
        }
    }

    @ParameterizedTest
    @EnumSource(BlockType.class)
    void packedNumbersComeBackNearWhatTheyWere(BlockType type) {
        if (!type.packs()) {
            assertThatThrownBy(() -> type.pack(new float[type.elements()]))
                    .isInstanceOf(UnsupportedOperationException.class);
            return;
        }
        float[] values = new float[3 * 256];
        Random chance = new Random(1);
        for (int i = 256; i < values.length; i++) {
            values[i] = (float) chance.nextGaussian();
        }
        byte[] packed = type.pack(values);
        float[] back = new float[values.length];
        type.unpack(MemorySegment.ofArray(packed), 0, back, 0, values.length / type.elements());
        double error = 0;
        double size = 0;
        for (int i = 0; i < values.length; i++) {
            error += Math.abs(values[i] - back[i]);
            size += Math.abs(values[i]);
        }
        double allowed = type.name().startsWith("T") ? 1 : type.name().startsWith("Q") ? 0.12 : 0.01;
        assertThat(error / size).isLessThan(allowed);
        for (int i = 0; i < 256; i++) {
            assertThat(back[i]).isZero();
        }
    }
}
