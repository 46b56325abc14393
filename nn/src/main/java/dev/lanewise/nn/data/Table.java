package dev.lanewise.nn.data;

import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.CsvRecord;
import de.siegmar.fastcsv.reader.FieldMismatchStrategy;
import dev.lanewise.nn.io.BadFileException;
import java.io.IOException;
import java.io.UncheckedIOException;
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
 * A table of named columns, read from CSV (RFC 4180: quoted fields may hold separators, quotes and line ends). A cell that
 * is empty, blank, {@code NA}, {@code NaN}, {@code null} or {@code ?} is missing.
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
    private static final Set<String> MISSING = Set.of("", "NA", "N/A", "NaN", "nan", "null", "NULL", "?");

    private final List<Column> columns;
    private final int rows;

    private Table(List<Column> columns, int rows) {
        this.columns = columns;
        this.rows = rows;
    }

    /**
     * Reads a CSV file with commas and a header.
     *
     * @throws BadFileException if it is missing, not in UTF-8, malformed, or a row has more or fewer fields than the header
     */
    public static Table read(Path file) {
        return read(file, ',');
    }

    /** As {@link #read(Path)}, with another separator. */
    public static Table read(Path file, char separator) {
        List<String[]> records = records(file, separator);
        if (records.isEmpty()) {
            throw new BadFileException(file, "no line", "a header and rows", "check the file");
        }
        return of(file, records.getFirst(), records.subList(1, records.size()));
    }

    /**
     * Reads a CSV file without a header.
     *
     * @param names the names of the columns
     */
    public static Table read(Path file, char separator, List<String> names) {
        return of(file, names.toArray(String[]::new), records(file, separator));
    }

    private static List<String[]> records(Path file, char separator) {
        List<String[]> records = new ArrayList<>();
        int width = -1;
        try (CsvReader<CsvRecord> reader = CsvReader.builder()
                .fieldSeparator(separator)
                .detectBomHeader(true)
                .extraFieldStrategy(FieldMismatchStrategy.IGNORE)
                .missingFieldStrategy(FieldMismatchStrategy.IGNORE)
                .ofCsvRecord(Files.newBufferedReader(file, StandardCharsets.UTF_8))) {
            for (CsvRecord csvRecord : reader) {
                width = width < 0 ? csvRecord.getFieldCount() : width;
                if (csvRecord.getFieldCount() != width) {
                    throw new BadFileException(
                            file,
                            csvRecord.getFieldCount() + " fields in line " + csvRecord.getStartingLineNumber(),
                            width + ", as in the first line",
                            "correct the line, or name the separator if it is not '" + separator + "'");
                }
                records.add(csvRecord.getFields().toArray(String[]::new));
            }
            return records;
        } catch (CsvParseException malformed) {
            throw new BadFileException(
                    file, "malformed CSV (" + malformed.getMessage() + ")", KIND, "correct the line", malformed);
        } catch (UncheckedIOException failure) {
            throw unreadable(file, failure.getCause());
        } catch (IOException failure) {
            throw unreadable(file, failure);
        }
    }

    private static BadFileException unreadable(Path file, @Nullable IOException failure) {
        if (failure instanceof CharacterCodingException) {
            return new BadFileException(file, "bytes that are not UTF-8", KIND, "convert the file to UTF-8", failure);
        }
        return BadFileException.unreadable(file, KIND, failure == null ? new IOException("unknown") : failure);
    }

    private static Table of(Path file, String[] names, List<String[]> records) {
        Set<String> seen = new HashSet<>();
        List<Column> columns = new ArrayList<>();
        for (int c = 0; c < names.length; c++) {
            String name = names[c].strip();
            if (!seen.add(name)) {
                throw new BadFileException(
                        file, "two columns called '" + name + "'", "different names", "rename one of them");
            }
            if (!records.isEmpty() && records.getFirst().length != names.length) {
                throw new BadFileException(
                        file,
                        records.getFirst().length + " columns",
                        names.length + ", as many as names",
                        "name every column");
            }
            @Nullable String[] cells = new String[records.size()];
            for (int row = 0; row < cells.length; row++) {
                String cell = records.get(row)[c].strip();
                cells[row] = MISSING.contains(cell) ? null : cell;
            }
            columns.add(Column.of(name, cells));
        }
        return new Table(List.copyOf(columns), records.size());
    }

    /** The number of rows, the header not counted. */
    public int rows() {
        return rows;
    }

    /** The columns, in the file's order. */
    public List<Column> columns() {
        return columns;
    }

    /**
     * The column of a name.
     *
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

    /** The table without some columns. */
    public Table without(String... names) {
        Set<Column> dropped = new HashSet<>();
        for (String name : names) {
            dropped.add(column(name));
        }
        return new Table(
                columns.stream().filter(column -> !dropped.contains(column)).toList(), rows);
    }

    /** The table with one column read as categories, also where its cells are numbers. */
    public Table withCategory(String name) {
        Column chosen = column(name);
        return new Table(
                columns.stream()
                        .map(column -> column == chosen ? column.asCategory() : column)
                        .toList(),
                rows);
    }

    /** The given rows, counted from 0, in that order. */
    public Table select(int... chosen) {
        return new Table(columns.stream().map(column -> column.select(chosen)).toList(), chosen.length);
    }

    @Override
    public String toString() {
        return rows + " rows of " + columns;
    }
}
