package dev.lanewise.arrow;

import dev.lanewise.nn.data.table.Rows;
import dev.lanewise.nn.io.BadFileException;
import java.nio.file.Path;
import java.util.List;

/**
 * Arrow files as {@link Rows}, in the format for random access (also called Feather, version 2) or for streams: read a
 * batch at a time, anew in every epoch, so that they may be larger than memory.
 *
 * <p>{@snippet :
 * Rows rows = ArrowRows.of(file, "age", "plan", "churned");
 * TableEncoder encoder = TableEncoder.fit(rows.table(100_000).without("churned"));
 * }
 *
 * <p>Values are text, as those of CSV files and queries are: numbers are exact and read back as they were, {@code true} and
 * {@code false}, dates and times as ISO 8601 has them; columns encoded by a dictionary are what it says. Nulls, NaN and
 * blank text are missing. Columns of bytes, lists, maps and structures are refused; name the others to leave them out.
 *
 * <p>Arrow's library needs the JVM's flag {@code --add-opens=java.base/java.nio=ALL-UNNAMED}. Batches packed by LZ4 or
 * Zstandard need {@code org.apache.arrow:arrow-compression} on the class path.
 */
public final class ArrowRows {
    private ArrowRows() {}

    /**
     * The rows of a file with all its columns.
     *
     * @param file its path, of any file system
     * @return its rows; errors in the file are {@link BadFileException}s when they are read
     */
    public static Rows of(Path file) {
        return Rows.of(() -> new ArrowCursor(file, null));
    }

    /**
     * The rows of a file with some of its columns.
     *
     * @param file its path, of any file system
     * @param columns their names, in the order in which rows are to have them
     * @return its rows; errors in the file, and names that it does not have, are {@link BadFileException}s when they are read
     */
    public static Rows of(Path file, String... columns) {
        List<String> names = List.of(columns);
        return Rows.of(() -> new ArrowCursor(file, names));
    }
}
