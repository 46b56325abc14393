package dev.lanewise.nn.io;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Limits on what an untrusted file may cause its reader to do. Every reader of this library checks them before it
 * allocates memory for something whose size a file declares.
 *
 * <ul>
 *   <li>A file must be a regular one: a named pipe would block its reader forever, and a device never ends.
 *   <li>Packed data may unpack to {@value #ALWAYS_MIB} MiB, and beyond that to {@value #MOST_RATIO} times the file's
 *       length.
 *   <li>Nothing that would take more than half of the Java heap's maximum size ({@code -Xmx}) is read into it.
 * </ul>
 */
public final class InputLimits {
    /** Packed data of up to this many MiB is unpacked, however small the file is. */
    public static final int ALWAYS_MIB = 256;

    /** How many times the file's length larger data may unpack to. Real data rarely compresses to less than a tenth. */
    public static final int MOST_RATIO = 100;

    private InputLimits() {}

    /**
     * {@return the length of a regular file}
     *
     * @param file its path
     * @param expected what the file should be, such as {@code "a .npy file"}
     * @throws BadFileException if it is missing, a folder, a device or a pipe
     */
    public static long length(Path file, String expected) {
        try {
            long bytes = Files.size(file);
            if (Files.isDirectory(file)) {
                throw new BadFileException(file, "a folder", expected, "name a file inside it");
            }
            if (!Files.isRegularFile(file)) {
                throw new BadFileException(
                        file, "a device or a pipe", expected, "copy what it delivers into a file and name that");
            }
            return bytes;
        } catch (IOException failure) {
            throw BadFileException.unreadable(file, expected, failure);
        }
    }
}
