package dev.lanewise.serve.http;

import io.helidon.http.HeaderValues;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;

/**
 * Reads bodies of bounded length.
 *
 * @param most the most bytes of one
 * @param memory where memory for it is taken from
 */
public record BodyReader(long most, MemoryBudget.Lease memory) {
    private static final int FIRST = 65_536;

    /** So much of a body that is too large is read and forgotten, so that its client listens when it is told so. */
    private static final long FORGOTTEN = 1 << 26;

    /**
     * Reads the body of a request.
     *
     * @throws Refusal if it is too large, or there is no memory for it now
     */
    public byte[] read(ServerRequest request, ServerResponse response) {
        try {
            return body(request, response);
        } catch (Refusal | UncheckedIOException | CloseConnectionException e) {
            throw e;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (RuntimeException e) { // wrong chunks, wrong lengths: nobody knows where the body ends
            response.header(HeaderValues.CONNECTION_CLOSE);
            throw Refusal.bad("the body can't be read (expected as many bytes as the header says, or chunks)", e);
        }
    }

    private byte[] body(ServerRequest request, ServerResponse response) throws IOException {
        if (!request.content().hasEntity()) {
            throw Refusal.bad("no body; expected a JSON object");
        }
        long length = request.headers().contentLength().orElse(-1);
        if (length > most) {
            if (length - most > FORGOTTEN) {
                response.header(HeaderValues.CONNECTION_CLOSE);
            }
            throw tooLarge(length + " bytes");
        }
        // closing reads the rest; of a body that is malformed nobody knows where it ends, and the answer would wait for
        // more
        InputStream content = request.content().inputStream();
        try {
            byte[] body = length < 0 ? unknown(content, response) : known(content, (int) length);
            content.close();
            return body;
        } catch (Refusal e) {
            content.close();
            throw e;
        }
    }

    /** Memory is taken for what has come: a header that promises much, and nothing after it, would keep it from others. */
    private byte[] known(InputStream content, int length) throws IOException {
        memory.check(length);
        byte[] body = new byte[0];
        int read = 0;
        while (read == body.length && read < length) {
            int larger = (int) Math.min(length, Math.max(FIRST, 2L * read));
            memory.take(larger - read);
            body = Arrays.copyOf(body, larger);
            read += content.readNBytes(body, read, larger - read);
        }
        if (read < length) {
            throw Refusal.bad("a body of " + read + " bytes; expected the " + length + " of its header");
        }
        return body;
    }

    private byte[] unknown(InputStream content, ServerResponse response) throws IOException {
        memory.take(FIRST);
        byte[] body = new byte[FIRST];
        int read = 0;
        for (int n = content.read(body); n >= 0; n = content.read(body, read, body.length - read)) {
            read += n;
            if (read > most) {
                response.header(HeaderValues.CONNECTION_CLOSE);
                throw tooLarge("more than " + most + " bytes");
            }
            if (read == body.length) {
                memory.take(body.length);
                body = Arrays.copyOf(body, Math.multiplyExact(body.length, 2));
            }
        }
        return Arrays.copyOf(body, read);
    }

    private Refusal tooLarge(String found) {
        return Refusal.tooLarge("a body of " + found + "; expected at most " + most + "; send it in parts");
    }
}
