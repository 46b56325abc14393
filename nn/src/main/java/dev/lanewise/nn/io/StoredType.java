package dev.lanewise.nn.io;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * An element type as a file names it, by the names of safetensors.
 *
 * @param bits the size of an element, 0 if it is not known
 * @param readAs the type that holds all its values, or null if there is none
 */
record StoredType(String name, int bits, @Nullable DType readAs) {
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private static final Map<String, StoredType> WIDENED = byName(
            new StoredType("I16", 16, DType.I32),
            new StoredType("U16", 16, DType.I32),
            new StoredType("U32", 32, DType.I64),
            new StoredType("U64", 64, DType.I64),
            new StoredType("F8_E4M3", 8, DType.F32),
            new StoredType("F8_E5M2", 8, DType.F32));

    /** Types of the format that are not read. */
    private static final Map<String, StoredType> OTHERS = byName(
            new StoredType("F4", 4, null),
            new StoredType("F6_E2M3", 6, null),
            new StoredType("F6_E3M2", 6, null),
            new StoredType("F8_E8M0", 8, null),
            new StoredType("C64", 64, null));

    private static Map<String, StoredType> byName(StoredType... types) {
        return Stream.of(types).collect(Collectors.toMap(StoredType::name, type -> type));
    }

    static StoredType of(DType dtype) {
        return new StoredType(dtype.name(), 8 * dtype.bytes(), dtype);
    }

    static StoredType named(String name) {
        for (DType dtype : DType.values()) {
            if (dtype.name().equals(name)) {
                return of(dtype);
            }
        }
        StoredType known = WIDENED.getOrDefault(name, OTHERS.get(name));
        return known == null ? new StoredType(name, 0, null) : known;
    }

    /** Whether a number of bytes fits a number of elements, which is always true if the type is not known. */
    boolean fits(long elements, long bytes) {
        if (bits >= 8) {
            // Compared by division: the product of a hostile shape and its element size may overflow.
            int width = bits / 8;
            return bytes % width == 0 && bytes / width == elements;
        }
        return bits == 0 || (elements < Long.MAX_VALUE / 8 && (elements * bits + 7) / 8 == bytes);
    }

    /** The size of an element for messages. */
    String size() {
        return bits % 8 == 0 ? bits / 8 + " bytes" : bits + " bits";
    }

    /**
     * The elements, not copied if Lanewise has their type, else widened.
     *
     * @param what names the tensor in messages
     * @throws UnsupportedElementsException if the type is not read, or a U64 does not fit an I64
     */
    TensorData read(String what, Shape shape, MemorySegment elements) {
        if (readAs == null) {
            throw new UnsupportedElementsException(
                    what + " of the unsupported dtype '" + name + "'",
                    "one of " + Arrays.toString(DType.values()) + " or "
                            + WIDENED.keySet().stream().sorted().toList(),
                    "convert the tensor before saving it");
        }
        if (!WIDENED.containsKey(name)) {
            return new TensorData(readAs, shape, elements);
        }
        long count = shape.elements();
        long bytes = Math.multiplyExact(count, readAs.bytes());
        MemorySegment widened = NativeMemory.allocate(what, bytes);
        MappedMemory.read(elements, () -> {
            for (long i = 0; i < count; i++) {
                widen(what, elements, widened, i);
            }
            return widened;
        });
        return new TensorData(readAs, shape, widened);
    }

    private void widen(String what, MemorySegment from, MemorySegment to, long i) {
        switch (name) {
            case "I16" -> to.setAtIndex(INT, i, from.getAtIndex(SHORT, i));
            case "U16" -> to.setAtIndex(INT, i, from.getAtIndex(SHORT, i) & 0xffff);
            case "U32" -> to.setAtIndex(LONG, i, from.getAtIndex(INT, i) & 0xffff_ffffL);
            case "U64" -> to.setAtIndex(LONG, i, signed(what, from.getAtIndex(LONG, i)));
            case "F8_E4M3" -> to.setAtIndex(INT, i, Float.floatToRawIntBits(e4m3(from.get(ValueLayout.JAVA_BYTE, i))));
            // It is the upper byte of an F16.
            default ->
                to.setAtIndex(INT, i, Float.floatToRawIntBits(Float.float16ToFloat((short)
                        (from.get(ValueLayout.JAVA_BYTE, i) << 8))));
        }
    }

    private static long signed(String what, long value) {
        if (value < 0) {
            throw new UnsupportedElementsException(
                    what + " of dtype U64 with " + Long.toUnsignedString(value),
                    "at most " + Long.MAX_VALUE + ", the greatest I64",
                    "convert the tensor before saving it");
        }
        return value;
    }

    /**
     * Sign, four bits of exponent (bias 7), three of mantissa; no infinities, NaN where all seven are ones
     * (Micikevicius et al., "FP8 Formats for Deep Learning", 2022).
     */
    private static float e4m3(byte b) {
        int exponent = b >> 3 & 15;
        int mantissa = b & 7;
        float magnitude;
        if (exponent == 15 && mantissa == 7) {
            magnitude = Float.NaN;
        } else if (exponent == 0) {
            magnitude = Math.scalb((float) mantissa, -9);
        } else {
            magnitude = Math.scalb((float) (8 + mantissa), exponent - 10);
        }
        return b < 0 ? -magnitude : magnitude;
    }
}
