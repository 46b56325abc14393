package dev.lanewise.cpu.conv;

import static dev.lanewise.cpu.conv.PixelSums.CHANNELS;
import static dev.lanewise.cpu.conv.PixelSums.PIXEL;

import dev.lanewise.cpu.memory.Scratch;
import dev.lanewise.cpu.parallel.Workers;

/**
 * Depthwise convolutions of one output channel per input channel with the channels in the lanes, forward and with respect to the
 * input. What a call costs for each row of each plane, where {@link DepthwiseConvolution} copies rows, it costs here for each
 * vector of channels. Blocks of channels are brought from planes to pixels and back, a strip of rows at a time; every result
 * sums its own taps, none of them outside the picture.
 */
final class DepthwisePixels {
    /** Bytes of the pixels and the results of a strip, about: a part of the second-level cache. */
    private static final long STRIP_BYTES = 192 << 10;

    /** Outputs of a plane up to which its rows, copied one by one, take longer than lanes that are not filled. */
    private static final int SMALL_PLANE = 256;

    /** Products of a task, about. */
    static final long GRAIN = 1 << 17;

    private final ConvShape shape;
    private final PixelRange rows;
    private final PixelRange columns;
    private final boolean gradient;
    private final int sourceH;
    private final int sourceW;
    private final int resultH;
    private final int resultW;
    private final int taps;
    private final int blocks;
    private final int stripRows;
    private final int strips;
    private final int[] tops;
    private final int[] bottoms;
    private final int mostRows;

    /** Plans a shape that {@link #isQuicker} holds for. */
    DepthwisePixels(ConvShape p, boolean gradient) {
        this.shape = p;
        this.gradient = gradient;
        if (gradient) {
            rows = PixelRange.inputGrad(p.h(), p.oh(), p.r(), p.strideH(), p.padH());
            columns = PixelRange.inputGrad(p.w(), p.ow(), p.s(), p.strideW(), p.padW());
        } else {
            rows = PixelRange.forward(p.h(), p.oh(), p.r(), p.strideH(), p.padH());
            columns = PixelRange.forward(p.w(), p.ow(), p.s(), p.strideW(), p.padW());
        }
        sourceH = gradient ? p.oh() : p.h();
        sourceW = gradient ? p.ow() : p.w();
        resultH = gradient ? p.h() : p.oh();
        resultW = gradient ? p.w() : p.ow();
        taps = p.r() * p.s();
        blocks = Vectors.blocks(p.c(), CHANNELS);
        long bytes = PIXEL * ((long) sourceH * sourceW + (long) resultH * resultW);
        stripRows = (int) Math.max(1, Math.min(resultH, resultH * STRIP_BYTES / bytes));
        strips = Vectors.blocks(resultH, stripRows);
        tops = new int[strips];
        bottoms = new int[strips];
        int most = 0;
        for (int strip = 0; strip < strips; strip++) {
            span(strip);
            most = Math.max(most, bottoms[strip] - tops[strip]);
        }
        mostRows = most;
    }

    /** Whether this computes a shape, and quicker than plane by plane. */
    static boolean isQuicker(ConvShape p) {
        // a block costs the same however many channels it has
        boolean filled = 4L * p.c() >= 3L * CHANNELS * Vectors.blocks(p.c(), CHANNELS);
        return canCompute(p) && (filled || p.oh() * p.ow() <= SMALL_PLANE);
    }

    /** Whether there is one output channel per input channel, and every output sees a pixel. */
    private static boolean canCompute(ConvShape p) {
        return p.groups() == p.c()
                && p.k() == p.c()
                && p.dilationH() == 1
                && p.dilationW() == 1
                && p.padH() < p.r()
                && p.padW() < p.s();
    }

    /** Whether results sum zeros of the padding, which with infinite weights are no number. */
    boolean seesPadding() {
        return !gradient && shape.padH() + shape.padW() > 0;
    }

    /** Computes {@code y} from the pixels {@code x} and the weights; all places are addresses, {@code bias} may be 0 for none. */
    void run(long x, long w, long bias, long y) {
        long work = (long) CHANNELS * taps * Math.min((long) sourceH * sourceW, (long) resultH * resultW);
        Workers.forRange(
                (long) blocks * shape.n() * strips,
                Math.max(1, GRAIN * strips / work),
                (from, to) -> tasks(from, to, x, w, bias, y));
    }

