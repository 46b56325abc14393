package dev.lanewise.nn.io;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Reads one array in NumPy's format from a stream. */
final class NpyReader {
    static final String KIND = "a .npy file";

    /** No supported dtype needs more than a few hundred bytes; NumPy itself refuses more than 10,000. */
    private static final int MAX_HEADER_BYTES = 1 << 16;

    private static final String COPY_AGAIN = "the file is truncated or damaged: copy or save it again";

    private NpyReader() {}

    /**
     * Reads an array to the end of the stream.
     *
     * @param file the file that messages name
     * @param atMost how many bytes the stream can have, so that nothing larger is allocated
     * @throws UnsupportedElementsException if the elements are of a type that is not read
     */
    static TensorData read(Object file, InputStream in, long atMost) throws IOException {
        NpyHeader header = readHeader(file, in);
        int width = header.type().bits() / 8;
        long elements = header.shape().elements();
        if (elements > atMost / width) {
            throw new BadFileException(
                    file,
                    "a header that announces " + elements + " elements of " + width + " bytes",
                    "no more than the file can hold",
                    COPY_AGAIN);
        }
        MemorySegment data = readElements(file, in, elements * width);
        if (header.bigEndian()) {
            swapBytes(data, width);
        }
        if (header.fortranOrder()) {
            data = toRowMajor(file, data, header.shape().toArray(), width);
        }
        return header.type().read("an array", header.shape(), data);
    }

    private static NpyHeader readHeader(Object file, InputStream in) throws IOException {
        byte[] start = in.readNBytes(8);
        if (start.length < 8 || !Arrays.equals(start, 0, 6, NpyHeader.MAGIC, 0, 6)) {
            throw new BadFileException(
                    file, "no NumPy magic at its start", KIND, "check the path; .npz is another format");
        }
        if (start[6] < 1 || start[6] > 3 || start[7] != 0) {
            throw new BadFileException(
                    file, "version " + start[6] + "." + start[7], "1.0, 2.0 or 3.0", "save it with a known version");
        }
        int lengthBytes = start[6] == 1 ? 2 : 4;
        byte[] length = Arrays.copyOf(in.readNBytes(lengthBytes), 4);
        long headerBytes =
                ByteBuffer.wrap(length).order(ByteOrder.LITTLE_ENDIAN).getInt() & 0xffff_ffffL;
        if (headerBytes > MAX_HEADER_BYTES) {
            throw new BadFileException(
                    file, "a header of " + headerBytes + " bytes", "at most " + MAX_HEADER_BYTES, COPY_AGAIN);
        }
        byte[] text = in.readNBytes((int) headerBytes);
        if (text.length < headerBytes) {
            throw new BadFileException(file, text.length + " bytes of header", headerBytes + " bytes", COPY_AGAIN);
        }
        // Latin-1 decodes everything; what is not ASCII cannot be part of a supported dtype and is refused there.
        return NpyHeader.parse(file, new String(text, StandardCharsets.ISO_8859_1));
    }

    private static MemorySegment readElements(Object file, InputStream in, long bytes) throws IOException {
        MemorySegment data = NativeMemory.allocate(file, bytes);
        byte[] buffer = new byte[(int) Math.min(1 << 16, Math.max(1, bytes))];
        long position = 0;
        while (position < bytes) {
            int read = in.read(buffer, 0, (int) Math.min(buffer.length, bytes - position));
            if (read < 0) {
                throw new BadFileException(file, position + " bytes of elements", bytes + " bytes", COPY_AGAIN);
            }
            MemorySegment.copy(buffer, 0, data, ValueLayout.JAVA_BYTE, position, read);
            position += read;
        }
        if (in.read() != -1) {
            throw new BadFileException(
                    file, "more than " + bytes + " bytes of elements", "exactly that many", COPY_AGAIN);
        }
        return data;
    }

    private static void swapBytes(MemorySegment data, int width) {
        for (long start = 0; start < data.byteSize(); start += width) {
            for (long low = start, high = start + width - 1; low < high; low++, high--) {
                byte swapped = data.get(ValueLayout.JAVA_BYTE, low);
                data.set(ValueLayout.JAVA_BYTE, low, data.get(ValueLayout.JAVA_BYTE, high));
                data.set(ValueLayout.JAVA_BYTE, high, swapped);
            }
        }
    }

    private static MemorySegment toRowMajor(Object file, MemorySegment columnMajor, long[] sizes, int width) {
        MemorySegment rowMajor = NativeMemory.allocate(file, columnMajor.byteSize());
        long[] index = new long[sizes.length];
        for (long target = 0; target < rowMajor.byteSize(); target += width) {
            long source = 0;
            for (int d = sizes.length - 1; d >= 0; d--) {
                source = source * sizes[d] + index[d];
            }
            MemorySegment.copy(columnMajor, source * width, rowMajor, target, width);
            for (int d = sizes.length - 1; d >= 0 && ++index[d] == sizes[d]; d--) {
                index[d] = 0;
            }
        }
        return rowMajor;
    }
}
