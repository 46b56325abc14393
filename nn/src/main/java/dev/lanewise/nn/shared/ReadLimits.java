package dev.lanewise.nn.shared;

import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.nn.io.InputLimits;

/** The checks of {@link InputLimits} that readers make. */
public final class ReadLimits {
    private ReadLimits() {}

    /**
     * {@return how many bytes the packed content of a file may unpack to}
     *
     * @param fileBytes the file's length
     */
    public static long unpacked(long fileBytes) {
        long most = fileBytes > Long.MAX_VALUE / InputLimits.MOST_RATIO
                ? Long.MAX_VALUE
                : fileBytes * InputLimits.MOST_RATIO;
        return Math.max((long) InputLimits.ALWAYS_MIB << 20, most);
    }

    /**
     * Refuses content that would take more than half of the Java heap's maximum size.
     *
     * @param file the file that the message names
     * @param bytes how many bytes of heap its content would take
     * @throws BadFileException if they are too many
     */
    public static void checkHeap(Object file, long bytes) {
        long most = Runtime.getRuntime().maxMemory() / 2;
        if (bytes > most) {
            throw new BadFileException(
                    file,
                    "content that takes " + mebibytes(bytes) + " of Java heap",
                    "at most " + mebibytes(most) + ", half of the heap",
                    "give Java a larger heap with -Xmx if the file is to be trusted");
        }
    }

    private static String mebibytes(long bytes) {
        return ((bytes >> 20) + 1) + " MiB";
    }
}
