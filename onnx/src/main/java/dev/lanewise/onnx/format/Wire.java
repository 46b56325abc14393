package dev.lanewise.onnx.format;

import dev.lanewise.nn.io.BadFileException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * A cursor over a message in protobuf's wire format (protobuf.dev, "Encoding"). Lengths are checked against the
 * enclosing message before anything is taken, and messages may be nested at most {@value #MOST_DEPTH} deep.
 */
final class Wire {
    static final int VARINT = 0;
    static final int FIXED64 = 1;
    static final int BYTES = 2;
    static final int FIXED32 = 5;
    private static final int MOST_DEPTH = 256;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final Object file;
    private final MemorySegment memory;
    private final long end;
    private final int depth;
    private long at;
    private int field;
    private int kind;

    /** A cursor over a whole file. */
    Wire(Object file, MemorySegment memory) {
        this(file, memory, 0, memory.byteSize(), 0);
    }

    private Wire(Object file, MemorySegment memory, long start, long end, int depth) {
        this.file = file;
        this.memory = memory;
        this.at = start;
        this.end = end;
        this.depth = depth;
    }

    /** Moves to the next field; false at the message's end. */
    boolean next() {
        if (at >= end) {
            return false;
        }
        long tag = varint();
        long number = tag >>> 3;
        if (number == 0 || number > 536_870_911) {
            throw bad("field number " + number + " at byte " + at, "1 to 536870911");
        }
        field = (int) number;
        kind = (int) (tag & 7);
        return true;
    }

    int field() {
        return field;
    }

    int kind() {
        return kind;
    }

    /** Skips the current field. */
    void skip() {
        switch (kind) {
            case VARINT -> varint();
            case FIXED64 -> advance(8);
            case BYTES -> advance(varint());
            case FIXED32 -> advance(4);
            default -> throw bad("wire type " + kind + " at byte " + at, "0, 1, 2 or 5");
        }
    }

    /** A field that must be a number. */
    long number() {
        if (kind != VARINT) {
            throw bad("wire type " + kind + " of field " + field + " at byte " + at, "a number (0)");
        }
        return varint();
    }

    /** The next variable-length integer. */
    long varint() {
        long value = 0;
        for (int shift = 0; shift < 70; shift += 7) {
            if (at >= end) {
                throw cut(1);
            }
            byte b = memory.get(ValueLayout.JAVA_BYTE, at++);
            value |= (long) (b & 127) << shift;
            if (b >= 0) {
                return value;
            }
        }
        throw bad("a number of more than 10 bytes at byte " + at, "at most 10");
    }

    int fixed32() {
        long start = at;
        advance(4);
        return memory.get(INT, start);
    }

    long fixed64() {
        long start = at;
        advance(8);
        return memory.get(LONG, start);
    }

    /** Whether bytes of a packed field are left. */
    boolean hasMore() {
        return at < end;
    }

    /** A cursor over the current field's message. */
    Wire message() {
        long length = length();
        if (depth >= MOST_DEPTH) {
            throw bad("messages nested more than " + MOST_DEPTH + " deep at byte " + at, "graphs nested less deep");
        }
        long start = at;
        advance(length);
        return new Wire(file, memory, start, start + length, depth + 1);
    }

    /** The current field's bytes, not copied. */
    MemorySegment bytes() {
        long length = length();
        long start = at;
        advance(length);
        return memory.asSlice(start, length);
    }

    /** The current field's text. */
    String string() {
        long length = length();
        long start = at;
        advance(length);
        if (length > Integer.MAX_VALUE - 8) {
            throw bad("a text of " + length + " bytes", "less than 2 GiB");
        }
        byte[] text = new byte[(int) length];
        MemorySegment.copy(memory, ValueLayout.JAVA_BYTE, start, text, 0, text.length);
        return new String(text, StandardCharsets.UTF_8);
    }

    private long length() {
        if (kind != BYTES) {
            throw bad("wire type " + kind + " of field " + field + " at byte " + at, "a length and bytes (2)");
        }
        return varint();
    }

    private void advance(long bytes) {
        if (bytes < 0 || bytes > end - at) {
            throw cut(bytes);
        }
        at += bytes;
    }

    private BadFileException cut(long bytes) {
        return bad(
                "a field " + field + " of " + Long.toUnsignedString(bytes) + " bytes at byte " + at
                        + ", where its message has " + (end - at) + " more: the file is cut short or damaged",
                "a length within its message");
    }

    BadFileException bad(String found, String expected) {
        return new BadFileException(file, found, expected, "get the ONNX file again");
    }
}
