package dev.lanewise.parquet;

import dev.hardwood.InputFile;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A file of any file system. It is read and not mapped: a mapped file that somebody shortens ends the process. What a
 * damaged file lets Hardwood read over and over, nothing included, ends in an error.
 */
final class PathInput implements InputFile {
    private final Path file;
    private @Nullable SeekableByteChannel channel;
    private long length;
    private long left;

    PathInput(Path file) {
        this.file = file;
    }

    @Override
    public synchronized void open() throws IOException {
        if (channel == null) {
            channel = Files.newByteChannel(file);
            length = channel.size();
            // each page is read once, some of the rest more often
            left = 4 * length + (1 << 20);
        }
    }

    @Override
    public synchronized ByteBuffer readRange(long offset, int bytes) throws IOException {
        if (channel == null || offset < 0 || bytes < 1 || bytes > length - offset) {
            throw new EOFException(bytes + " bytes from byte " + offset + " of a file of " + length);
        }
        left -= bytes;
        if (left < 0) {
            throw new IOException("the file is read over and over");
        }
        ByteBuffer range = ByteBuffer.allocate(bytes);
        channel.position(offset);
        while (range.hasRemaining()) {
            if (channel.read(range) < 0) {
                throw new EOFException("the file became shorter while it was read");
            }
        }
        return range.flip();
    }

    @Override
    public synchronized long length() {
        return length;
    }

    @Override
    public String name() {
        return file.toString();
    }

    @Override
    public synchronized void close() throws IOException {
        if (channel != null) {
            channel.close();
        }
    }
}
