package dev.lanewise.onnx.format;

import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.onnx.OnnxValue;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.spi.HostBuffer;
import dev.lanewise.tensor.spi.Storage;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Copies the tensors of a file for use in computations. Large ones are copied in parts by several threads, since the first use
 * of memory takes longer than the copy; and the file's pages are let go part by part, so that a process holds its weights once.
 */
public final class StoredTensors {
    /** Smaller tensors are not worth another thread. */
    private static final long LEAST_BYTES = 1 << 18;

    private static final long PART_BYTES = 4 << 20;

    private StoredTensors() {}

    /** A part of a tensor to copy. */
    private record Part(MemorySegment source, MemorySegment target) {}

    /**
     * Copies of tensors, owned by the thread's innermost scope.
     *
     * @return a value for each name
     */
    public static Map<String, OnnxValue> values(Map<String, StoredTensor> stored) {
        Map<String, OnnxValue> values = LinkedHashMap.newLinkedHashMap(stored.size());
        List<Part> parts = new ArrayList<>();
        stored.forEach((name, tensor) -> values.put(name, isCopied(tensor) ? begun(tensor, parts) : tensor.toValue()));
        AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
        // every part ends before this does, whatever happens: the memory may then be released
        IntStream.range(0, parts.size()).parallel().forEach(i -> {
            try {
                copy(parts.get(i));
            } catch (RuntimeException | Error e) {
                failure.compareAndSet(null, e);
            }
        });
        Throwable first = failure.get();
        if (first instanceof RuntimeException e) {
            throw e;
        }
        if (first instanceof Error e) {
            throw e;
        }
        return values;
    }

    private static boolean isCopied(StoredTensor tensor) {
        return tensor.type().isOwn()
                && tensor.type().carrier() != DType.BOOL
                && tensor.memory().byteSize() >= LEAST_BYTES
                && ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;
    }

    /** A tensor without its elements, whose parts are added to a list. */
    private static OnnxValue begun(StoredTensor stored, List<Part> parts) {
        Tensor tensor = Storage.unfilled(stored.type().carrier(), stored.shape());
        MemorySegment target = ((HostBuffer) Storage.buffer(tensor)).segment();
        long bytes = stored.memory().byteSize();
        for (long from = 0; from < bytes; from += PART_BYTES) {
            long size = Math.min(PART_BYTES, bytes - from);
            parts.add(new Part(stored.memory().asSlice(from, size), target.asSlice(from, size)));
        }
        return new OnnxValue.Numbers(stored.type(), tensor);
    }

    @SuppressWarnings("ThreadPriorityCheck") // the yield is a system call, not a hint to the scheduler
    private static void copy(Part part) {
        MemorySegment source = part.source();
        try {
            MemorySegment.copy(source, 0, part.target(), 0, source.byteSize());
            if (source.isMapped()) {
                // compiled code may report a fault of a truncated file late, but not later than the next call into the
                // system
                Thread.yield();
                source.unload();
            }
        } catch (InternalError e) {
            throw BadFileException.truncated("a mapped file", e);
        }
    }
}
