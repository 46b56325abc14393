package dev.lanewise.text.json;

import dev.lanewise.text.TokenizerException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Opens files that end: no device or pipe, which may have nothing to give or never stop, and none the heap can't hold. */
public final class RegularFile {
    private RegularFile() {}

    /**
     * {@return what a regular file holds}
     *
     * @param file its path
     * @throws TokenizerException if there is none, or if it takes more than half of the Java heap's greatest size
     */
    public static byte[] bytes(Path file) {
        try {
            check(file);
            long bytes = Files.size(file);
            long most = Math.min(Runtime.getRuntime().maxMemory() / 2, Integer.MAX_VALUE - 8);
            if (bytes > most) {
                throw new TokenizerException("cannot read " + file + ": it has " + bytes + " bytes; expected at most "
                        + most + ", half of the Java heap: check the file, or raise -Xmx");
            }
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw unreadable(file, e);
        }
    }

    /**
     * {@return the text of a regular file}
     *
     * @param file its path
     * @throws TokenizerException as {@link #bytes} does, or if it is not in UTF-8
     */
    public static String text(Path file) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes(file)))
                    .toString();
        } catch (CharacterCodingException e) {
            throw unreadable(file, e);
        }
    }

    /** Refuses what is there but no regular file. */
    static void check(Path file) {
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            throw new TokenizerException("cannot read " + file + ": it is a "
                    + (Files.isDirectory(file) ? "folder" : "device or a pipe") + "; expected a regular file");
        }
    }

    static TokenizerException unreadable(Path file, IOException e) {
        return new TokenizerException("cannot read " + file + ": " + e, e);
    }
}
