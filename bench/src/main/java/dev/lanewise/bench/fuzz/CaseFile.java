package dev.lanewise.bench.fuzz;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/**
 * The case that a process is running, in a mapped file, which survives even if the process dies in the next
 * instruction.
 */
final class CaseFile {
    private static final long NUMBER = 0;
    private static final long LENGTH = 8;
    private static final long TEXT = 16;
    private static final int MOST_TEXT = 8000;
    private static final long NONE = -1;

    private final MemorySegment memory;

    private CaseFile(MemorySegment memory) {
        this.memory = memory;
    }

    static CaseFile of(Path path) throws IOException {
        try (FileChannel channel =
                FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            return new CaseFile(channel.map(FileChannel.MapMode.READ_WRITE, 0, TEXT + MOST_TEXT, Arena.ofAuto()));
        }
    }

    /** No case is running. */
    void clear() {
        begin(NONE, "");
    }

    void begin(long number, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        int length = Math.min(bytes.length, MOST_TEXT);
        memory.set(ValueLayout.JAVA_LONG, LENGTH, 0);
        memory.set(ValueLayout.JAVA_LONG, NUMBER, number);
        MemorySegment.copy(bytes, 0, memory, ValueLayout.JAVA_BYTE, TEXT, length);
        memory.set(ValueLayout.JAVA_LONG, LENGTH, length);
    }

    /** The number of the case that began last, or -1. */
    long number() {
        return memory.get(ValueLayout.JAVA_LONG, NUMBER);
    }

    String text() {
        int length = Math.clamp(memory.get(ValueLayout.JAVA_LONG, LENGTH), 0, MOST_TEXT);
        byte[] bytes = memory.asSlice(TEXT, length).toArray(ValueLayout.JAVA_BYTE);
        return new String(Arrays.copyOf(bytes, length), StandardCharsets.UTF_8);
    }
}
