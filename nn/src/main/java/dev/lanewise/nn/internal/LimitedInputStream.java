package dev.lanewise.nn.internal;

import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.nn.io.InputLimits;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;

/** Unpacked data, refused as soon as it exceeds a limit. */
public final class LimitedInputStream extends FilterInputStream {
    private final Path file;
    private final long most;
    private long left;

    public LimitedInputStream(Path file, InputStream in, long most) {
        super(in);
        this.file = file;
        this.most = most;
        this.left = most;
    }

    @Override
    public int read() throws IOException {
        int read = super.read();
        count(read < 0 ? 0 : 1);
        return read;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        int read = super.read(target, offset, length);
        count(read);
        return read;
    }

    @Override
    public long skip(long bytes) throws IOException {
        long skipped = super.skip(Math.min(bytes, left + 1));
        count(skipped);
        return skipped;
    }

    private void count(long bytes) {
        left -= Math.max(0, bytes);
        if (left < 0) {
            throw new BadFileException(
                    file,
                    "more than " + most + " bytes when unpacked",
                    "at most " + InputLimits.MOST_RATIO + " times the file's length",
                    "unpack it yourself if it is to be trusted");
        }
    }
}
