package dev.lanewise.nn.data.table;

import java.sql.SQLException;

/** A database's refusal to answer a query. The message says why in one line; the cause is what the driver threw. */
public final class QueryException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    QueryException(SQLException cause) {
        super(
                "query: found the error '" + oneLine(String.valueOf(cause.getMessage())) + "' (SQL state "
                        + cause.getSQLState() + "); expected rows; check statement, parameters and connection",
                cause);
    }

    private static String oneLine(String message) {
        return message.strip().replaceAll("\\s*\\R\\s*", "; ").replaceAll("\\p{Cntrl}", "?");
    }
}