    /** Some tasks: strips of images of blocks of channels, so that neighbours share their weights. */
    private void tasks(long from, long to, long x, long w, long bias, long y) {
        try (Scratch pixels = Scratch.borrow(PIXEL * mostRows * sourceW);
                Scratch results = Scratch.borrow(PIXEL * stripRows * resultW);
                Scratch weights = Scratch.borrow(PIXEL * (taps + 1));
                Scratch work = Scratch.borrow(Transposition.WORK_BYTES)) {
            long start = weights.address() + PIXEL * taps;
            long perBlock = (long) shape.n() * strips;
            for (long task = from; task < to; task++) {
                int first = (int) (task / perBlock) * CHANNELS;
                int channels = Math.min(CHANNELS, shape.c() - first);
                if (task == from || task % perBlock == 0) {
                    turnWeights(w, bias, first, channels, weights.address(), work.address());
                }
                long plane = task % perBlock / strips * shape.c() + first;
                int strip = (int) (task % strips);
                int firstRow = strip * stripRows;
                int endRow = Math.min(resultH, firstRow + stripRows);
                int top = tops[strip];
                int count = (bottoms[strip] - top) * sourceW;
                Transposition.planesToPixels(
                        x + 4 * (plane * sourceH + top) * sourceW,
                        4L * sourceH * sourceW,
                        channels,
                        count,
                        pixels.address(),
                        PIXEL,
                        work.address());
                sum(
                        pixels.address() - PIXEL * top * sourceW,
                        weights.address(),
                        start,
                        firstRow,
                        endRow,
                        results.address());
                Transposition.pixelsToPlanes(
                        results.address(),
                        PIXEL,
                        (endRow - firstRow) * resultW,
                        y + 4 * (plane * resultH + firstRow) * resultW,
                        4L * resultH * resultW,
                        channels,
                        work.address());
            }
        }
    }

    /** Brings a block's weights, and its bias behind them, to where all tasks of the block find them. */
    private void turnWeights(long w, long bias, int first, int channels, long to, long work) {
        Transposition.planesToPixels(w + 4L * first * taps, 4L * taps, channels, taps, to, PIXEL, work);
        long start = to + PIXEL * taps;
        Rows.clear(start, CHANNELS);
        if (bias != 0) {
            Rows.copy(bias + 4L * first, start, channels);
        }
    }

    /** Notes the rows of the source that the results of a strip sum: from the first to the one after the last. */
    private void span(int strip) {
        int top = sourceH;
        int bottom = 0;
        for (int row = strip * stripRows; row < Math.min(resultH, (strip + 1) * stripRows); row++) {
            if (rows.counts()[row] > 0) {
                int last = rows.left()[row] + (rows.counts()[row] - 1) * rows.leftStep();
                top = Math.min(top, Math.min(rows.left()[row], last));
                bottom = Math.max(bottom, Math.max(rows.left()[row], last) + 1);
            }
        }
        tops[strip] = Math.min(top, bottom);
        bottoms[strip] = bottom;
    }

    /** Computes rows of results; {@code pixels} is where row 0 of the source would be. */
    private void sum(long pixels, long weights, long start, int firstRow, int endRow, long to) {
        long target = to;
        long aRow = PIXEL * rows.leftStep() * sourceW;
        long aColumn = PIXEL * columns.leftStep();
        long bRow = PIXEL * rows.rightStep() * shape.s();
        long bColumn = PIXEL * columns.rightStep();
        for (int row = firstRow; row < endRow; row++) {
            long a = pixels + PIXEL * rows.left()[row] * sourceW;
            long b = weights + PIXEL * rows.right()[row] * shape.s();
            for (int column = 0; column < resultW; column++) {
                PixelSums.run(
                        a + PIXEL * columns.left()[column],
                        aRow,
                        aColumn,
                        b + PIXEL * columns.right()[column],
                        bRow,
                        bColumn,
                        rows.counts()[row],
                        columns.counts()[column],
                        start,
                        target);
                target += PIXEL;
            }
        }
    }
}
