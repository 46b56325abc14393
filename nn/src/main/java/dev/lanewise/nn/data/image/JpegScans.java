package dev.lanewise.nn.data.image;

/** Counts the scans of a JPEG file, for each of which a decoder traverses the whole image. */
final class JpegScans {
    private static final int START_OF_IMAGE = 0xd8;
    private static final int END_OF_IMAGE = 0xd9;
    private static final int START_OF_SCAN = 0xda;
    private static final int FIRST_RESTART = 0xd0;
    private static final int LAST_RESTART = 0xd7;

    private JpegScans() {}

    static boolean isJpeg(byte[] file) {
        return file.length >= 4 && marker(file, 0) == START_OF_IMAGE && file[2] == (byte) 0xff;
    }

    static int count(byte[] file) {
        int scans = 0;
        int position = 2;
        while (position + 1 < file.length && marker(file, position) != END_OF_IMAGE) {
            int marker = marker(file, position);
            if (marker == START_OF_SCAN) {
                scans++;
            }
            if (isSegment(marker) && position + 4 <= file.length) {
                // a marker, and a big-endian length of itself and the data
                position += 2 + ((file[position + 2] & 0xff) << 8 | (file[position + 3] & 0xff));
            } else {
                position++;
            }
        }
        return scans;
    }

    /** Within a scan 0xff is followed by 0, by the number of a restart, or by another 0xff. */
    private static boolean isSegment(int marker) {
        return marker > 1 && marker != 0xff && (marker < FIRST_RESTART || marker > LAST_RESTART);
    }

    /** The marker's code, or -1 where there is none. */
    private static int marker(byte[] file, int position) {
        return file[position] == (byte) 0xff ? file[position + 1] & 0xff : -1;
    }
}
