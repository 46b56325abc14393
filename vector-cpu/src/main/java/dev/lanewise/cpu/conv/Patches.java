package dev.lanewise.cpu.conv;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The matrix of patches of some images and one group: row {@code (c, i, j)}, column {@code (image, oy, ox)}. Elements are
 * copied as bits, so that one class serves float32 and float64.
 *
 * @param p the convolution
 * @param elementBytes 4 or 8
 * @param images images side by side
 */
record Patches(ConvShape p, int elementBytes, int images) {
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
    private static final ValueLayout.OfDouble DOUBLE = ValueLayout.JAVA_DOUBLE_UNALIGNED;

    /** Returns the columns of one image. */
    int pixels() {
        return p.oh() * p.ow();
    }

    /** Returns the columns of the matrix. */
    long columns() {
        return (long) images * pixels();
    }

    /** Fills the rows of one input channel of the group from the image at {@code xAt}, its first channel of the group. */
    void fill(MemorySegment x, long xAt, int image, int channel, MemorySegment matrix) {
        long plane = xAt + (long) elementBytes * channel * p.h() * p.w();
        for (int tap = 0; tap < p.r() * p.s(); tap++) {
            int top = tap / p.s() * p.dilationH() - p.padH();
            int left = tap % p.s() * p.dilationW() - p.padW();
            int first = first(left);
            int end = end(left);
            long row = ((long) channel * p.r() * p.s() + tap) * columns() + (long) image * pixels();
            for (int oy = 0; oy < p.oh(); oy++) {
                long to = elementBytes * (row + (long) oy * p.ow());
                int y = oy * p.strideH() + top;
                if (y < 0 || y >= p.h() || first >= end) {
                    matrix.asSlice(to, (long) elementBytes * p.ow()).fill((byte) 0);
                    continue;
                }
                matrix.asSlice(to, (long) elementBytes * first).fill((byte) 0);
                copy(x, plane + elementBytes * ((long) y * p.w() + (long) first * p.strideW() + left),
                        matrix, to + (long) elementBytes * first, end - first);
                matrix.asSlice(to + (long) elementBytes * end, (long) elementBytes * (p.ow() - end)).fill((byte) 0);
            }
        }
    }

    /** Adds the rows of one input channel to the image's gradient: the transpose of {@link #fill}. */
    void addTo(MemorySegment gx, long gxAt, int image, int channel, MemorySegment matrix) {
        long plane = gxAt + (long) elementBytes * channel * p.h() * p.w();
        for (int tap = 0; tap < p.r() * p.s(); tap++) {
            int top = tap / p.s() * p.dilationH() - p.padH();
            int left = tap % p.s() * p.dilationW() - p.padW();
            int first = first(left);
            int end = end(left);
            long row = ((long) channel * p.r() * p.s() + tap) * columns() + (long) image * pixels();
            for (int oy = 0; oy < p.oh(); oy++) {
                int y = oy * p.strideH() + top;
                if (y >= 0 && y < p.h() && first < end) {
                    add(matrix, elementBytes * (row + (long) oy * p.ow() + first), gx,
                            plane + elementBytes * ((long) y * p.w() + (long) first * p.strideW() + left), end - first);
                }
            }
        }
    }

    /** Returns the first output column whose tap at {@code left} is inside the input. */
    private int first(int left) {
        return Math.min(p.ow(), Math.max(0, Math.ceilDiv(-left, p.strideW())));
    }

    /** Returns the output column after the last whose tap at {@code left} is inside the input. */
    private int end(int left) {
        return Math.max(0, Math.min(p.ow(), Math.ceilDiv(p.w() - left, p.strideW())));
    }

    private void copy(MemorySegment from, long fromAt, MemorySegment to, long toAt, int count) {
        int step = p.strideW();
        if (step == 1) {
            MemorySegment.copy(from, fromAt, to, toAt, (long) elementBytes * count);
        } else if (elementBytes == 4) {
            for (int i = 0; i < count; i++) {
                to.set(INT, toAt + 4L * i, from.get(INT, fromAt + 4L * step * i));
            }
        } else {
            for (int i = 0; i < count; i++) {
                to.set(LONG, toAt + 8L * i, from.get(LONG, fromAt + 8L * step * i));
            }
        }
    }

    private void add(MemorySegment from, long fromAt, MemorySegment to, long toAt, int count) {
        int step = p.strideW();
        if (elementBytes == 4) {
            for (int i = 0; i < count; i++) {
                long at = toAt + 4L * step * i;
                to.set(FLOAT, at, to.get(FLOAT, at) + from.get(FLOAT, fromAt + 4L * i));
            }
        } else {
            for (int i = 0; i < count; i++) {
                long at = toAt + 8L * step * i;
                to.set(DOUBLE, at, to.get(DOUBLE, at) + from.get(DOUBLE, fromAt + 8L * i));
            }
        }
    }
}
