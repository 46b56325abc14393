package dev.lanewise.serve.http;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataReader;
import io.helidon.http.DirectHandler;
import io.helidon.http.RequestException;
import java.util.function.Supplier;

/**
 * Reads chunks as RFC 9112 has them (section 7.1). Helidon takes any two bytes for the end of a chunk, and a sign before its size:
 * with a proxy that does not, what a client sends as its body could become the request of another one.
 */
final class StrictReader extends DataReader {
    private boolean afterData;

    /** A reader of what a connection delivers. */
    @SuppressWarnings("removal") // what Helidon has in its place makes readers that can't be changed
    StrictReader(Supplier<byte[]> bytes) {
        super(bytes, false);
    }

    @Override
    public BufferData readBuffer(int length) {
        BufferData data = super.readBuffer(length);
        afterData = true;
        return data;
    }

    /** Two bytes after data: the end of a chunk. */
    @Override
    public void skip(int length) {
        if (afterData && length == 2) {
            afterData = false;
            if (read() != '\r' || read() != '\n') {
                throw wrong("a chunk that does not end where its size says");
            }
            return;
        }
        super.skip(length);
    }

    /** The size of a chunk, or nothing after the last one; other lines are read in other ways. */
    @Override
    public String readLine() {
        String line = super.readLine();
        if (line.startsWith("+") || line.startsWith("-")) {
            throw wrong("a chunk's size with a sign");
        }
        return line;
    }

    private static RequestException wrong(String what) {
        return RequestException.builder()
                .type(DirectHandler.EventType.BAD_REQUEST)
                .message(what)
                .setKeepAlive(false)
                .build();
    }
}
