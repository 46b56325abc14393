package dev.lanewise.cpu.conv;

import static dev.lanewise.cpu.conv.PixelSums.CHANNELS;
import static dev.lanewise.cpu.conv.PixelSums.PIXEL;

import dev.lanewise.cpu.memory.NativeMemory;
import dev.lanewise.cpu.memory.Scratch;
import dev.lanewise.cpu.parallel.Workers;

/**
 * The gradient with respect to the weights of a convolution that {@link DepthwisePixels} computes: blocks of channels, and
 * within each parts of the batch, whose number depends on the shape alone. Sums begin anew with each strip of an image, so that
 * none is a long chain.
 */
final class DepthwisePixelsWeightGrad {
    /** Bytes of the pixels and gradients of a strip, about: all taps read them from the second-level cache. */
    private static final long STRIP_BYTES = 96 << 10;

    /** Parts that there are to share among threads, about, where the batch is large enough. */
    private static final int PARTS = 16;

    private final ConvShape p;
    private final PixelRange rows;
    private final PixelRange columns;
    private final int taps;
    private final int blocks;
    private final int parts;
    private final int partImages;
    private final int stripRows;

    DepthwisePixelsWeightGrad(ConvShape p) {
        this.p = p;
        rows = PixelRange.weightGrad(p.h(), p.oh(), p.r(), p.strideH(), p.padH());
        columns = PixelRange.weightGrad(p.w(), p.ow(), p.s(), p.strideW(), p.padW());
        taps = p.r() * p.s();
        blocks = Vectors.blocks(p.c(), CHANNELS);
        partImages = Math.max(1, Vectors.blocks(p.n(), Vectors.blocks(PARTS, blocks)));
        parts = Math.max(1, Vectors.blocks(p.n(), partImages));
        long rowBytes = PIXEL * (p.ow() + (long) p.strideH() * p.w());
        stripRows = (int) Math.max(1, Math.min(p.oh(), STRIP_BYTES / rowBytes));
    }

    /** Writes {@code gw}; all places are addresses. */
    void run(long x, long gy, long gw) {
        long work = (long) CHANNELS * taps * p.oh() * p.ow() * partImages;
        try (Scratch sums = Scratch.borrow(PIXEL * taps * parts * blocks)) {
            Rows.clear(sums.address(), PIXEL / 4 * taps * parts * blocks);
            Workers.forRange(
                    (long) blocks * parts,
                    Math.max(1, DepthwisePixels.GRAIN / Math.max(1, work)),
                    (from, to) -> tasks(from, to, x, gy, sums.address()));
            try (Scratch work2 = Scratch.borrow(Transposition.WORK_BYTES)) {
                for (int block = 0; block < blocks; block++) {
                    deliver(block, sums.address() + PIXEL * taps * parts * block, gw, work2.address());
                }
            }
        }
    }

    private void deliver(int block, long sums, long gw, long work) {
        for (int part = 1; part < parts; part++) {
            Rows.add(sums + PIXEL * taps * part, sums, (long) CHANNELS * taps);
        }
        int first = block * CHANNELS;
        int channels = Math.min(CHANNELS, p.c() - first);
        Transposition.pixelsToPlanes(sums, PIXEL, taps, gw + 4L * first * taps, 4L * taps, channels, work);
    }

    private void tasks(long from, long to, long x, long gy, long sums) {
        int most = Math.min(p.h(), (stripRows - 1) * p.strideH() + p.r());
        try (Scratch pixels = Scratch.borrow(PIXEL * most * p.w());
                Scratch slopes = Scratch.borrow(PIXEL * stripRows * p.ow());
                Scratch strip = Scratch.borrow(PIXEL * taps);
                Scratch work = Scratch.borrow(Transposition.WORK_BYTES)) {
            for (long task = from; task < to; task++) {
                int first = (int) (task / parts) * CHANNELS;
                int firstImage = (int) (task % parts) * partImages;
                int endImage = Math.min(p.n(), firstImage + partImages);
                for (int image = firstImage; image < endImage; image++) {
                    long plane = (long) image * p.c() + first;
                    for (int row = 0; row < p.oh(); row += stripRows) {
                        int end = Math.min(p.oh(), row + stripRows);
                        int channels = Math.min(CHANNELS, p.c() - first);
                        turn(x, gy, plane, channels, row, end, pixels.address(), slopes.address(), work.address());
                        sum(pixels.address(), slopes.address(), row, end, strip.address());
                        Rows.add(strip.address(), sums + PIXEL * taps * task, (long) CHANNELS * taps);
                    }
                }
            }
        }
    }

    private int top(int row) {
        return Math.max(0, row * p.strideH() - p.padH());
    }

    /** Brings a strip of rows of gradients, and the pixels that they meet, from planes to pixels. */
    private void turn(
            long x, long gy, long plane, int channels, int row, int end, long pixels, long slopes, long work) {
        int top = top(row);
        int bottom = Math.min(p.h(), (end - 1) * p.strideH() - p.padH() + p.r());
        // one call, since C2 writes out every one
        for (int side = 0; side < 2; side++) {
            boolean left = side == 0;
            long size = left ? (long) p.h() * p.w() : (long) p.oh() * p.ow();
            int before = left ? top * p.w() : row * p.ow();
            int count = left ? (bottom - top) * p.w() : (end - row) * p.ow();
            Transposition.planesToPixels(
                    (left ? x : gy) + 4 * (plane * size + before),
                    4 * size,
                    channels,
                    count,
                    left ? pixels : slopes,
                    PIXEL,
                    work);
        }
    }

    /** Sums the products of a strip for every tap. */
    private void sum(long pixels, long slopes, int row, int end, long to) {
        long target = to;
        long aRow = PIXEL * rows.leftStep() * p.w();
        long aColumn = PIXEL * columns.leftStep();
        for (int i = 0; i < p.r(); i++) {
            int first = Math.max(row, rows.right()[i]);
            int count = Math.max(0, Math.min(end, rows.right()[i] + rows.counts()[i]) - first);
            long pixelRow = rows.left()[i] + (long) (first - rows.right()[i]) * rows.leftStep() - top(row);
            for (int j = 0; j < p.s(); j++) {
                PixelSums.run(
                        pixels + PIXEL * (pixelRow * p.w() + columns.left()[j]),
                        aRow,
                        aColumn,
                        slopes + PIXEL * ((long) (first - row) * p.ow() + columns.right()[j]),
                        PIXEL * p.ow(),
                        PIXEL,
                        count,
                        columns.counts()[j],
                        NativeMemory.ZEROS,
                        target);
                target += PIXEL;
            }
        }
    }
}
