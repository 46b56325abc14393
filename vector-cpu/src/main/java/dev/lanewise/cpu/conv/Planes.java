package dev.lanewise.cpu.conv;

/**
 * A stack of channel planes as the direct kernels read them: padded with zeros (or cropped, where {@code top} or {@code left}
 * is negative) and split by stride into phases, so that a tap of any stride and dilation is a constant offset:
 * {@code planes[ch][a][b][y][x] = source[ch][y * strideH + a - top][x * strideW + b - left]}.
 *
 * @param channels channels of the stack
 * @param sourceH height of a source plane
 * @param sourceW width of a source plane
 * @param strideH rows between two rows of a phase
 * @param strideW columns between two columns of a phase
 * @param phasesH row phases kept, at most {@code strideH}
 * @param phasesW column phases kept, at most {@code strideW}
 * @param top zero rows above the source
 * @param left zero columns left of the source
 * @param rows rows of a phase
 * @param pitch elements between two rows of a phase
 * @param dense whether phases follow each other without a gap, as in a tensor
 */
record Planes(
        int channels,
        int sourceH,
        int sourceW,
        int strideH,
        int strideW,
        int phasesH,
        int phasesW,
        int top,
        int left,
        int rows,
        int pitch,
        boolean dense) {
    /** Elements of a cache line. */
    private static final int LINE = 16;

    /** Elements between planes from which on, in powers of two, the planes' pixels share sets of a cache of 64 sets. */
    private static final int COLLIDING_STRIDE = 256;

    /** Planes that a set's ways hold even so. */
    private static final int COLLIDING_PLANES = 8;

    /**
     * Returns the elements from one phase of one channel to the next: an odd number of cache lines, so that the channels'
     * pixels do not all fall into the same few sets of the first-level cache.
     */
    long phaseSize() {
        long size = (long) rows * pitch;
        return dense ? size : Vectors.roundUp(size, LINE) | LINE;
    }

    /** Returns the bytes of the stack, with a vector after it for loads that run over its end. */
    long bytes() {
        return 4 * (channels * (long) phasesH * phasesW * phaseSize() + Vectors.LANES);
    }

    /** Returns the byte offset of an element. */
    long offset(int channel, int phaseH, int phaseW, int y, int x) {
        long phase = ((long) channel * phasesH + phaseH) * phasesW + phaseW;
        return 4 * (phase * phaseSize() + (long) y * pitch + x);
    }

    /** Tells whether the rows follow each other as in the source. */
    private boolean isContiguous() {
        return strideH == 1 && strideW == 1 && top == 0 && left == 0 && pitch == sourceW;
    }

    /** Tells whether the source itself has this layout but for gaps between its planes. */
    boolean isSource() {
        return isContiguous() && rows == sourceH;
    }

    /** Tells whether pixels of many source planes fall into few sets of the first-level cache. */
    boolean sourceCollides() {
        return channels > COLLIDING_PLANES && (long) sourceH * sourceW % COLLIDING_STRIDE == 0;
    }

    /** Returns this layout with or without gaps. */
    Planes withDense(boolean newDense) {
        return new Planes(
                channels, sourceH, sourceW, strideH, strideW, phasesH, phasesW, top, left, rows, pitch, newDense);
    }

    /** Returns this layout with another number of rows. */
    Planes withRows(int newRows) {
        return new Planes(
                channels, sourceH, sourceW, strideH, strideW, phasesH, phasesW, top, left, newRows, pitch, dense);
    }

    /** Fills the stack from dense source planes; row 0 of the stack is row {@code firstRow} of the whole picture. */
    void fill(long source, int firstRow, long to) {
        long plane = 4L * sourceH * sourceW;
        for (int channel = 0; channel < channels; channel++) {
            for (int a = 0; a < phasesH; a++) {
                for (int b = 0; b < phasesW; b++) {
                    long phaseAt = to + offset(channel, a, b, 0, 0);
                    if (isContiguous() && firstRow + rows <= sourceH) {
                        long from = source + channel * plane + 4L * firstRow * sourceW;
                        Rows.copy(from, phaseAt, rows * pitch);
                        continue;
                    }
                    for (int y = 0; y < rows; y++) {
                        int sourceY = (y + firstRow) * strideH + a - top;
                        fillRow(source + channel * plane, sourceY, b, phaseAt + 4L * y * pitch);
                    }
                }
            }
        }
        Rows.clear(to + bytes() - Vectors.BYTES, Vectors.LANES);
    }

    private void fillRow(long plane, int sourceY, int phaseW, long row) {
        if (sourceY < 0 || sourceY >= sourceH) {
            Rows.clear(row, pitch);
            return;
        }
        // First and last x with 0 <= x * strideW + phaseW - left < sourceW.
        int first = Math.min(pitch, Math.max(0, Math.ceilDiv(left - phaseW, strideW)));
        int end = Math.max(first, Math.min(pitch, Math.ceilDiv(sourceW + left - phaseW, strideW)));
        long from = plane + 4L * ((long) sourceY * sourceW + (long) first * strideW + phaseW - left);
        if (strideW == 1) {
            Rows.copyPadded(from, end - first, row, first, pitch - end);
            return;
        }
        Rows.gather(from, strideW, row + 4L * first, end - first);
        Rows.clear(row, first);
        Rows.clear(row + 4L * end, pitch - end);
    }

    /** Returns this layout with longer or shorter rows. */
    Planes withPitch(int newPitch) {
        return new Planes(
                channels, sourceH, sourceW, strideH, strideW, phasesH, phasesW, top, left, rows, newPitch, dense);
    }
}
