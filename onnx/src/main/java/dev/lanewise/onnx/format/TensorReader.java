package dev.lanewise.onnx.format;

import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.onnx.ElementType;
import dev.lanewise.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads one TensorProto. */
public final class TensorReader {
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final MemorySegment NONE = MemorySegment.ofArray(new byte[0]);

    private final Wire wire;
    private final @Nullable ExternalData folder;
    private final LongList dims = new LongList();
    private final LongList wholes = new LongList();
    private final List<String> texts = new ArrayList<>();
    private final Map<String, String> external = new HashMap<>();
    private byte[] reals = new byte[0];
    private int realBytes;
    private @Nullable MemorySegment raw;
    private long type;
    private boolean isExternal;
    private String name = "";

    private TensorReader(Wire wire, @Nullable ExternalData folder) {
        this.wire = wire;
        this.folder = folder;
    }

    /**
     * Reads a tensor.
     *
     * @param folder where external data may be, or null if none is allowed
     */
    static StoredTensor read(Wire wire, @Nullable ExternalData folder) {
        return new TensorReader(wire, folder).read();
    }

    private StoredTensor read() {
        while (wire.next()) {
            switch (wire.field()) {
                case 1 -> numbers(dims);
                case 2 -> type = wire.number();
                case 4, 10 -> fixed();
                case 5, 7, 11 -> numbers(wholes);
                case 6 -> texts.add(wire.string());
                case 8 -> name = wire.string();
                case 9 -> raw = wire.bytes();
                case 13 -> entry(wire.message());
                case 14 -> isExternal = wire.number() == 1;
                default -> wire.skip();
            }
        }
        return finish();
    }

    private void entry(Wire entry) {
        String key = "";
        String value = "";
        while (entry.next()) {
            switch (entry.field()) {
                case 1 -> key = entry.string();
                case 2 -> value = entry.string();
                default -> entry.skip();
            }
        }
        external.put(key, value);
    }

    private void numbers(LongList list) {
        if (wire.kind() == Wire.BYTES) {
            Wire packed = wire.message();
            while (packed.hasMore()) {
                list.add(packed.varint());
            }
        } else {
            list.add(wire.number());
        }
    }

    private void fixed() {
        if (wire.kind() == Wire.BYTES) {
            MemorySegment packed = wire.bytes();
            if (packed.byteSize() > Integer.MAX_VALUE - 16 - realBytes) {
                throw wire.bad("more than 2 GiB of numbers in tensor '" + name + "'", "raw data");
            }
            room((int) packed.byteSize());
            MemorySegment.copy(packed, ValueLayout.JAVA_BYTE, 0, reals, realBytes, (int) packed.byteSize());
            realBytes += (int) packed.byteSize();
        } else if (wire.kind() == Wire.FIXED32) {
            room(4);
            MemorySegment.ofArray(reals).set(INT, realBytes, wire.fixed32());
            realBytes += 4;
        } else if (wire.kind() == Wire.FIXED64) {
            room(8);
            MemorySegment.ofArray(reals).set(LONG, realBytes, wire.fixed64());
            realBytes += 8;
        } else {
            wire.skip();
        }
    }

    private void room(int more) {
        if (reals.length - realBytes < more) {
            reals = Arrays.copyOf(reals, (int)
                    Math.min(Integer.MAX_VALUE - 8L, realBytes + Math.max(more, (long) realBytes)));
        }
    }

    private Shape shape(String what) {
        for (long size : dims.toArray()) {
            if (size < 0) {
                throw wire.bad(what + " with the negative dimension " + size, "sizes of 0 or more");
            }
        }
        return Shape.tryOf(dims.toArray())
                .orElseThrow(() ->
                        wire.bad(what + " of dimensions " + dims + ", more elements than 2^56", "what the data hold"));
    }

    private StoredTensor finish() {
        String what = "tensor '" + name + "'";
        ElementType element = Elements.find(type);
        if (element == null) {
            throw wire.bad(what + " of element type " + type, "a type from 1 to 13 or 16 to 26");
        }
        Shape shape = shape(what);
        long elements = shape.elements();
        long expected = element == ElementType.STRING ? 0 : StoredTensor.bytes(element, elements);
        MemorySegment data;
        if (isExternal) {
            if (folder == null || element == ElementType.STRING) {
                throw wire.bad(what + " with external data", "data in the file itself");
            }
            data = folder.open(name, external, expected);
        } else if (raw != null) {
            data = raw;
        } else {
            data = element == ElementType.STRING ? NONE : unpacked(element, elements);
        }
        if (element == ElementType.STRING ? texts.size() != elements : data.byteSize() != expected) {
            String found = element == ElementType.STRING ? texts.size() + " texts" : data.byteSize() + " bytes of data";
            throw wire.bad(
                    what + " " + element + " of dimensions " + dims + " with " + found,
                    expected < 0
                            ? "dims that fit the data"
                            : (element == ElementType.STRING ? elements : expected) + ", so that dims and data agree");
        }
        return new StoredTensor(name, element, shape, data, List.copyOf(texts));
    }

    private MemorySegment unpacked(ElementType element, long elements) {
        if (element == ElementType.FLOAT || element == ElementType.DOUBLE) {
            return MemorySegment.ofArray(reals).asSlice(0, realBytes);
        }
        int count = wholes.size();
        // elements smaller than a byte are packed, as in raw data
        int bytes = Elements.bits(element) < 8 ? count : Math.toIntExact(count * (Elements.bits(element) / 8L));
        if (Elements.bits(element) >= 8 && count != elements) {
            throw wire.bad(
                    "tensor '" + name + "' " + element + " of dimensions " + dims + " with " + count + " numbers",
                    elements + ", so that dims and data agree");
        }
        MemorySegment data = MemorySegment.ofArray(new byte[bytes]);
        for (int i = 0; i < count; i++) {
            switch (Elements.bits(element)) {
                case 2, 4, 8 -> data.set(ValueLayout.JAVA_BYTE, i, (byte) wholes.get(i));
                case 16 -> data.set(SHORT, 2L * i, (short) wholes.get(i));
                case 32 -> data.set(INT, 4L * i, (int) wholes.get(i));
                default -> data.set(LONG, 8L * i, wholes.get(i));
            }
        }
        return data;
    }

    /** A list of numbers that grows with the data that is read, not with the declared size. */
    static final class LongList {
        private long[] values = new long[4];
        private int size;

        void add(long value) {
            if (size == values.length) {
                values = Arrays.copyOf(values, size * 2);
            }
            values[size++] = value;
        }

        int size() {
            return size;
        }

        long get(int index) {
            return values[index];
        }

        long[] toArray() {
            return Arrays.copyOf(values, size);
        }

        @Override
        public String toString() {
            return Arrays.toString(toArray());
        }
    }

    /** Where external data comes from. */
    public interface ExternalData {
        /**
         * The bytes of a tensor.
         *
         * @param entries what the tensor says about them: location, offset, length
         * @throws BadFileException if they are not inside the model's folder, or there are fewer
         */
        MemorySegment open(String tensor, Map<String, String> entries, long bytes);
    }
}
