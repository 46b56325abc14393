package dev.lanewise.nn.io;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Memory for what is read from a file, freed when nothing refers to it. */
final class NativeMemory {
    private NativeMemory() {}

    /**
     * Zeroed memory.
     *
     * @param file the file that the message names
     * @throws BadFileException if there is not enough memory
     */
    static MemorySegment allocate(Object file, long bytes) {
        try {
            return Arena.ofAuto().allocate(Math.max(1, bytes), 64).asSlice(0, bytes);
        } catch (OutOfMemoryError exhausted) {
            throw new BadFileException(
                    file,
                    bytes + " bytes, more than there is memory",
                    "a smaller file",
                    "free memory or raise Java's limit with -XX:MaxDirectMemorySize",
                    exhausted);
        }
    }
}
