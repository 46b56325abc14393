package dev.lanewise.bench.http;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Sends bytes to a server and reads what it answers, over one connection as long as both sides know where they are. */
public final class RawClient implements AutoCloseable {
    private static final int PATIENCE_MILLIS = 10_000;
    private static final int MOST_BYTES = 1 << 20;

    private final int port;
    private @Nullable Socket socket;
    private @Nullable InputStream in;

    /** A client of a port of this machine. */
    public RawClient(int port) {
        this.port = port;
    }

    /** What a server has answered; status 0 if it has closed the connection without an answer. */
    public record Reply(int status, String body) {
        static final Reply NONE = new Reply(0, "");
    }

    /**
     * Sends a request and reads the answer.
     *
     * @throws IOException if no answer comes, and the connection is not closed, within ten seconds
     */
    public Reply send(HttpText request) throws IOException {
        Socket open = connected();
        boolean keep = false;
        try {
            write(open, request);
            if (!request.isFramed()) {
                open.shutdownOutput(); // so that a server that waits for more sees that none comes
            }
            Reply reply = read(request);
            keep = request.isFramed() && reply.status() != 0 && reply.status() < 300;
            return reply;
        } catch (SocketTimeoutException e) {
            throw e;
        } catch (IOException e) { // reset by the server, which has closed
            return Reply.NONE;
        } finally {
            if (!keep) {
                close();
            }
        }
    }

    private static void write(Socket open, HttpText request) throws IOException {
        try {
            open.getOutputStream().write(request.bytes());
        } catch (IOException e) {
            // a server may answer and close before it has read all
        }
    }

    private Socket connected() throws IOException {
        Socket open = socket;
        if (open == null || open.isClosed()) {
            open = new Socket();
            open.setTcpNoDelay(true);
            open.setSoTimeout(PATIENCE_MILLIS);
            // no port waits for late packets: there are fewer ports than cases
            open.setSoLinger(true, 0);
            open.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), PATIENCE_MILLIS);
            socket = open;
            in = new BufferedInputStream(open.getInputStream());
        }
        return open;
    }

    private Reply read(HttpText request) throws IOException {
        String first = line();
        while (first != null && first.startsWith("HTTP/1.1 100")) {
            while (!"".equals(line())) {
                // headers of an interim answer
            }
            first = line();
        }
        if (first == null) {
            return Reply.NONE;
        }
        if (!first.matches("HTTP/1\\.1 \\d{3}.*")) {
            throw new IOException("no answer in HTTP: " + first);
        }
        int status = Integer.parseInt(first.substring(9, 12));
        int length = 0;
        boolean chunked = false;
        for (String header = line(); header != null && !header.isEmpty(); header = line()) {
            String lower = header.toLowerCase(Locale.ROOT);
            if (lower.startsWith("content-length:")) {
                length = Integer.parseInt(header.substring(15).strip());
            }
            chunked |= lower.startsWith("transfer-encoding:") && lower.endsWith("chunked");
        }
        if (new String(request.head(), StandardCharsets.ISO_8859_1).startsWith("HEAD ")) {
            return new Reply(status, "");
        }
        return new Reply(status, new String(chunked ? chunks() : exactly(length), StandardCharsets.UTF_8));
    }

    private byte[] chunks() throws IOException {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        while (true) {
            String size = line();
            if (size == null || !size.matches("[0-9a-fA-F]{1,6}")) {
                throw new IOException("a chunk of size '" + size + "'");
            }
            byte[] chunk = exactly(Integer.parseInt(size, 16));
            body.writeBytes(chunk);
            if (!"".equals(line())) {
                throw new IOException("a chunk without end");
            }
            if (chunk.length == 0) {
                return body.toByteArray();
            }
        }
    }

    private InputStream in() throws IOException {
        InputStream open = in;
        if (open == null) {
            throw new IOException("closed");
        }
        return open;
    }

    private byte[] exactly(int length) throws IOException {
        if (length > MOST_BYTES) {
            throw new IOException("an answer of " + length + " bytes");
        }
        byte[] bytes = in().readNBytes(length);
        if (bytes.length < length) {
            throw new EOFException("an answer of " + bytes.length + " of " + length + " bytes");
        }
        return bytes;
    }

    /** A line, or null at the end. */
    private @Nullable String line() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in().read(); c >= 0; c = in().read()) {
            if (c == '\n') {
                return line.toString();
            }
            if (c != '\r') {
                line.append((char) c);
            }
            if (line.length() > MOST_BYTES) {
                throw new IOException("a line without end");
            }
        }
        return line.isEmpty() ? null : line.toString();
    }

    @Override
    public void close() throws IOException {
        Socket open = socket;
        if (open != null) {
            open.close();
        }
        socket = null;
        in = null;
    }
}
