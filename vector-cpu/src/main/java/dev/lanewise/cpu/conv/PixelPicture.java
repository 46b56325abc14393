package dev.lanewise.cpu.conv;

/**
 * A picture with the channels of a pixel next to each other.
 *
 * @param channels values of a pixel
 * @param h height
 * @param w width
 */
record PixelPicture(int channels, int h, int w) {
    int pixels() {
        return h * w;
    }

    /** Returns the bytes from one pixel to the next: whole panels of channels. */
    long pixelBytes() {
        return 4 * Vectors.roundUp(channels, PanelTile.COLUMNS);
    }

    long bytes() {
        return pixels() * pixelBytes();
    }

    /** Returns the bytes of the same picture as planes of a tensor. */
    long planeBytes() {
        return 4L * channels * pixels();
    }

    /** Returns the byte offset of a pixel. */
    long offset(int y, int x) {
        return ((long) y * w + x) * pixelBytes();
    }

    void fromPlanes(long planes, long to, long work) {
        Transposition.planesToPixels(planes, 4L * pixels(), channels, pixels(), to, pixelBytes(), work);
    }

    void toPlanes(long from, long planes, long work) {
        Transposition.pixelsToPlanes(from, pixelBytes(), pixels(), planes, 4L * pixels(), channels, work);
    }
}
