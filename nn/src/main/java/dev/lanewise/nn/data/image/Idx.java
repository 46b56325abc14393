package dev.lanewise.nn.data.image;

import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.nn.io.InputLimits;
import dev.lanewise.nn.shared.ReadLimits;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * Reads IDX files of unsigned bytes, the format of MNIST, gzipped or plain: a big-endian magic number (two zero bytes,
 * the type 0x08, the rank), one int32 per dimension, then the elements, row-major.
 */
public final class Idx {
    private static final int UNSIGNED_BYTE = 0x08;

    private static final String COPY_AGAIN = "the file is damaged: copy or download it again";

    private final int[] sizes;
    private final byte[] elements;

    private Idx(int[] sizes, byte[] elements) {
        this.sizes = sizes;
        this.elements = elements;
    }

    /**
     * The sizes of the dimensions, outermost first, a copy.
     *
     * @return one size per dimension
     */
    public int[] sizes() {
        return sizes.clone();
    }

    /** The elements, row-major, not copied. */
    byte[] elements() {
        return elements;
    }

    /** {@return a copy of the elements in row-major order} */
    public byte[] toByteArray() {
        return elements.clone();
    }

    /**
     * Reads a whole IDX file, as MNIST is distributed, gzipped or not.
     *
     * @param file a file, which may be compressed by gzip
     * @param rank the number of dimensions it must have: 3 for images, 1 for labels
     * @return sizes and elements
     * @throws BadFileException if it is missing, of another kind, truncated, longer than its header says, or compressed
     *     more than {@link InputLimits} allows
     */
    public static Idx read(Path file, int rank) {
        String kind = "an IDX file of unsigned bytes with " + rank + (rank == 1 ? " dimension" : " dimensions");
        long fileBytes = InputLimits.length(file, kind);
        try {
            boolean gzipped = isGzip(file);
            try (InputStream in = open(file, gzipped)) {
                int[] sizes = readHeader(file, in, rank, kind);
                long count = elementCount(file, sizes, gzipped ? ReadLimits.unpacked(fileBytes) : fileBytes);
                ReadLimits.checkHeap(file, 2 * count);
                return new Idx(sizes, readElements(file, in, (int) count));
            }
        } catch (ZipException | EOFException damaged) {
            throw new BadFileException(
                    file,
                    "gzip data that ends early or is corrupt (" + damaged.getMessage() + ")",
                    kind,
                    COPY_AGAIN,
                    damaged);
        } catch (IOException failure) {
            throw BadFileException.unreadable(file, kind, failure);
        }
    }

    private static boolean isGzip(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return in.read() == 0x1f && in.read() == 0x8b;
        }
    }

    private static InputStream open(Path file, boolean gzipped) throws IOException {
        InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16);
        try {
            return gzipped ? new GZIPInputStream(in, 1 << 16) : in;
        } catch (IOException failure) {
            in.close();
            throw failure;
        }
    }

    private static int[] readHeader(Path file, InputStream in, int rank, String kind) throws IOException {
        byte[] header = in.readNBytes(4 + 4 * rank);
        int expected = UNSIGNED_BYTE << 8 | rank;
        int magic = header.length < 4 ? -1 : ByteBuffer.wrap(header).getInt();
        if (header.length >= 4 && magic != expected) {
            throw new BadFileException(
                    file,
                    "the magic number " + magic,
                    expected + ", " + kind,
                    "check that this is the right file and not a web page or an archive");
        }
        if (header.length < 4 + 4 * rank) {
            throw new BadFileException(
                    file, "only " + header.length + " bytes", "a header of " + (4 + 4 * rank) + " bytes", COPY_AGAIN);
        }
        int[] sizes = new int[rank];
        ByteBuffer.wrap(header, 4, 4 * rank).asIntBuffer().get(sizes);
        return sizes;
    }

    private static long elementCount(Path file, int[] sizes, long atMost) {
        long count = 1;
        for (int size : sizes) {
            // A count is at most 2^31 before it is multiplied, so the product stays below 2^62.
            if (size < 0 || (count *= size) > Math.min(atMost, Integer.MAX_VALUE - 8)) {
                throw new BadFileException(
                        file,
                        "a header that announces the sizes " + Arrays.toString(sizes),
                        "sizes that the file's bytes can hold",
                        COPY_AGAIN);
            }
        }
        return count;
    }

    private static byte[] readElements(Path file, InputStream in, int count) throws IOException {
        byte[] elements = in.readNBytes(count);
        if (elements.length < count) {
            throw new BadFileException(file, elements.length + " bytes after the header", count + " bytes", COPY_AGAIN);
        }
        if (in.read() != -1) {
            throw new BadFileException(
                    file, "more than " + count + " bytes after the header", "exactly that many", COPY_AGAIN);
        }
        return elements;
    }
}
