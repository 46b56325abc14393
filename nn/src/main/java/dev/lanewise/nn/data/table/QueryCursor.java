package dev.lanewise.nn.data.table;

import dev.lanewise.nn.io.BadFileException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** The rows of a running query. */
final class QueryCursor implements RowCursor {
    /** How many rows the driver is asked to fetch at once. */
    private static final int PORTION = 1_000;

    /** Types whose text would be made of bytes that are none. */
    private static final Set<Integer> BYTES = Set.of(Types.BINARY, Types.VARBINARY, Types.LONGVARBINARY, Types.BLOB);

    private final Connection connection;
    private final ResultSet results;
    private final List<String> names;

    QueryCursor(DataSource database, String sql, Object... parameters) {
        Connection opened = null;
        try {
            opened = database.getConnection();
            results = run(opened, sql, parameters);
            names = labels(results);
            CsvFile.checkNames("query", names);
            connection = opened;
        } catch (SQLException | RuntimeException failure) {
            close(opened);
            throw failure instanceof SQLException sqlFailure
                    ? new QueryException(sqlFailure)
                    : (RuntimeException) failure;
        }
    }

    /** The statement is closed with its connection. */
    private static ResultSet run(Connection connection, String sql, Object... parameters) throws SQLException {
        // PostgreSQL's driver fetches in portions only within a transaction.
        connection.setAutoCommit(false);
        PreparedStatement statement =
                connection.prepareStatement(sql, ResultSet.TYPE_FORWARD_ONLY, ResultSet.CONCUR_READ_ONLY);
        statement.setFetchSize(PORTION);
        for (int i = 0; i < parameters.length; i++) {
            statement.setObject(i + 1, parameters[i]);
        }
        return statement.executeQuery();
    }

    private static List<String> labels(ResultSet results) throws SQLException {
        ResultSetMetaData columns = results.getMetaData();
        List<String> labels = new ArrayList<>();
        for (int i = 1; i <= columns.getColumnCount(); i++) {
            if (BYTES.contains(columns.getColumnType(i))) {
                throw new BadFileException(
                        "query",
                        "column '" + columns.getColumnLabel(i) + "' of type " + columns.getColumnTypeName(i),
                        "numbers, truth values, text, dates or times",
                        "leave it out of the statement");
            }
            labels.add(columns.getColumnLabel(i));
        }
        return List.copyOf(labels);
    }

    @Override
    public List<String> names() {
        return names;
    }

    @Override
    public @Nullable String @Nullable [] next() {
        try {
            if (results.isClosed() || !results.next()) {
                return null;
            }
            @Nullable String[] row = new String[names.size()];
            for (int i = 0; i < row.length; i++) {
                String text = results.getString(i + 1);
                row[i] = text == null || text.isBlank() ? null : text.strip();
            }
            return row;
        } catch (SQLException failure) {
            throw new QueryException(failure);
        }
    }

    @Override
    public void close() {
        close(connection);
    }

    /** A statement that only read has nothing to keep. */
    private static void close(@Nullable Connection connection) {
        try (Connection closing = connection) {
            if (closing != null && !closing.isClosed()) {
                closing.rollback();
                closing.setAutoCommit(true);
            }
        } catch (SQLException ignored) {
            // the rows that were read are complete
        }
    }
}
