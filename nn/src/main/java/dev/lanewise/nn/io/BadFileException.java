package dev.lanewise.nn.io;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A file that is missing, unreadable, truncated, corrupt or of another kind than expected.
 *
 * <p>The message is one line: {@code FILE: found FOUND; expected EXPECTED; REMEDY}.
 */
public class BadFileException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** The path or address of the file. */
    private final String file;
    /** What the file holds, in one line. */
    private final String found;
    /** What the user can do about it. */
    private final String remedy;

    /**
     * An error like {@link #BadFileException(Object, String, String, String, Throwable)}, without a cause.
     *
     * @param file the path or address of the file, possibly with the entry inside it
     * @param found what is wrong with it
     * @param expected what it should have been
     * @param remedy what to do
     */
    public BadFileException(Object file, String found, String expected, String remedy) {
        this(file, found, expected, remedy, null);
    }

    /**
     * An error that names a file, what it holds and what it should hold.
     *
     * @param file the path or address of the file, possibly with the entry inside it
     * @param found what the file holds
     * @param expected what it should hold
     * @param remedy what the user can do about it
     * @param cause the failure underneath, or null
     */
    public BadFileException(Object file, String found, String expected, String remedy, @Nullable Throwable cause) {
        super(printable(named(file) + ": found " + found + "; expected " + expected + "; " + remedy), cause);
        this.file = file.toString();
        this.found = printable(found);
        this.remedy = remedy;
    }

    /** {@return the path or address of the file} */
    public final String file() {
        return file;
    }

    /** {@return what the file holds, in one line} */
    public final String found() {
        return found;
    }

    /** {@return what the user can do about it} */
    public final String remedy() {
        return remedy;
    }

    /**
     * Describes a failure to read a file: missing, not permitted, a folder, or an input error.
     *
     * @param file the path or address of the file, possibly with the entry inside it
     * @param expected what the file should have been, such as {@code "a safetensors file"}
     * @param cause what led to it, or null
     * @return the error, to be thrown
     */
    public static BadFileException unreadable(Path file, String expected, IOException cause) {
        if (cause instanceof NoSuchFileException) {
            return new BadFileException(file, "no such file", expected, "check the path", cause);
        }
        if (cause instanceof AccessDeniedException) {
            String kind = Files.isDirectory(file) ? "a folder" : "a file";
            return new BadFileException(file, kind + " that may not be read", expected, "check its permissions", cause);
        }
        if (Files.isDirectory(file)) {
            return new BadFileException(file, "a folder", expected, "name a file inside it", cause);
        }
        return new BadFileException(
                file, "a read error (" + reason(cause) + ")", expected, "check the disk or copy the file again", cause);
    }

    /**
     * Like {@link #unreadable(Path, String, IOException)}, for a failure while listing a folder's entries.
     *
     * @param file the path or address of the file, possibly with the entry inside it
     * @param expected what it should have been
     * @param wrapped the failure, whose cause is an {@link IOException}
     * @return the error, to be thrown
     */
    public static BadFileException unreadable(Path file, String expected, RuntimeException wrapped) {
        return unreadable(
                file, expected, wrapped.getCause() instanceof IOException cause ? cause : new IOException(wrapped));
    }

    /**
     * Describes a mapped file that was truncated after it had been opened.
     *
     * @param file the path of the file, or what is known of it
     * @param fault what Java threw when memory beyond the end was read
     * @return the error, to be thrown
     */
    public static BadFileException truncated(Object file, InternalError fault) {
        return new BadFileException(
                file,
                "less than when it was opened",
                "a file that is not truncated while it is open",
                "open it again, and replace files by moving others over them",
                fault);
    }

    /**
     * Describes what a library that reads a file made of it.
     *
     * @param file the path of the file
     * @param expected what it should have been, such as {@code "a Parquet file"}
     * @param failure what the library threw
     * @return the error, to be thrown; the failure itself if it is such an error already
     */
    public static BadFileException damaged(Path file, String expected, Throwable failure) {
        if (failure instanceof BadFileException known) {
            return known;
        }
        String reason = failure.getMessage() == null ? failure.getClass().getSimpleName() : failure.getMessage();
        return new BadFileException(
                file, "content that can't be read (" + reason + ")", expected, "copy or write the file again", failure);
    }

    /**
     * Describes a failure to write a file.
     *
     * @param file the path or address of the file, possibly with the entry inside it
     * @param cause what led to it, or null
     * @return the error, to be thrown
     */
    public static BadFileException unwritable(Path file, IOException cause) {
        Path folder = file.toAbsolutePath().getParent();
        if (cause instanceof NoSuchFileException && folder != null && Files.notExists(folder)) {
            return new BadFileException(
                    file,
                    "no folder '" + folder + "' to write to",
                    "an existing, writable folder",
                    "make it, or choose another path",
                    cause);
        }
        if (folder != null && Files.isDirectory(folder) && !Files.isWritable(folder)) {
            return new BadFileException(
                    file,
                    "a folder '" + folder + "' that may not be written",
                    "an existing, writable folder",
                    "change its permissions, or choose another path",
                    cause);
        }
        return new BadFileException(
                file,
                "a write error (" + reason(cause) + ")",
                "an existing, writable folder with enough free space",
                "free space or choose another path; a file that was there before is unchanged",
                cause);
    }

    /** The path of the current folder is empty. */
    private static String named(Object file) {
        String name = file.toString();
        return name.isEmpty() ? "''" : name;
    }

    private static String reason(IOException cause) {
        String message = cause.getMessage();
        String kind = cause.getClass().getSimpleName();
        return message == null ? kind : kind + ": " + message;
    }

    /** Text from a hostile file must not break the line or control a terminal. */
    private static String printable(String message) {
        int limit = 2_000;
        StringBuilder line = new StringBuilder(Math.min(message.length(), limit));
        for (int i = 0; i < message.length() && i < limit; i++) {
            char c = message.charAt(i);
            boolean lone = Character.isSurrogate(c) && !paired(message, i);
            line.append(Character.isISOControl(c) || lone ? '?' : c);
        }
        return message.length() > limit ? line.append("...").toString() : line.toString();
    }

    private static boolean paired(String text, int i) {
        char c = text.charAt(i);
        return Character.isHighSurrogate(c)
                ? i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))
                : i > 0 && Character.isHighSurrogate(text.charAt(i - 1));
    }
}
