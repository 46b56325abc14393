package dev.lanewise.nn.data.table;

import dev.lanewise.nn.io.BadFileException;
import java.io.IOException;
import java.io.Reader;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** An open CSV file: its columns' names and, one after the other, its rows, all of the same width. */
final class CsvFile implements AutoCloseable {
    private final Path file;
    private final CsvFormat format;
    private final Reader in;
    private final CsvRecords records;
    private final List<String> names;
    private boolean any;

    CsvFile(Path file, CsvFormat format) {
        this.file = file;
        this.format = format;
        Reader opened = null;
        try {
            opened = Files.newBufferedReader(file, format.charset());
            records = new CsvRecords(file, opened, format);
            names = readNames();
            checkNames(file, names);
            in = opened;
        } catch (IOException | RuntimeException failure) {
            closeQuietly(opened);
            throw failure instanceof IOException io ? failed(io) : (RuntimeException) failure;
        }
    }

    private List<String> readNames() throws IOException {
        List<String> found = format.names() == null ? records.header() : format.names();
        if (found == null) {
            throw new BadFileException(file, "no line", "a header and rows", "check the file");
        }
        return List.copyOf(found);
    }

    static void checkNames(Object source, List<String> names) {
        Set<String> seen = new HashSet<>();
        for (String name : names) {
            if (!seen.add(name)) {
                throw new BadFileException(
                        source, "two columns called '" + name + "'", "different names", "rename one of them");
            }
        }
    }

    List<String> names() {
        return names;
    }

    /** The next row's values, null where one is missing; null at the end. */
    @Nullable
    String @Nullable [] next() {
        try {
            @Nullable String[] row = records.values();
            if (row != null && row.length != names.size()) {
                throw wrongWidth(row.length);
            }
            any = true;
            return row;
        } catch (IOException failure) {
            throw failed(failure);
        }
    }

    /** Says that the rows so far are no longer on the heap. */
    void released() {
        records.released();
    }

    private BadFileException wrongWidth(int width) {
        if (format.names() != null && !any) {
            return new BadFileException(
                    file,
                    width + (width == 1 ? " column" : " columns"),
                    names.size() + ", as many as names",
                    "name every column");
        }
        return new BadFileException(
                file,
                width + (width == 1 ? " field" : " fields") + " in line " + records.line(),
                names.size() + ", as in the first line",
                "correct the line, or name the separator if it is not '" + format.separator() + "'");
    }

    private BadFileException failed(IOException failure) {
        String encoding = format.charset().name();
        String kind = "a CSV file in " + encoding;
        return failure instanceof CharacterCodingException
                ? new BadFileException(
                        file,
                        "bytes that are not " + encoding,
                        kind,
                        "name the file's encoding (CsvFormat.withCharset), or convert the file to " + encoding,
                        failure)
                : BadFileException.unreadable(file, kind, failure);
    }

    @Override
    public void close() {
        closeQuietly(in);
    }

    /** A file that was only read loses nothing when closing it fails. */
    private static void closeQuietly(@Nullable Reader reader) {
        try {
            if (reader != null) {
                reader.close();
            }
        } catch (IOException ignored) {
            // what was read is complete
        }
    }
}
