package dev.lanewise.cpu.conv;

/**
 * Pixels of a convolution's result that sum over the same taps: all of the forward pass, or one residue of rows and columns
 * modulo the stride of the gradient with respect to the input. Pixel {@code (y, x)} of the phase reads, at tap {@code t},
 * pixel {@code (y * stepY + tapY[t], x * stepX + tapX[t])} of the source; outside the source it reads zeros.
 */
final class PixelPhase {
    private final int firstY;
    private final int firstX;
    private final int spacingY;
    private final int spacingX;
    private final int rows;
    private final int columns;
    private final int stepY;
    private final int stepX;
    private final int taps;
    private final int[] kernel;
    private final int[] tapY;
    private final int[] tapX;

    /** The whole output. */
    private PixelPhase(ConvShape p) {
        this.firstY = 0;
        this.firstX = 0;
        this.spacingY = 1;
        this.spacingX = 1;
        this.rows = p.oh();
        this.columns = p.ow();
        this.stepY = p.strideH();
        this.stepX = p.strideW();
        this.taps = p.r() * p.s();
        this.kernel = new int[taps];
        this.tapY = new int[taps];
        this.tapX = new int[taps];
        for (int tap = 0; tap < taps; tap++) {
            kernel[tap] = tap;
            tapY[tap] = tap / p.s() * p.dilationH() - p.padH();
            tapX[tap] = tap % p.s() * p.dilationW() - p.padW();
        }
    }

    /** The input's gradient from row {@code a} and column {@code b} on, at the distance of the strides. */
    private PixelPhase(ConvShape p, int a, int b) {
        this.firstY = a;
        this.firstX = b;
        this.spacingY = p.strideH();
        this.spacingX = p.strideW();
        this.rows = Math.max(0, Math.ceilDiv(p.h() - a, p.strideH()));
        this.columns = Math.max(0, Math.ceilDiv(p.w() - b, p.strideW()));
        this.stepY = 1;
        this.stepX = 1;
        int most = p.r() * p.s();
        this.kernel = new int[most];
        this.tapY = new int[most];
        this.tapX = new int[most];
        int count = 0;
        for (int tap = 0; tap < most; tap++) {
            int y = a + p.padH() - tap / p.s() * p.dilationH();
            int x = b + p.padW() - tap % p.s() * p.dilationW();
            if (y % p.strideH() == 0 && x % p.strideW() == 0) {
                kernel[count] = tap;
                tapY[count] = y / p.strideH();
                tapX[count++] = x / p.strideW();
            }
        }
        this.taps = count;
    }

    /** Returns the one phase of the forward pass, or all phases of the gradient. */
    static PixelPhase[] of(ConvShape p, boolean gradient) {
        if (!gradient) {
            return new PixelPhase[] {new PixelPhase(p)};
        }
        var phases = new PixelPhase[p.strideH() * p.strideW()];
        for (int phase = 0; phase < phases.length; phase++) {
            phases[phase] = new PixelPhase(p, phase / p.strideW(), phase % p.strideW());
        }
        return phases;
    }

    /** Returns the number of taps. */
    int taps() {
        return taps;
    }

    /** Returns the index {@code i * s + j} of a tap's weight. */
    int kernelIndex(int tap) {
        return kernel[tap];
    }

    /** Returns the pixels of one picture. */
    int pixels() {
        return rows * columns;
    }

    /** Returns the row of a pixel in the result. */
    int targetRow(int pixel) {
        return firstY + pixel / columns * spacingY;
    }

    /** Returns the column of a pixel in the result. */
    int targetColumn(int pixel) {
        return firstX + pixel % columns * spacingX;
    }

    /** Writes what a pixel reads, tap by tap, to {@code to}; the source is at {@code from}. */
    void gather(int pixel, PixelPicture source, long from, long to) {
        int y = pixel / columns * stepY;
        int x = pixel % columns * stepX;
        long tapBytes = 4L * source.channels();
        for (int tap = 0; tap < taps; tap++) {
            int row = y + tapY[tap];
            int column = x + tapX[tap];
            if (row >= 0 && column >= 0 && row < source.h() && column < source.w()) {
                Rows.copy(from + source.offset(row, column), to + tap * tapBytes, source.channels());
            } else {
                Rows.clear(to + tap * tapBytes, source.channels());
            }
        }
    }
}
