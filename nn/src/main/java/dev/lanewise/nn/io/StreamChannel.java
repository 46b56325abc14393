package dev.lanewise.nn.io;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;

/**
 * A channel into a stream. Unlike a file's own channel it does not close when its thread is interrupted: a checkpoint
 * that is written because of an interrupt must not be lost because of it.
 */
final class StreamChannel implements WritableByteChannel {
    private static final int COPY_BYTES = 1 << 18;

    private final OutputStream out;
    private byte[] copy = {};
    private boolean open = true;

    StreamChannel(OutputStream out) {
        this.out = out;
    }

    @Override
    public int write(ByteBuffer source) throws IOException {
        int bytes = source.remaining();
        if (source.hasArray()) {
            out.write(source.array(), source.arrayOffset() + source.position(), bytes);
            source.position(source.limit());
            return bytes;
        }
        if (copy.length < Math.min(COPY_BYTES, bytes)) {
            copy = new byte[Math.min(COPY_BYTES, bytes)];
        }
        while (source.hasRemaining()) {
            int part = Math.min(copy.length, source.remaining());
            source.get(copy, 0, part);
            out.write(copy, 0, part);
        }
        return bytes;
    }

    @Override
    public boolean isOpen() {
        return open;
    }

    /** Writes nothing more; the stream is closed by whoever opened it. */
    @Override
    public void close() {
        open = false;
    }
}
