package dev.lanewise.nn.data.image;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.CRC32;

/**
 * Checks what Java's PNG decoder doesn't: that every chunk is whole and has its checksum, from the header to the end
 * mark (<a href="https://www.w3.org/TR/png-3/#5Chunk-layout">the format's description</a>).
 */
final class PngChunks {
    private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    private static final int HEADER = 0x49484452;
    private static final int END = 0x49454e44;

    private PngChunks() {}

    static boolean isPng(byte[] file) {
        return file.length >= 8 && Arrays.equals(file, 0, 8, SIGNATURE, 0, 8);
    }

    /** Checks a file and returns the number of the image's pixels. */
    static long check(Object path, byte[] file) {
        ByteBuffer in = ByteBuffer.wrap(file);
        int position = 8;
        long pixels = -1;
        while (true) {
            // A length, a type, the data and a checksum of type and data.
            long length = position + 12 <= file.length ? in.getInt(position) & 0xffff_ffffL : Integer.MAX_VALUE;
            if (length > file.length - position - 12) {
                throw ImageFiles.damaged(path, "an end within the PNG's data");
            }
            int type = in.getInt(position + 4);
            int data = position + 8;
            CRC32 crc = new CRC32();
            crc.update(file, position + 4, (int) length + 4);
            if ((int) crc.getValue() != in.getInt(data + (int) length)) {
                throw ImageFiles.damaged(path, "a wrong checksum in the PNG's chunk " + name(file, position + 4));
            }
            if ((pixels < 0) != (type == HEADER) || (type == HEADER && length != 13)) {
                throw ImageFiles.damaged(path, "a PNG without one header at its start");
            }
            if (type == HEADER) {
                pixels = (in.getInt(data) & 0xffff_ffffL) * (in.getInt(data + 4) & 0x7fff_ffffL);
            }
            if (type == END) {
                return pixels;
            }
            position = data + (int) length + 4;
        }
    }

    private static String name(byte[] file, int position) {
        return new String(file, position, 4, StandardCharsets.ISO_8859_1);
    }
}
