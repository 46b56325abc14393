package dev.lanewise.nn.log;

import dev.lanewise.nn.io.BadFileException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.CRC32C;

/**
 * A file of TensorBoard's events in the framing of TFRecord: the length (8 bytes), its checksum (4), the message, its
 * checksum (4), all little-endian; a checksum is a CRC-32C that is rotated and shifted
 * (<a href="https://www.tensorflow.org/tutorials/load_data/tfrecord">the format's description</a>). Every event is written
 * at once.
 */
final class EventFile implements AutoCloseable {
    private static final AtomicInteger NUMBER = new AtomicInteger();
    private static final int CRC_DELTA = 0xa282ead8;
    private static final int VERSION = 3;
    private static final int GRAPH = 4;
    private static final int SUMMARY = 5;
    private static final int SESSION = 7;
    private static final int SESSION_STATUS = 1;
    private static final int SESSION_START = 1;

    private final Path file;
    private final OutputStream out;

    private EventFile(Path file, OutputStream out) {
        this.file = file;
        this.out = out;
    }

    /**
     * A new file in a folder, which is created if it does not exist. What the folder's other files hold for the given
     * step and those after it no longer counts.
     */
    static EventFile create(Path folder, long firstStep) {
        // TensorBoard reads a folder's files in the order of their names and asks for "tfevents" in them
        String name = "events.out.tfevents." + System.currentTimeMillis() / 1000 + ".lanewise."
                + ProcessHandle.current().pid() + "." + NUMBER.getAndIncrement();
        Path file = folder.resolve(name);
        try {
            Files.createDirectories(folder);
            // A stream of this kind, unlike a channel, is not closed by an interrupt of its thread.
            EventFile events = new EventFile(
                    file, Files.newOutputStream(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE));
            events.write(event(0).text(VERSION, "brain.Event:2"));
            events.write(event(firstStep).message(SESSION, new ProtoWriter().integer(SESSION_STATUS, SESSION_START)));
            return events;
        } catch (IOException failure) {
            throw BadFileException.unwritable(file, failure);
        }
    }

    private static ProtoWriter event(long step) {
        return new ProtoWriter().number(1, System.currentTimeMillis() / 1000.0).integer(2, step);
    }

    /** Adds a value: a message of type {@code Summary.Value}. */
    void add(long step, ProtoWriter value) {
        write(event(step).message(SUMMARY, new ProtoWriter().message(1, value)));
    }

    /** Adds the model's graph: a message of type {@code GraphDef}. */
    void addGraph(ProtoWriter graph) {
        write(event(0).message(GRAPH, graph));
    }

    private void write(ProtoWriter event) {
        try {
            out.write(framed(event.toByteArray()).array());
        } catch (IOException failure) {
            throw BadFileException.unwritable(file, failure);
        }
    }

    static ByteBuffer framed(byte... message) {
        ByteBuffer framed = ByteBuffer.allocate(message.length + 16).order(ByteOrder.LITTLE_ENDIAN);
        framed.putLong(message.length);
        framed.putInt(checksum(framed.array(), 0, Long.BYTES));
        framed.put(message);
        framed.putInt(checksum(message, 0, message.length));
        return framed.flip();
    }

    private static int checksum(byte[] bytes, int offset, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, offset, length);
        return Integer.rotateRight((int) crc.getValue(), 15) + CRC_DELTA;
    }

    @Override
    public void close() {
        try {
            out.close();
        } catch (IOException failure) {
            throw BadFileException.unwritable(file, failure);
        }
    }
}
