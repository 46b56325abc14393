package dev.lanewise.lm.gguf;

import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.nn.shared.ReadLimits;
import dev.lanewise.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A GGUF file's header. No count in it is trusted before it is checked against the size of the file. */
final class GgufHeader {
    private static final int MAGIC = 0x46554747;
    private static final int DEEPEST = 4;
    private static final int MOST_DIMENSIONS = 4;
    private static final long LONGEST_NAME = 1 << 16;

    /** How much heap an entry of the settings, or a tensor, takes in addition to its bytes. */
    private static final long ENTRY_HEAP = 200;

    private static final int STRING = 8;
    private static final int ARRAY = 9;

    private final Path file;
    private final MemorySegment in;
    private final Map<String, Object> metadata = new LinkedHashMap<>();
    private final Map<String, Entry> tensors = new LinkedHashMap<>();
    private long at;
    private long heap;
    private long dataStart;

    /** A tensor: where its blocks are after the header. */
    record Entry(BlockType type, Shape shape, long offset) {}

    private GgufHeader(Path file, MemorySegment in) {
        this.file = file;
        this.in = in;
    }

    static GgufHeader read(Path file, MemorySegment in) {
        GgufHeader header = new GgufHeader(file, in);
        header.readAll();
        return header;
    }

    Map<String, Object> metadata() {
        return metadata;
    }

    Map<String, Entry> tensors() {
        return tensors;
    }

    long dataStart() {
        return dataStart;
    }

    private void readAll() {
        int magic = i32();
        if (magic != MAGIC) {
            throw bad("no \"GGUF\" at its start", "a GGUF file", "check the path");
        }
        int version = i32();
        if (version != 2 && version != 3) {
            throw bad("version " + version, "version 2 or 3, little-endian", "convert the file with a newer llama.cpp");
        }
        long tensorCount = count("tensors", 4 + 8 + 4 + 8 + 8);
        long settings = count("settings", 8 + 4 + 1);
        for (long i = 0; i < settings; i++) {
            String name = string(LONGEST_NAME);
            if (metadata.put(name, value(i32(), 0)) != null) {
                throw bad("the setting '" + name + "' twice", "each once", "download the file again");
            }
        }
        long alignment = metadata.getOrDefault("general.alignment", 32L) instanceof Long n ? n : -1;
        if (alignment < 1 || alignment > 1 << 20 || Long.bitCount(alignment) != 1) {
            throw bad(
                    "an alignment of " + metadata.get("general.alignment"),
                    "a power of two up to 1048576",
                    "download the file again");
        }
        List<Runnable> checks = new ArrayList<>();
        for (long i = 0; i < tensorCount; i++) {
            checks.add(tensor(alignment));
        }
        dataStart = Math.min(Math.ceilDiv(at, alignment) * alignment, in.byteSize());
        checks.forEach(Runnable::run);
    }

    /** Reads a tensor's entry; whether the file holds its bytes can be checked when the header's end is known. */
    private Runnable tensor(long alignment) {
        String name = string(LONGEST_NAME);
        int rank = i32();
        if (rank < 0 || rank > MOST_DIMENSIONS) {
            throw bad("'" + name + "' of " + rank + " dimensions", "at most 4", "download the file again");
        }
        long[] sizes = new long[rank];
        for (int d = rank - 1; d >= 0; d--) {
            sizes[d] = i64();
        }
        Shape shape = Shape.tryOf(sizes)
                .orElseThrow(() -> bad(
                        "'" + name + "' of sizes " + Arrays.toString(sizes),
                        "a tensor that fits the file",
                        "download the file again"));
        int number = i32();
        BlockType type = BlockType.ofNumber(number)
                .orElseThrow(() -> bad(
                        "'" + name + "' in blocks of type " + number,
                        "F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q2_K to Q6_K, IQ4_NL, IQ4_XS, TQ1_0 or TQ2_0",
                        "use a file that is quantized otherwise"));
        if (shape.elements() > 0 && (rank == 0 ? 1 : sizes[rank - 1]) % type.elements() != 0) {
            throw bad(
                    "'" + name + "' with rows of " + (rank == 0 ? 1 : sizes[rank - 1]) + " in blocks of " + type,
                    "a multiple of " + type.elements(),
                    "download the file again");
        }
        long offset = i64();
        if (tensors.put(name, new Entry(type, shape, offset)) != null) {
            throw bad("the tensor '" + name + "' twice", "each once", "download the file again");
        }
        return () -> {
            long room = in.byteSize() - dataStart;
            long bytes = type.bytes(shape.elements());
            if (offset < 0 || offset % alignment != 0 || bytes > room || offset > room - bytes) {
                throw bad(
                        "'" + name + "' of " + bytes + " bytes at " + Long.toUnsignedString(offset) + " of " + room,
                        "all of it inside the file, aligned to " + alignment,
                        "the file is cut or damaged: download it again");
            }
        };
    }

