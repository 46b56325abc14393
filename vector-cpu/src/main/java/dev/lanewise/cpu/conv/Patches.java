package dev.lanewise.cpu.conv;

import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.MASK;

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

    /** Fills the rows of one input channel of the group from the image at {@code x}, its first channel of the group. */
    void fill(long x, int image, int channel, long matrix) {
        long plane = x + (long) elementBytes * channel * p.h() * p.w();
        for (int tap = 0; tap < p.r() * p.s(); tap++) {
            int top = tap / p.s() * p.dilationH() - p.padH();
            int left = tap % p.s() * p.dilationW() - p.padW();
            int first = first(left);
            int end = end(left);
            long row = ((long) channel * p.r() * p.s() + tap) * columns() + (long) image * pixels();
            for (int oy = 0; oy < p.oh(); oy++) {
                long to = matrix + elementBytes * (row + (long) oy * p.ow());
                int y = oy * p.strideH() + top;
                if (y < 0 || y >= p.h() || first >= end) {
                    clear(to, p.ow());
                    continue;
                }
                clear(to, first);
                copy(
                        plane + elementBytes * ((long) y * p.w() + (long) first * p.strideW() + left),
                        to + (long) elementBytes * first,
                        end - first);
                clear(to + (long) elementBytes * end, p.ow() - end);
            }
        }
    }

    /** Adds the rows of one input channel to the image's gradient: the transpose of {@link #fill}. */
    void addTo(long gx, int image, int channel, long matrix) {
        long plane = gx + (long) elementBytes * channel * p.h() * p.w();
        for (int tap = 0; tap < p.r() * p.s(); tap++) {
            int top = tap / p.s() * p.dilationH() - p.padH();
            int left = tap % p.s() * p.dilationW() - p.padW();
            int first = first(left);
            int end = end(left);
            long row = ((long) channel * p.r() * p.s() + tap) * columns() + (long) image * pixels();
            for (int oy = 0; oy < p.oh(); oy++) {
                int y = oy * p.strideH() + top;
                if (y >= 0 && y < p.h() && first < end) {
                    add(
                            matrix + elementBytes * (row + (long) oy * p.ow() + first),
                            plane + elementBytes * ((long) y * p.w() + (long) first * p.strideW() + left),
                            end - first);
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

    private void copy(long from, long to, int count) {
        int step = p.strideW();
        if (step == 1) {
            Rows.copy(from, to, elementBytes / 4 * count);
        } else if (elementBytes == 4) {
            for (int i = 0; i < count; i++) {
                ALL.set(INT, (to + 4L * i) & MASK, ALL.get(INT, (from + 4L * step * i) & MASK));
            }
        } else {
            for (int i = 0; i < count; i++) {
                ALL.set(LONG, (to + 8L * i) & MASK, ALL.get(LONG, (from + 8L * step * i) & MASK));
            }
        }
    }

    private void clear(long to, int count) {
        Rows.clear(to, elementBytes / 4L * count);
    }

    private void add(long from, long to, int count) {
        int step = p.strideW();
        if (elementBytes == 4) {
            for (int i = 0; i < count; i++) {
                long at = (to + 4L * step * i) & MASK;
                ALL.set(FLOAT, at, ALL.get(FLOAT, at) + ALL.get(FLOAT, (from + 4L * i) & MASK));
            }
        } else {
            for (int i = 0; i < count; i++) {
                long at = (to + 8L * step * i) & MASK;
                ALL.set(DOUBLE, at, ALL.get(DOUBLE, at) + ALL.get(DOUBLE, (from + 8L * i) & MASK));
            }
        }
    }
}
