package dev.lanewise.onnx.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.onnx.ElementType;
import dev.lanewise.onnx.OnnxValue;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoredTensorsTest {
    /** More than two parts, and not a whole number of them. */
    private static final int LARGE = 9_000_000;

    /** Where a tensor begins in a file need not fit its elements. */
    private static final int LEAD = 13;

    @TempDir
    private Path folder;

    private static byte[] content() {
        byte[] bytes = new byte[LEAD + LARGE + 16];
        new SplittableRandom(1).nextBytes(bytes);
        return bytes;
    }

    private static Map<String, StoredTensor> stored(MemorySegment file) {
        Map<String, StoredTensor> stored = new LinkedHashMap<>();
        stored.put("large", tensor(ElementType.INT8, file.asSlice(LEAD, LARGE), LARGE / 1000, 1000));
        stored.put("floats", tensor(ElementType.FLOAT, file.asSlice(LEAD + 1, 400_000), 100_000));
        stored.put("small", tensor(ElementType.INT64, file.asSlice(LEAD + 2, 16), 2));
        stored.put("empty", tensor(ElementType.FLOAT, file.asSlice(LEAD, 0), 0));
        stored.put("nibbles", tensor(ElementType.UINT4, file.asSlice(LEAD, 300_000), 600_000));
        return stored;
    }

    private static StoredTensor tensor(ElementType type, MemorySegment memory, long... sizes) {
        return new StoredTensor("t", type, Shape.of(sizes), memory, List.of());
    }

    private static void check(Map<String, StoredTensor> stored) {
        try (Scope ignored = Scope.open("test")) {
            Map<String, OnnxValue> values = StoredTensors.values(stored);
            assertThat(values.keySet()).containsExactlyElementsOf(stored.keySet());
            stored.forEach((name, tensor) -> {
                Tensor expected = OnnxValue.tensorOf(tensor.toValue());
                Tensor found = OnnxValue.tensorOf(values.get(name));
                assertThat(expected).isNotNull();
                assertThat(found).isNotNull();
                assertThat(found.spec()).isEqualTo(expected.spec());
                assertThat(bytes(found)).as(name).isEqualTo(bytes(expected));
            });
        }
    }

    private static byte[] bytes(Tensor tensor) {
        byte[] bytes = new byte[Math.toIntExact(tensor.spec().bytes())];
        tensor.copyTo(MemorySegment.ofArray(bytes));
        return bytes;
    }

    @Test
    void tensorsOfAMappedFileAreCopiedInPartsAndAtOnceAlike() throws IOException {
        Path file = Files.write(folder.resolve("tensors"), content());
        check(stored(ModelFolder.map(file)));
        // the file's pages were let go; they come back
        MemorySegment mapped = ModelFolder.map(file);
        check(stored(mapped));
        check(stored(mapped));
        assertThat(mapped.mismatch(MemorySegment.ofArray(content()))).isEqualTo(-1);
    }

    @Test
    void tensorsOnTheHeapAreCopiedAsWell() {
        check(stored(MemorySegment.ofArray(content())));
    }

    @Test
    void aFileThatWasTruncatedIsABadFile() throws IOException {
        Path file = Files.write(folder.resolve("tensors"), content());
        Map<String, StoredTensor> stored = stored(ModelFolder.map(file));
        stored.keySet().retainAll(List.of("large", "floats"));
        try (RandomAccessFile opened = new RandomAccessFile(file.toFile(), "rw")) {
            opened.setLength(1000);
        }
        try (Scope ignored = Scope.open("test")) {
            assertThatThrownBy(() -> StoredTensors.values(stored)).isInstanceOf(BadFileException.class);
        }
    }
}
