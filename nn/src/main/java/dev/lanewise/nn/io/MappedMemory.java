package dev.lanewise.nn.io;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.Supplier;

/**
 * Reads memory that may be a mapped file. If such a file has been truncated since, Java throws an
 * {@link InternalError}, which here becomes the exception of every other damaged file.
 */
final class MappedMemory {
    private MappedMemory() {}

    /** Copies bytes into an array, from its start. */
    static void copy(MemorySegment source, long offset, byte[] target, int bytes) {
        read(source, () -> {
            MemorySegment.copy(source, ValueLayout.JAVA_BYTE, offset, target, 0, bytes);
            return target;
        });
    }

    /**
     * The result of a reader for a segment.
     *
     * @throws BadFileException if it is a file that has been truncated since it was mapped
     * @throws IllegalStateException if its file is closed
     */
    @SuppressWarnings("ThreadPriorityCheck") // the yield is a system call, not a hint to the scheduler
    static <T> T read(MemorySegment segment, Supplier<T> reader) {
        if (!segment.isMapped()) {
            return reader.get();
        }
        try {
            T result = reader.get();
            // Compiled code may report a fault late, but not later than its thread's next call into the system.
            Thread.yield();
            return result;
        } catch (InternalError fault) {
            throw BadFileException.truncated("a mapped file", fault);
        } catch (IllegalStateException failure) {
            if (!segment.scope().isAlive()) {
                throw new IllegalStateException(
                        "TensorData: found a closed file; expected an open one; copy tensors before closing it",
                        failure);
            }
            throw failure;
        }
    }
}
