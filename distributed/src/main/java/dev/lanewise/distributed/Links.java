package dev.lanewise.distributed;

import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;

/** A rank's connections to the ranks after and before it: sends and receives at the same time. */
final class Links implements AutoCloseable {
    private static final int HEADER = 24;

    private final SocketChannel next;
    private final SocketChannel previous;
    private final Selector selector;
    private final SelectionKey sending;
    private final SelectionKey receiving;
    private final ByteBuffer header = Arena.ofAuto().allocate(HEADER).asByteBuffer();

    Links(SocketChannel next, SocketChannel previous) throws IOException {
        this.next = next;
        this.previous = previous;
        selector = Selector.open();
        next.configureBlocking(false);
        previous.configureBlocking(false);
        sending = next.register(selector, 0);
        receiving = previous.register(selector, 0);
    }

    /**
     * What a call is: ranks whose calls differ must not take each other's numbers.
     *
     * @param kind what is called, for example "all-reduce F32"
     * @param number how many calls came before
     * @param bytes how much is exchanged
     */
    @SuppressWarnings("EnumOrdinal") // ranks run the same version
    record Call(Kind kind, long number, long bytes) {
        void put(ByteBuffer header) {
            header.clear();
            header.putInt(kind.ordinal())
                    .putInt(0)
                    .putLong(number)
                    .putLong(bytes)
                    .flip();
        }

        static Call of(ByteBuffer header) throws IOException {
            header.flip();
            int kind = header.getInt();
            header.getInt();
            if (kind < 0 || kind >= Kind.values().length) {
                throw new IOException("a call of kind " + kind);
            }
            return new Call(Kind.values()[kind], header.getLong(), header.getLong());
        }

        @Override
        public String toString() {
            return kind.text + " of " + bytes + " bytes as call " + number;
        }
    }

    /** The kinds of calls. */
    enum Kind {
        SUM_F32("all-reduce F32"),
        SUM_F64("all-reduce F64"),
        BROADCAST("broadcast");

        final String text;

        Kind(String text) {
            this.text = text;
        }
    }

    /** Tells the next rank what is called here. */
    void announce(Call call) throws IOException {
        call.put(header);
        exchange(header, ByteBuffer.allocate(0));
    }

    /** What is called on the rank before. */
    Call announced() throws IOException {
        header.clear();
        exchange(ByteBuffer.allocate(0), header);
        return Call.of(header);
    }

    /** Sends all of one segment and fills another. */
    void exchange(MemorySegment out, MemorySegment in) throws IOException {
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

    /** Ends an exchange that is going on in another thread, too. */
    @Override
    public void close() {
        Rendezvous.closeQuietly(next);
        Rendezvous.closeQuietly(previous);
        selector.wakeup();
    }
}
