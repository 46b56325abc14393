package dev.lanewise.nn.data.image;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Removes the colour profile (ICC) from a JPEG file. Pillow and torchvision ignore profiles too, so pixels are the same
 * as theirs; and for Java's decoder a profile costs ten times as much as the image.
 */
final class JpegProfiles {
    private static final byte[] SIGNATURE = "ICC_PROFILE\0".getBytes(StandardCharsets.US_ASCII);
    private static final int START_OF_IMAGE = 0xd8;
    private static final int START_OF_SCAN = 0xda;
    private static final int APPLICATION_2 = 0xe2;

    private JpegProfiles() {}

    /** The file without its profile; the same array if it has none or is not a well-formed JPEG file. */
    static byte[] remove(byte[] file) {
        if (file.length < 4 || marker(file, 0) != START_OF_IMAGE) {
            return file;
        }
        ByteArrayOutputStream kept = new ByteArrayOutputStream(file.length);
        kept.write(file, 0, 2);
        int position = 2;
        // Segments of marker and big-endian length, up to the first scan; the rest is copied as it is.
        while (position + 4 <= file.length && marker(file, position) > 0) {
            int end = position + 2 + ((file[position + 2] & 0xff) << 8 | (file[position + 3] & 0xff));
            if (marker(file, position) == START_OF_SCAN || end > file.length) {
                break;
            }
            if (!isProfile(file, position, end)) {
                kept.write(file, position, end - position);
            }
            position = end;
        }
        kept.write(file, position, file.length - position);
        return kept.size() == file.length ? file : kept.toByteArray();
    }

    private static boolean isProfile(byte[] file, int start, int end) {
        int text = start + 4;
        return marker(file, start) == APPLICATION_2
                && end - text >= SIGNATURE.length
                && Arrays.equals(file, text, text + SIGNATURE.length, SIGNATURE, 0, SIGNATURE.length);
    }

    /** The marker's code, or -1 where there is none. */
    private static int marker(byte[] file, int position) {
        return file[position] == (byte) 0xff ? file[position + 1] & 0xff : -1;
    }
}
