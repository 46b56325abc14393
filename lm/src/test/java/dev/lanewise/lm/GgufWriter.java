package dev.lanewise.lm;

import dev.lanewise.lm.gguf.BlockType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Writes small .gguf files. */
final class GgufWriter {
    private static final int ALIGNMENT = 32;

    private final ByteBuffer settings = buffer();
    private final ByteBuffer tensors = buffer();
    private final List<byte[]> data = new ArrayList<>();
    private long count;
    private long at;

    private static ByteBuffer buffer() {
        return ByteBuffer.allocate(1 << 19).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static ByteBuffer text(ByteBuffer to, String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        return to.putLong(utf8.length).put(utf8);
    }

    private ByteBuffer setting(String name, int kind) {
        count++;
        return text(settings, name).putInt(kind);
    }

    GgufWriter text(String name, String value) {
        text(setting(name, 8), value);
        return this;
    }

    GgufWriter number(String name, int value) {
        setting(name, 4).putInt(value);
        return this;
    }

    GgufWriter fraction(String name, float value) {
        setting(name, 6).putFloat(value);
        return this;
    }

    GgufWriter texts(String name, String... values) {
        setting(name, 9).putInt(8).putLong(values.length);
        Arrays.stream(values).forEach(value -> text(settings, value));
        return this;
    }

    /** A tensor of rows, or of a single one. */
    GgufWriter tensor(String name, BlockType type, int rows, float[] values) {
        int columns = values.length / rows;
        text(tensors, name).putInt(rows == 1 ? 1 : 2).putLong(columns);
        if (rows > 1) {
            tensors.putLong(rows);
        }
        tensors.putInt(number(type)).putLong(at);
        byte[] packed = type.pack(values);
        data.add(Arrays.copyOf(packed, aligned(packed.length)));
        at += aligned(packed.length);
        return this;
    }

    private static int number(BlockType type) {
        int number = 0;
        while (BlockType.ofNumber(number).filter(type::equals).isEmpty()) {
            number++;
        }
        return number;
    }

    private static int aligned(int bytes) {
        return Math.ceilDiv(bytes, ALIGNMENT) * ALIGNMENT;
    }

    Path write(Path file) throws IOException {
        ByteBuffer whole = ByteBuffer.allocate(aligned(24 + settings.position() + tensors.position()) + (int) at)
                .order(ByteOrder.LITTLE_ENDIAN);
        whole.put("GGUF".getBytes(StandardCharsets.US_ASCII))
                .putInt(3)
                .putLong(data.size())
                .putLong(count);
        whole.put(settings.duplicate().flip()).put(tensors.duplicate().flip());
        whole.position(aligned(whole.position()));
        data.forEach(whole::put);
        return Files.write(file, whole.array());
    }
}
