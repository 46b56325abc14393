package dev.lanewise.nn.data.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.nn.data.Batch;
import dev.lanewise.nn.data.DataLoader;
import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.tensor.Tensor;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RowsTest {
    private static final String MEMORY = "jdbc:h2:mem:rows;DB_CLOSE_DELAY=-1";

    @TempDir
    Path folder;

    private final List<Connection> connections = new ArrayList<>();

    /** A data source whose connections are remembered. */
    private DataSource database() {
        return (DataSource) Proxy.newProxyInstance(
                RowsTest.class.getClassLoader(), new Class<?>[] {DataSource.class}, (proxy, method, arguments) -> {
                    connections.add(DriverManager.getConnection(MEMORY));
                    return connections.getLast();
                });
    }

    private static void execute(String... statements) throws SQLException {
        try (Connection connection = DriverManager.getConnection(MEMORY);
                Statement statement = connection.createStatement()) {
            statement.execute("drop all objects");
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    private Path numbers(int rows) throws IOException {
        Path file = folder.resolve("numbers.csv");
        try (PrintWriter out = new PrintWriter(Files.newBufferedWriter(file))) {
            out.println("n,half,label");
            for (int i = 0; i < rows; i++) {
                out.println(i + "," + i / 2.0 + "," + (i % 3 == 0 ? "fizz" : "no"));
            }
        }
        return file;
    }

    @Test
    void columnsOfBytesAreRefused() throws SQLException {
        execute("create table picture (id int, bytes blob)", "insert into picture values (1, X'00ff')");
        assertThatThrownBy(() -> Rows.query(database(), "select * from picture").names())
                .isInstanceOf(BadFileException.class)
                .hasMessageContaining("column 'BYTES'");
        assertThat(Rows.query(database(), "select id from picture").names()).containsExactly("ID");
        assertThat(connections).allMatch(RowsTest::isClosed);
    }

    private static boolean isClosed(Connection connection) {
        try {
            return connection.isClosed();
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void rowsOfASourceShareTheirNames() {
        Rows rows = Rows.of(() -> new RowCursor() {
            private int next;

            @Override
            public List<String> names() {
                return new ArrayList<>(List.of("a", "b"));
            }

            @Override
            public String[] next() {
                return next == 3 ? null : new String[] {"a" + next, "b" + next++};
            }

            @Override
            public void close() {}
        });
        List<Row> read = rows.epoch(0).toList();
        assertThat(read)
                .hasSize(3)
                .allSatisfy(
                        row -> assertThat(row.names()).isSameAs(read.getFirst().names()));
        assertThat(read.get(2).text("b")).isEqualTo("b2");
        assertThatThrownBy(() -> read.get(2).text("c"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("[a, b]");
        assertThat(Table.of(read).column("a").categories()).containsExactly("a0", "a1", "a2");
    }

    @Test
    void rowsOfAFileAreTrainedOnInBatches() throws IOException {
        Rows rows = Rows.csv(numbers(1_000));
        assertThat(rows.size()).isEqualTo(1_000);
        TableEncoder encoder = TableEncoder.fit(rows.table(100).without("label"));
        List<String> classes = rows.table(100).column("label").categories();
        DataLoader loader = new DataLoader(rows.shuffle(100, 1), 64, chunk -> {
            Table table = Table.of(chunk);
            long[] labels = Arrays.stream(table.column("label").indices(classes))
                    .asLongStream()
                    .toArray();
            return new Batch(Tensor.of(encoder.encode(table), table.rows(), encoder.width()), Tensor.of(labels));
        });
        long fizz = 0;
        long samples = 0;
        for (Batch batch : loader.epoch(0)) {
            assertThat(batch.x().shape().size(1)).isEqualTo(2);
            samples += batch.size();
            fizz += Arrays.stream(batch.y().toLongArray()).filter(y -> y == 0).count();
        }
        assertThat(samples).isEqualTo(1_000);
        assertThat(fizz).isEqualTo(334);
        assertThat(loader.batches()).isEqualTo(16);
    }

    @Test
    void errorsInAFileAppearWhenTheirRowIsRead() throws IOException {
        Path file = Files.writeString(folder.resolve("bad.csv"), "a,b\n1,2\n3\n");
        Rows rows = Rows.csv(file);
        assertThat(rows.table(1).rows()).isEqualTo(1);
        assertThatThrownBy(() -> rows.table(2))
                .isInstanceOf(BadFileException.class)
                .hasMessageContaining("1 field in line 3");
        assertThatThrownBy(rows::size).isInstanceOf(BadFileException.class);
        assertThatThrownBy(() -> Rows.csv(folder.resolve("none.csv")).names()).isInstanceOf(BadFileException.class);
    }

    @Test
    void rowsBeyondTheHeapsLimitAreReadOneByOne() throws IOException {
        // A table of this file would take more than half of a heap of 64 MiB; rows are let go as they are read.
        Path file = folder.resolve("long.csv");
        String cell = "x".repeat(1 << 16);
        long most = Runtime.getRuntime().maxMemory() / 2;
        CsvFormat format = CsvFormat.DEFAULT.withNames(List.of("text"));
        Files.writeString(file, cell + "\n" + cell + "\n");
        try (CsvFile csv = new CsvFile(file, format)) {
            for (long read = 0; read <= most; read += 2L << 16) {
                csv.released();
            }
            assertThat(csv.next()).containsExactly(cell);
        }
        assertThat(Rows.csv(file, format).size()).isEqualTo(2);
    }

    @Test
    void aQueryGivesRows() throws SQLException {
        execute(
                "create table customer (id int, age double, plan varchar(20), joined date)",
                "insert into customer values (1, 20.5, 'basic', '2020-01-01'), (2, null, ' ', '2021-01-01'),"
                        + " (3, 40, 'plus', '2022-01-01')");
        Rows rows = Rows.query(database(), "select id as \"id\", age, plan from customer where id > ? order by id", 1);
        assertThat(rows.names()).containsExactly("id", "AGE", "PLAN");
        assertThat(rows.size()).isEqualTo(2);
        Table table = rows.table(10);
        assertThat(table.column("AGE").isMissing(0)).isTrue();
        assertThat(table.column("AGE").number(1)).isEqualTo(40);
        assertThat(table.column("PLAN").isMissing(0)).isTrue();
        assertThat(table.column("PLAN").text(1)).isEqualTo("plus");
        assertThat(table.dropMissing().rows()).isEqualTo(1);
    }

    @Test
    void everyEpochClosesItsConnection() throws Exception {
        execute("create table numbers as select x as n from system_range(1, 5000)");
        Rows rows = Rows.query(database(), "select n from numbers order by n");
        DataLoader loader = new DataLoader(rows, 512, RowsTest::numbers);
        for (int epoch = 0; epoch < 2; epoch++) {
            List<Long> seen = new ArrayList<>();
            for (Batch batch : loader.epoch(epoch)) {
                Arrays.stream(batch.y().toLongArray()).forEach(seen::add);
            }
            assertThat(seen)
                    .isEqualTo(IntStream.rangeClosed(1, 5000)
                            .mapToObj(Long::valueOf)
                            .toList());
        }
        try (Stream<Row> left = rows.epoch(0)) {
            assertThat(left.limit(3)).hasSize(3);
        }
        assertThat(connections).hasSizeGreaterThanOrEqualTo(4);
        for (Connection connection : connections) {
            assertThat(connection.isClosed()).isTrue();
        }
    }

    private static Batch numbers(List<Row> rows) {
        long[] values = rows.stream().mapToLong(row -> (long) row.number("N")).toArray();
        return new Batch(Tensor.of(values), Tensor.of(values));
    }

    @Test
    void refusalsOfTheDatabaseAreOneLine() throws SQLException {
        execute("create table t (a int, b int)");
        assertThatThrownBy(
                        () -> Rows.query(database(), "select\nnothing from t").size())
                .isInstanceOf(QueryException.class)
                .hasMessageContaining("query: found the error 'Column \"NOTHING\" not found")
                .hasMessageContaining("check statement")
                .message()
                .doesNotContain("\n");
        assertThatThrownBy(() ->
                        Rows.query(database(), "select a from t where a = ?").size())
                .isInstanceOf(QueryException.class);
        assertThatThrownBy(
                        () -> Rows.query(database(), "select a, b as a from t").size())
                .isInstanceOf(BadFileException.class)
                .hasMessageContaining("two columns called 'A'");
        for (Connection connection : connections) {
            assertThat(connection.isClosed()).isTrue();
        }
    }
}