    private Object value(int type, int depth) {
        return switch (type) {
            case 0 -> (long) (take(1).get(ValueLayout.JAVA_BYTE, 0) & 0xff);
            case 1 -> (long) take(1).get(ValueLayout.JAVA_BYTE, 0);
            case 2 -> (long) (take(2).get(little(ValueLayout.JAVA_SHORT_UNALIGNED), 0) & 0xffff);
            case 3 -> (long) take(2).get(little(ValueLayout.JAVA_SHORT_UNALIGNED), 0);
            case 4 -> i32() & 0xffff_ffffL;
            case 5 -> (long) i32();
            case 6 -> (double) Float.intBitsToFloat(i32());
            case 7 -> flag();
            case STRING -> string(Integer.MAX_VALUE);
            case ARRAY -> array(depth);
            case 10, 11 -> i64();
            case 12 -> Double.longBitsToDouble(i64());
            default -> throw bad("a setting of type " + type, "types 0 to 12", "download the file again");
        };
    }

    private boolean flag() {
        byte value = take(1).get(ValueLayout.JAVA_BYTE, 0);
        if (value != 0 && value != 1) {
            throw bad("a truth value of " + value, "0 or 1", "download the file again");
        }
        return value == 1;
    }

    private List<Object> array(int depth) {
        if (depth == DEEPEST) {
            throw bad("lists in lists deeper than " + DEEPEST, "fewer", "download the file again");
        }
        int type = i32();
        long count = count("elements", leastBytes(type));
        List<Object> list = new ArrayList<>();
        for (long i = 0; i < count; i++) {
            list.add(value(type, depth + 1));
        }
        return list;
    }

    private static int leastBytes(int type) {
        return switch (type) {
            case 2, 3 -> 2;
            case 4, 5, 6 -> 4;
            case STRING, 10, 11, 12 -> 8;
            case ARRAY -> 12;
            default -> 1;
        };
    }

    private long count(String what, int leastBytes) {
        long count = i64();
        if (count < 0 || count > (in.byteSize() - at) / leastBytes) {
            throw bad(
                    Long.toUnsignedString(count) + ' ' + what + " in the " + (in.byteSize() - at) + " bytes left",
                    "no more than there is room for",
                    "the file is cut or damaged: download it again");
        }
        reserve(Math.multiplyExact(count, ENTRY_HEAP / (what.equals("elements") ? 4 : 1)));
        return count;
    }

    private void reserve(long bytes) {
        heap += bytes;
        ReadLimits.checkHeap(file, heap);
    }

    private String string(long longest) {
        long length = i64();
        if (length < 0 || length > longest || length > in.byteSize() - at) {
            throw bad(
                    "a text of " + Long.toUnsignedString(length) + " bytes",
                    "at most the " + (in.byteSize() - at) + " bytes left",
                    "the file is cut or damaged: download it again");
        }
        reserve(2 * length);
        return new String(take(length).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
    }

    private static ValueLayout.OfShort little(ValueLayout.OfShort layout) {
        return layout.withOrder(ByteOrder.LITTLE_ENDIAN);
    }

    private int i32() {
        return take(4).get(ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), 0);
    }

    private long i64() {
        return take(8).get(ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), 0);
    }

    private MemorySegment take(long bytes) {
        if (bytes > in.byteSize() - at) {
            throw bad(
                    "an end after " + in.byteSize() + " bytes, in the header",
                    "a whole header",
                    "the file is cut: download it again");
        }
        MemorySegment taken = in.asSlice(at, bytes);
        at += bytes;
        return taken;
    }

    private BadFileException bad(String found, String expected, String remedy) {
        return new BadFileException(file, found, expected, remedy);
    }
}
