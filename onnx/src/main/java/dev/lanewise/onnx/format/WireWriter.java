package dev.lanewise.onnx.format;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A message in protobuf's wire format (protobuf.dev, "Encoding"). Large memory that goes into it is not copied, so it
 * must stay valid until the message is written.
 */
final class WireWriter {
    private static final long MOST_AT_ONCE = 1L << 30;

    private final List<MemorySegment> chunks = new ArrayList<>();
    private final ByteArrayOutputStream open = new ByteArrayOutputStream();
    private long closed;

    /** The message's size in bytes. */
    long size() {
        return closed + open.size();
    }

    WireWriter number(int field, long value) {
        tag(field, Wire.VARINT);
        varint(value);
        return this;
    }

    WireWriter real(int field, float value) {
        tag(field, Wire.FIXED32);
        open.writeBytes(ByteBuffer.allocate(Float.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putFloat(value)
                .array());
        return this;
    }

    WireWriter text(int field, String value) {
        byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
        tag(field, Wire.BYTES);
        varint(bytes.length);
        open.writeBytes(bytes);
        return this;
    }

    /** A field of bytes as they are in memory. */
    WireWriter bytes(int field, MemorySegment value) {
        tag(field, Wire.BYTES);
        varint(value.byteSize());
        close();
        chunks.add(value);
        closed += value.byteSize();
        return this;
    }

    WireWriter message(int field, WireWriter value) {
        tag(field, Wire.BYTES);
        varint(value.size());
        append(value);
        return this;
    }

    /** All fields of another message. */
    WireWriter append(WireWriter other) {
        other.close();
        close();
        chunks.addAll(other.chunks);
        closed += other.closed;
        return this;
    }

    /** Writes the message. */
    void writeTo(WritableByteChannel channel) throws IOException {
        close();
        for (MemorySegment chunk : chunks) {
            write(chunk, channel);
        }
    }

    /** Writes memory of any size. */
    static void write(MemorySegment memory, WritableByteChannel channel) throws IOException {
        for (long at = 0; at < memory.byteSize(); at += MOST_AT_ONCE) {
            ByteBuffer bytes = memory.asSlice(at, Math.min(MOST_AT_ONCE, memory.byteSize() - at))
                    .asByteBuffer();
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        }
    }

    private void close() {
        if (open.size() > 0) {
            chunks.add(MemorySegment.ofArray(open.toByteArray()));
            closed += open.size();
            open.reset();
        }
    }

    private void tag(int field, int kind) {
        varint((long) field << 3 | kind);
    }

    private void varint(long value) {
        long rest = value;
        while ((rest & ~127L) != 0) {
            open.write((int) (rest & 127 | 128));
            rest >>>= 7;
        }
        open.write((int) rest);
    }
}
