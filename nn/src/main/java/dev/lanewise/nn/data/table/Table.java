package dev.lanewise.nn.data.table;

import dev.lanewise.nn.io.BadFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A table of named columns, read from CSV (RFC 4180: quoted fields may hold separators, quotes and line ends). A cell
 * that is empty, blank or one of {@link CsvFormat#USUAL_MISSING} is missing; a {@link CsvFormat} can name other marks.
 *
 * <p>What is larger than memory is read row by row: {@link Rows}.
 *
 * <p>{@snippet :
 * Table table = Table.read(file).dropDuplicates("customerID").without("customerID");
 * List<String> classes = table.column("Churn").categories();
 * int[] labels = table.column("Churn").indices(classes);
 * Split split = Split.stratified(labels, 0.2, 0);
 * Table features = table.without("Churn");
 * TableEncoder encoder = TableEncoder.fit(features.select(split.train()));
 * float[] x = encoder.encode(features.select(split.test()));
 * }
 */
public final class Table {
    private final List<Column> columns;
    private final Map<String, Column> byName = new HashMap<>();
    private final int rows;

    private Table(List<Column> columns, int rows) {
        this.columns = columns;
        this.rows = rows;
        columns.forEach(column -> byName.put(column.name(), column));
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
        Objects.requireNonNull(names, "names");
        return read(file, CsvFormat.DEFAULT.withSeparator(separator).withNames(names));
    }

    /**
     * Reads a CSV file in a given format.
     *
     * @param file its path
     * @param format separator, names, marks of missing values and encoding
     * @return the table
     * @throws BadFileException if it is missing, not in the format's encoding, malformed, has a row with more or fewer fields than
     *     there are columns, or takes more than half of the Java heap
     */
    public static Table read(Path file, CsvFormat format) {
        try (CsvFile csv = new CsvFile(file, format)) {
            List<@Nullable String[]> rows = new ArrayList<>();
            for (@Nullable String[] row = csv.next(); row != null; row = csv.next()) {
                rows.add(row);
            }
            return of(csv.names(), rows);
        }
    }

    /**
     * A table of rows that were read one by one, such as some of {@link Rows}.
     *
     * @param rows one or more rows with the same columns
     * @return the table
     * @throws IllegalArgumentException if there is no row, or their columns differ
     */
    public static Table of(List<Row> rows) {
        if (rows.isEmpty()) {
            throw new IllegalArgumentException(
                    "table: found no row; expected one or more, which name the columns; pass at least one");
        }
        List<String> names = rows.getFirst().names();
        List<@Nullable String[]> cells = new ArrayList<>();
        for (Row row : rows) {
            if (!row.names().equals(names)) {
                throw new IllegalArgumentException("table: found a row of the columns " + row.names() + "; expected "
                        + names + ", as in the first row; put rows of one source together");
            }
            cells.add(row.cells());
        }
        return of(names, cells);
    }

    static Table of(List<String> names, List<@Nullable String[]> rows) {
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
        Column column = byName.get(name);
        if (column == null) {
            throw new IllegalArgumentException("table: found no column '" + name + "'; expected one of "
                    + columns.stream().map(Column::name).toList() + "; check the name");
        }
        return column;
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

    /** The table with the cells of one column in another order. */
    Table withReordered(Column chosen, int... order) {
        return new Table(
                columns.stream()
                        .map(column -> column == chosen ? column.select(order) : column)
                        .toList(),
                rows);
    }

    /**
     * {@return the given rows, counted from 0, in that order}
     *
     * @param chosen numbers of rows
     * @throws IllegalArgumentException if one is not a row's
     */
    public Table select(int... chosen) {
        for (int row : chosen) {
            if (row < 0 || row >= rows) {
                throw new IllegalArgumentException("table: found the row " + row + "; expected 0 to below " + rows
                        + ", the number of rows; check where the numbers come from");
            }
        }
        return new Table(columns.stream().map(column -> column.select(chosen)).toList(), chosen.length);
    }

    /**
     * The rows that have a value in every one of some columns, as pandas's {@code dropna}.
     *
     * @param names names of columns; none stands for all columns
     * @return the table of these rows, in their order
     */
    public Table dropMissing(String... names) {
        List<Column> considered = chosen(names);
        return select(IntStream.range(0, rows)
                .filter(row -> considered.stream().noneMatch(column -> column.isMissing(row)))
                .toArray());
    }

    /**
     * The rows that differ from all rows before them, as pandas's {@code drop_duplicates}: of rows with the same texts
     * in some columns, the first stays. Missing values equal each other; {@code 1} and {@code 1.0} are different texts.
     *
     * @param names names of the columns that are compared; none stands for all columns
     * @return the table of these rows, in their order
     */
    public Table dropDuplicates(String... names) {
        List<Column> considered = chosen(names);
        Set<List<@Nullable String>> seen = new HashSet<>();
        return select(IntStream.range(0, rows)
                .filter(row -> seen.add(cells(considered, row)))
                .toArray());
    }

    private List<Column> chosen(String... names) {
        return names.length == 0
                ? columns
                : Arrays.stream(names).map(this::column).toList();
    }

    private static List<@Nullable String> cells(List<Column> columns, int row) {
        List<@Nullable String> cells = new ArrayList<>(columns.size());
        for (Column column : columns) {
            cells.add(column.text(row));
        }
        return cells;
    }

    @Override
    public String toString() {
        return rows + " rows of " + columns;
    }
}
