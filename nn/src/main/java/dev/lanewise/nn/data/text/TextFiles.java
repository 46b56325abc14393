package dev.lanewise.nn.data.text;

import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.nn.io.InputLimits;
import dev.lanewise.nn.shared.ReadLimits;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Reads text files in UTF-8. */
public final class TextFiles {
    private static final String KIND = "a text file in UTF-8";

    /** What editors on Windows write before the text. */
    private static final String BYTE_ORDER_MARK = "\ufeff";

    private TextFiles() {}

    /**
     * {@return the whole text, without a byte order mark}
     *
     * @param file its path
     * @throws BadFileException if the file is missing, empty, too large for memory or not in UTF-8
     */
    public static String read(Path file) {
        long bytes = InputLimits.length(file, KIND);
        if (bytes == 0 || bytes > Integer.MAX_VALUE - 8) {
            throw new BadFileException(file, bytes + " bytes", "text of at most 2 GiB", "check the file");
        }
        // Text beyond Latin-1 takes two bytes per character, in addition to the bytes that it is decoded from.
        ReadLimits.checkHeap(file, 3 * bytes);
        try {
            String text = Files.readString(file);
            return text.startsWith(BYTE_ORDER_MARK) ? text.substring(1) : text;
        } catch (CharacterCodingException malformed) {
            throw new BadFileException(file, "bytes that are not UTF-8", KIND, "convert the file to UTF-8", malformed);
        } catch (IOException failure) {
            throw BadFileException.unreadable(file, KIND, failure);
        }
    }

    /**
     * {@return the lines that are not blank, without white space at their ends; see {@link #read}}
     *
     * @param file its path
     * @throws BadFileException if the file is missing or not a regular one, is not text, or is too large for the heap
     */
    public static List<String> lines(Path file) {
        return read(file)
                .lines()
                .map(String::strip)
                .filter(line -> !line.isEmpty())
                .toList();
    }
}
