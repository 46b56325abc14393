package dev.lanewise.nn.data.table;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How to read a CSV file.
 *
 * <p>{@snippet :
 * CsvFormat format = CsvFormat.DEFAULT.withSeparator(';').withMissing("-", "unknown").keepQuoted();
 * Table table = Table.read(file, format);
 * }
 *
 * @param separator the character between two fields
 * @param names the names of the columns, or null if the first line has them
 * @param missing the texts that mark a missing value; an empty or blank cell is always missing
 * @param quotedMissing whether these texts mark a missing value in quotes too
 * @param charset the encoding of the file's text; a byte order mark before it is skipped
 */
public record CsvFormat(
        char separator, @Nullable List<String> names, Set<String> missing, boolean quotedMissing, Charset charset) {
    /** What pandas treats as a missing value by default, and {@code ?}, which old data sets use. */
    public static final Set<String> USUAL_MISSING = Set.of(
            "",
            "#N/A",
            "#N/A N/A",
            "#NA",
            "-1.#IND",
            "-1.#QNAN",
            "-NaN",
            "-nan",
            "1.#IND",
            "1.#QNAN",
            "<NA>",
            "N/A",
            "NA",
            "NULL",
            "NaN",
            "None",
            "n/a",
            "nan",
            "null",
            "?");

    /** Commas, a header, the usual marks of missing values, in quotes or not, UTF-8. */
    public static final CsvFormat DEFAULT = new CsvFormat(',', null, USUAL_MISSING, true, StandardCharsets.UTF_8);

    /**
     * A format.
     *
     * @throws IllegalArgumentException if the separator is a quote or a line end
     */
    public CsvFormat {
        Objects.requireNonNull(missing, "missing");
        Objects.requireNonNull(charset, "charset");
        if (separator == '"' || separator == '\n' || separator == '\r') {
            throw new IllegalArgumentException("csv: found the separator "
                    + (separator == '"' ? "'\"'" : "of a line end") + "; expected another character; ',' is usual");
        }
        names = names == null ? null : List.copyOf(names);
        missing = Set.copyOf(missing);
    }

    /**
     * {@return this format with another separator between columns}
     *
     * @param other the character between two cells
     */
    public CsvFormat withSeparator(char other) {
        return new CsvFormat(other, names, missing, quotedMissing, charset);
    }

    /**
     * This format for a file without a header.
     *
     * @param columns the names of the columns
     * @return a format that is otherwise the same
     */
    public CsvFormat withNames(List<String> columns) {
        Objects.requireNonNull(columns, "columns");
        return new CsvFormat(separator, columns, missing, quotedMissing, charset);
    }

    /**
     * This format with the given marks of missing values instead of {@link #USUAL_MISSING}; with none, only empty cells
     * are missing.
     *
     * @param marks texts that stand for a missing value
     * @return a format that is otherwise the same
     */
    public CsvFormat withMissing(String... marks) {
        Objects.requireNonNull(marks, "marks");
        return new CsvFormat(separator, names, Set.copyOf(Arrays.asList(marks)), quotedMissing, charset);
    }

    /**
     * This format, but with a quoted mark of a missing value treated as ordinary text: {@code "NA"} is then Namibia.
     *
     * @return a format that is otherwise the same
     */
    public CsvFormat keepQuoted() {
        return new CsvFormat(separator, names, missing, false, charset);
    }

    /**
     * This format for a file in another encoding than UTF-8, such as {@code Charset.forName("windows-1252")}, which
     * spreadsheets write. UTF-16 is recognised in either byte order by its byte order mark.
     *
     * @param encoding the encoding of the file's text
     * @return a format that is otherwise the same
     */
    public CsvFormat withCharset(Charset encoding) {
        Objects.requireNonNull(encoding, "encoding");
        return new CsvFormat(separator, names, missing, quotedMissing, encoding);
    }

    /** The value of a field, null if it is missing. */
    @Nullable
    String value(String field, boolean quoted) {
        String cell = field.strip();
        boolean mark = (quotedMissing || !quoted) && missing.contains(cell);
        return cell.isEmpty() || mark ? null : cell;
    }
}
