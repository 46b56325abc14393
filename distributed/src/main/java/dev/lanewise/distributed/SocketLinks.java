package dev.lanewise.distributed;

import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;

/** A rank's connections to the ranks after and before it: sends and receives at the same time. */
final class SocketLinks implements Links {
    private final SocketChannel next;
    private final SocketChannel previous;
    private final Selector selector;
    private final SelectionKey sending;
    private final SelectionKey receiving;

    SocketLinks(SocketChannel next, SocketChannel previous) throws IOException {
        this.next = next;
        this.previous = previous;
        selector = Selector.open();
        next.configureBlocking(false);
        previous.configureBlocking(false);
        sending = next.register(selector, 0);
        receiving = previous.register(selector, 0);
    }

    @Override
    public void exchange(MemorySegment out, MemorySegment in) throws IOException {
        exchange(out.asByteBuffer(), in.asByteBuffer());
    }

    private void exchange(ByteBuffer out, ByteBuffer in) throws IOException {
        while (out.hasRemaining() || in.hasRemaining()) {
            boolean moved = out.hasRemaining() && next.write(out) > 0;
            if (in.hasRemaining()) {
                int read = previous.read(in);
                if (read < 0) {
                    throw new EOFException("the connection was closed");
                }
                moved |= read > 0;
            }
            if (!moved) {
                sending.interestOps(out.hasRemaining() ? SelectionKey.OP_WRITE : 0);
                receiving.interestOps(in.hasRemaining() ? SelectionKey.OP_READ : 0);
                selector.select();
                selector.selectedKeys().clear();
                if (!sending.isValid() || !receiving.isValid()) {
                    throw new IOException("the connections were closed");
                }
            }
        }
    }

    @Override
    public void close() {
        Rendezvous.closeQuietly(next);
        Rendezvous.closeQuietly(previous);
        selector.wakeup();
    }
}
