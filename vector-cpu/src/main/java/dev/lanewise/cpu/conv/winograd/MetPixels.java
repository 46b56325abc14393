package dev.lanewise.cpu.conv.winograd;

import dev.lanewise.cpu.conv.ConvShape;
import dev.lanewise.cpu.conv.Vectors;

/** Which pixels of a plane each tap of a 3x3 kernel meets: all but some rows and columns along the edges. */
final class MetPixels {
    private static final int SIDE = WinogradTransform.KERNEL;
    static final int TAPS = SIDE * SIDE;

    private final int words;
    private final long[] bits;
    private final int[] counts = new int[TAPS];

    private MetPixels(ConvShape p, boolean ofInput) {
        int h = ofInput ? p.h() : p.oh();
        int w = ofInput ? p.w() : p.ow();
        this.words = Vectors.blocks(h * w, Long.SIZE);
        this.bits = new long[TAPS * words];
        for (int tap = 0; tap < TAPS; tap++) {
            int down = ofInput ? tap / SIDE - p.padH() : p.padH() - tap / SIDE;
            int right = ofInput ? tap % SIDE - p.padW() : p.padW() - tap % SIDE;
            int endRow = Math.min(h, (ofInput ? p.oh() : p.h()) + down);
            int endColumn = Math.min(w, (ofInput ? p.ow() : p.w()) + right);
            for (int y = Math.max(0, down); y < endRow; y++) {
                for (int x = Math.max(0, right); x < endColumn; x++) {
                    bits[tap * words + (y * w + x) / Long.SIZE] |= 1L << (y * w + x);
                    counts[tap]++;
                }
            }
        }
    }

    /** Of a convolution's input. */
    static MetPixels ofInput(ConvShape p) {
        return new MetPixels(p, true);
    }

    /** Of the gradients of a convolution's output. */
    static MetPixels ofGradient(ConvShape p) {
        return new MetPixels(p, false);
    }

    /** How many pixels of a plane a tap meets. */
    int count(int tap) {
        return counts[tap];
    }

    /** The words of a plane's bits. */
    int words() {
        return words;
    }

    /** A word of the bits of the pixels that a tap meets. */
    long word(int tap, int word) {
        return bits[tap * words + word];
    }
}
