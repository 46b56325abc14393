package dev.lanewise.serve.http;

import io.helidon.webserver.CloseConnectionException;

/** The caller has closed the connection: nobody reads an answer. */
public final class CallerGone extends CloseConnectionException {
    private static final long serialVersionUID = 1L;

    /** To be thrown by whoever was to answer. */
    public CallerGone() {
        super("the client has closed the connection");
    }
}
