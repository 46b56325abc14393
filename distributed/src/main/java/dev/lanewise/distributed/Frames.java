package dev.lanewise.distributed;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;

/** Messages with their length before them, which is bounded: a stranger can't make this process take memory. */
final class Frames implements Control {
    private final Socket socket;
    private final DataInputStream in;
    private final DataOutputStream out;

    Frames(Socket socket) throws IOException {
        this.socket = socket;
        in = new DataInputStream(socket.getInputStream());
        out = new DataOutputStream(socket.getOutputStream());
    }

    @Override
    public synchronized void write(byte[] message) throws IOException {
        byte[] framed = new byte[Integer.BYTES + message.length];
        ByteBuffer.wrap(framed).putInt(message.length).put(message);
        out.write(framed);
        out.flush();
    }

    @Override
    public byte[] read(int most, long deadline) throws IOException {
        int length = ByteBuffer.wrap(exactly(Integer.BYTES, deadline)).getInt();
        if (length < 0 || length > most) {
            throw new IOException("a message of " + length + " bytes (expected at most " + most + ")");
        }
        return exactly(length, deadline);
    }

    private byte[] exactly(int length, long deadline) throws IOException {
        byte[] bytes = new byte[length];
        for (int have = 0; have < length; ) {
            long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
            if (left <= 0) {
                throw new SocketTimeoutException("nothing came in time");
            }
            socket.setSoTimeout((int) Math.min(left, Integer.MAX_VALUE));
            int more = in.read(bytes, have, length - have);
            if (more < 0) {
                throw new EOFException("the connection was closed");
            }
            have += more;
        }
        return bytes;
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            // nobody waits for it any more
            return;
        }
    }
}
