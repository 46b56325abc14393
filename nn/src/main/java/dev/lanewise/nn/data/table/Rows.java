package dev.lanewise.nn.data.table;

import dev.lanewise.nn.data.IterableDataset;
import dev.lanewise.nn.io.BadFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.function.Supplier;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * The rows of a CSV file, of a query or of another source, read one after the other and anew in every epoch, so that they
 * may be larger than memory. Encoders and classes are learnt from some of them:
 *
 * <p>{@snippet :
 * Rows rows = Rows.csv(file);
 * Table first = rows.table(100_000);
 * TableEncoder encoder = TableEncoder.fit(first.without("label"));
 * List<String> classes = first.column("label").categories();
 * DataLoader loader = new DataLoader(rows.shuffle(10_000, 1), 256, chunk -> {
 *     Table table = Table.of(chunk);
 *     return new Batch(
 *             Tensor.of(encoder.encode(table), table.rows(), encoder.width()),
 *             Tensor.of(Arrays.stream(table.column("label").indices(classes)).asLongStream().toArray()));
 * });
 * }
 */
public final class Rows implements IterableDataset<Row> {
    private final Supplier<? extends RowCursor> source;
    private long size = -1;

    private Rows(Supplier<? extends RowCursor> source) {
        this.source = source;
    }

    /**
     * The rows of a CSV file with commas and a header.
     *
     * @param file its path, of any file system
     * @return its rows; errors in the file are {@link BadFileException}s when they are read
     */
    public static Rows csv(Path file) {
        Objects.requireNonNull(file, "file");
        return csv(file, CsvFormat.DEFAULT);
    }

    /**
     * The rows of a CSV file in a given format.
     *
     * @param file its path, of any file system
     * @param format separator, names, marks of missing values and encoding
     * @return its rows; errors in the file are {@link BadFileException}s when they are read
     */
    public static Rows csv(Path file, CsvFormat format) {
        Objects.requireNonNull(file, "file");
        Objects.requireNonNull(format, "format");
        return new Rows(() -> {
            CsvFile csv = new CsvFile(file, format);
            return new RowCursor() {
                @Override
                public List<String> names() {
                    return csv.names();
                }

                @Override
                public @Nullable String @Nullable [] next() {
                    csv.released();
                    return csv.next();
                }

                @Override
                public void close() {
                    csv.close();
                }
            };
        });
    }

    /**
     * The rows that a query gives, under the labels of its columns. Every epoch runs the query anew, on a connection of
     * its own, which is closed afterwards; the driver is asked for rows in portions, not for all at once. Values are
     * taken as text; SQL's NULL and blank text are missing. Order the rows, or epochs may differ.
     *
     * <p>{@snippet :
     * Rows rows = Rows.query(database, "select age, plan, churned from customer where joined < ? order by id", limit);
     * }
     *
     * @param database where connections come from
     * @param sql one statement that gives rows
     * @param parameters what stands for the statement's question marks; never put values into the text itself
     * @return its rows; errors of the database are {@link QueryException}s when they are read
     */
    public static Rows query(DataSource database, String sql, Object... parameters) {
        Objects.requireNonNull(database, "database");
        Objects.requireNonNull(sql, "sql");
        Object[] values = parameters.clone();
        return new Rows(() -> new QueryCursor(database, sql, values));
    }

    /**
     * Rows of any other source, such as another kind of file.
     *
     * @param source opens the source at its first row, for every epoch anew
     * @return its rows
     */
    public static Rows of(Supplier<? extends RowCursor> source) {
        return new Rows(Objects.requireNonNull(source, "source"));
    }

    /** {@return the names of the columns} */
    public List<String> names() {
        try (RowCursor cursor = source.get()) {
            return cursor.names();
        }
    }

    /** {@return how many rows there are; the first call reads all of them to count} */
    @Override
    public synchronized long size() {
        if (size < 0) {
            try (RowCursor cursor = source.get()) {
                long count = 0;
                while (cursor.next() != null) {
                    count++;
                }
                size = count;
            }
        }
        return size;
    }

    @Override
    public Stream<Row> epoch(long number) {
        RowCursor cursor = source.get();
        Iterator<Row> rows = new RowIterator(cursor);
        return StreamSupport.stream(
                        Spliterators.spliteratorUnknownSize(rows, Spliterator.ORDERED | Spliterator.NONNULL), false)
                .onClose(cursor::close);
    }

    /**
     * The first rows as a table, for learning an encoder and classes.
     *
     * @param most how many rows at most, 0 or more
     * @return the table, of all rows if there are not more
     */
    public Table table(int most) {
        try (RowCursor cursor = source.get()) {
            List<@Nullable String[]> rows = new ArrayList<>();
            while (rows.size() < most) {
                @Nullable String[] row = cursor.next();
                if (row == null) {
                    break;
                }
                rows.add(row);
            }
            return Table.of(cursor.names(), rows);
        }
    }

    private static final class RowIterator implements Iterator<Row> {
        private final RowCursor cursor;
        private final List<String> names;
        private final Map<String, Integer> positions = new HashMap<>();
        private @Nullable String @Nullable [] ahead;
        private boolean ended;

        RowIterator(RowCursor cursor) {
            this.cursor = cursor;
            names = cursor.names();
            for (int i = 0; i < names.size(); i++) {
                positions.putIfAbsent(names.get(i), i);
            }
        }

        @Override
        public boolean hasNext() {
            if (ahead == null && !ended) {
                ahead = cursor.next();
                ended = ahead == null;
                if (ended) {
                    cursor.close();
                }
            }
            return ahead != null;
        }

        @Override
        public Row next() {
            @Nullable String[] cells = hasNext() ? ahead : null;
            if (cells == null) {
                throw new NoSuchElementException("the epoch has no more rows");
            }
            ahead = null;
            return new Row(names, positions, cells);
        }
    }
}
