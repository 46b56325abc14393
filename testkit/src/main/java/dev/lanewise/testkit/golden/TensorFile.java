package dev.lanewise.testkit.golden;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A small safetensors file read whole: tensors of type F32, I64 and BOOL, and the metadata. */
final class TensorFile {
    private static final ValueLayout.OfLong I64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final Path path;
    private final Map<String, Entry> entries = new LinkedHashMap<>();
    private final Map<?, ?> metadata;

    /** A tensor's type, shape and memory. */
    record Entry(DType dtype, Shape shape, MemorySegment data) {
        Tensor tensor(Device device) {
            return Tensor.of(data, dtype, shape.toArray()).to(device);
        }

        double[] values() {
            double[] values = new double[Math.toIntExact(shape.elements())];
            for (int i = 0; i < values.length; i++) {
                values[i] = dtype == DType.F32
                        ? data.get(F32, 4L * i)
                        : dtype == DType.I64 ? data.get(I64, 8L * i) : data.get(ValueLayout.JAVA_BYTE, i);
            }
            return values;
        }
    }

    private TensorFile(Path path, MemorySegment file) {
        this.path = path;
        long headerBytes = file.get(I64, 0);
        byte[] header = file.asSlice(8, headerBytes).toArray(ValueLayout.JAVA_BYTE);
        MemorySegment data = file.asSlice(8 + headerBytes);
        Map<?, ?> root = (Map<?, ?>) Json.parse(new String(header, StandardCharsets.UTF_8));
        metadata = root.get("__metadata__") instanceof Map<?, ?> map ? map : Map.of();
        root.forEach((name, value) -> {
            if (!"__metadata__".equals(name)) {
                entries.put((String) name, entry((Map<?, ?>) value, data));
            }
        });
    }

    static TensorFile read(Path path) {
        try {
            return new TensorFile(path, MemorySegment.ofArray(Files.readAllBytes(path)));
        } catch (IOException e) {
            throw new UncheckedIOException("reference cases: can't read " + path, e);
        }
    }

    private static Entry entry(Map<?, ?> fields, MemorySegment data) {
        List<?> offsets = (List<?>) fields.get("data_offsets");
        List<?> sizes = (List<?>) fields.get("shape");
        if (offsets == null || sizes == null) {
            throw new IllegalArgumentException("safetensors: a tensor without shape or data_offsets: " + fields);
        }
        long begin = (Long) offsets.get(0);
        long end = (Long) offsets.get(1);
        Shape shape = Shape.of(sizes.stream().mapToLong(Long.class::cast).toArray());
        return new Entry(DType.valueOf(String.valueOf(fields.get("dtype"))), shape, data.asSlice(begin, end - begin));
    }

    /** The file's name without its ending. */
    String name() {
        String name = String.valueOf(path.getFileName());
        return name.substring(0, name.lastIndexOf('.'));
    }

    /** A metadata text; empty where there is none. */
    String metadata(String key) {
        return metadata.get(key) instanceof String text ? text : "";
    }

    Set<String> names() {
        return entries.keySet();
    }

    Entry entry(String name) {
        Entry entry = entries.get(name);
        if (entry == null) {
            throw new IllegalArgumentException("reference cases: no tensor '" + name + "' in " + path);
        }
        return entry;
    }
}
