package dev.lanewise.nn.data.table;

import dev.lanewise.nn.io.BadFileException;
import java.io.IOException;
import java.io.Reader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A table of named columns, read from CSV (RFC 4180: quoted fields may hold separators, quotes and line ends). A cell
 * that is empty, blank or one of {@link CsvFormat#USUAL_MISSING} is missing; a {@link CsvFormat} can name other marks.
 *
 * <p>{@snippet :
 * Table table = Table.read(file).without("customerID");
 * List<String> classes = table.column("Churn").categories();
 * int[] labels = table.column("Churn").indices(classes);
 * Split split = Split.stratified(labels, 0.2, 0);
 * Table features = table.without("Churn");
 * TableEncoder encoder = TableEncoder.fit(features.select(split.train()));
 * float[] x = encoder.encode(features.select(split.test()));
 * }
 */
public final class Table {
    private static final String KIND = "a CSV file in UTF-8";

    private final List<Column> columns;
    private final int rows;

    private Table(List<Column> columns, int rows) {
        this.columns = columns;
        this.rows = rows;
    }

    /**
     * Reads a CSV file with commas and a header.
     *
     * @param file its path
     * @return the table
     * @throws BadFileException if it is missing, not in UTF-8, malformed, or a row has more or fewer fields than the
     *     header
     */
    public static Table read(Path file) {
        return read(file, CsvFormat.DEFAULT);
    }

    /**
     * Reads a table like {@link #read(Path)}, with another separator between columns.
     *
     * @param file its path
     * @param separator the character between two cells
     * @return the table
     */
    public static Table read(Path file, char separator) {
        return read(file, CsvFormat.DEFAULT.withSeparator(separator));
    }

    /**
     * Reads a CSV file without a header.
     *
     * @param file its path
     * @param separator the character between two cells
     * @param names the names of the columns
     * @return the table
     */
    public static Table read(Path file, char separator, List<String> names) {
        return read(file, CsvFormat.DEFAULT.withSeparator(separator).withNames(names));
    }

    /**
     * Reads a CSV file in a given format.
     *
     * @param file its path
     * @param format separator, names and marks of missing values
     * @return the table
     * @throws BadFileException if it is missing, not in UTF-8, malformed, has a row with more or fewer fields than
     *     there are columns, or takes more than half of the Java heap
     */
    public static Table read(Path file, CsvFormat format) {
        try (Reader in = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
            CsvRecords records = new CsvRecords(file, in, format);
            List<String> names = format.names() == null ? records.header() : format.names();
            if (names == null) {
                throw new BadFileException(file, "no line", "a header and rows", "check the file");
            }
            checkNames(file, names);
            return of(names, rows(file, format, names.size(), records));
        } catch (CharacterCodingException malformed) {
            throw new BadFileException(file, "bytes that are not UTF-8", KIND, "convert the file to UTF-8", malformed);
        } catch (IOException failure) {
            throw BadFileException.unreadable(file, KIND, failure);
        }
    }

    private static void checkNames(Path file, List<String> names) {
        Set<String> seen = new HashSet<>();
        for (String name : names) {
            if (!seen.add(name)) {
                throw new BadFileException(
                        file, "two columns called '" + name + "'", "different names", "rename one of them");
            }
        }
    }

    private static List<@Nullable String[]> rows(Path file, CsvFormat format, int width, CsvRecords records)
            throws IOException {
        List<@Nullable String[]> rows = new ArrayList<>();
        for (@Nullable String[] row = records.values(); row != null; row = records.values()) {
            if (row.length != width && format.names() != null && rows.isEmpty()) {
                throw new BadFileException(
                        file,
                        row.length + (row.length == 1 ? " column" : " columns"),
                        width + ", as many as names",
                        "name every column");
            }
            if (row.length != width) {
                throw new BadFileException(
                        file,
                        row.length + (row.length == 1 ? " field" : " fields") + " in line " + records.line(),
                        width + ", as in the first line",
                        "correct the line, or name the separator if it is not '" + format.separator() + "'");
            }
            rows.add(row);
        }
        return rows;
    }

    private static Table of(List<String> names, List<@Nullable String[]> rows) {
        List<Column> columns = new ArrayList<>();
        for (int c = 0; c < names.size(); c++) {
            @Nullable String[] cells = new String[rows.size()];
            for (int row = 0; row < cells.length; row++) {
                cells[row] = rows.get(row)[c];
            }
            columns.add(Column.of(names.get(c), cells));
        }
        return new Table(List.copyOf(columns), rows.size());
    }

    /** {@return the number of rows, not counting the header} */
    public int rows() {
        return rows;
    }

    /** {@return the columns, in the file's order} */
    public List<Column> columns() {
        return columns;
    }

    /**
     * {@return the column with the given name}
     *
     * @param name the name of a column
     * @throws IllegalArgumentException if there is none
     */
    public Column column(String name) {
        return columns.stream()
                .filter(column -> column.name().equals(name))
                .findFirst()
                .orElseThrow(
                        () -> new IllegalArgumentException("table: found no column '" + name + "'; expected one of "
                                + columns.stream().map(Column::name).toList() + "; check the name"));
    }

    /**
     * {@return the table without some columns}
     *
     * @param names names of columns
     */
    public Table without(String... names) {
        Set<Column> dropped = new HashSet<>();
        for (String name : names) {
            dropped.add(column(name));
        }
        return new Table(
                columns.stream().filter(column -> !dropped.contains(column)).toList(), rows);
    }

    /**
     * {@return the table with one column read as categories, even if its cells are numbers}
     *
     * @param name the name of a column
     */
    public Table withCategory(String name) {
        Column chosen = column(name);
        return new Table(
                columns.stream()
                        .map(column -> column == chosen ? column.asCategory() : column)
                        .toList(),
                rows);
    }

    /**
     * {@return the given rows, counted from 0, in that order}
     *
     * @param chosen numbers of rows
     */
    public Table select(int... chosen) {
        return new Table(columns.stream().map(column -> column.select(chosen)).toList(), chosen.length);
    }

    @Override
    public String toString() {
        return rows + " rows of " + columns;
    }
}
