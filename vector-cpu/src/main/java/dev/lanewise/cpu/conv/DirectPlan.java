package dev.lanewise.cpu.conv;

/**
 * What the direct convolution computes, as a sum over taps on a grid of pixels; the forward pass and the gradient with
 * respect to the input are both of this form.
 *
 * <p>The input gradient of a strided convolution splits its picture by stride into phases,
 * {@code gx[y * strideH + a - padH][x * strideW + b - padW]}: each phase is an unstrided convolution of the output's gradient
 * with the taps {@code i} where {@code i * dilationH mod strideH = a}. The phases are computed as further channels of one grid
 * and interleaved afterwards.
 *
 * @param shape the convolution
 * @param gradient whether the result is the input's gradient
 * @param inputs channels read by one group
 * @param outputs channels written by one group
 * @param planes layout of the input of one strip
 * @param gridH rows of the grid
 * @param gridW columns of the grid
 * @param firstY grid row 0 in the phases of the padded picture
 * @param firstX grid column 0 in the phases of the padded picture
 * @param stripRows grid rows of one strip
 */
record DirectPlan(
        ConvShape shape,
        boolean gradient,
        int inputs,
        int outputs,
        Planes planes,
        int gridH,
        int gridW,
        int firstY,
        int firstX,
        int stripRows) {
    /** Input bytes of a strip: it shares the second-level cache with the weights. */
    private static final long STRIP_BYTES = 512 << 10;

    /** Tasks wanted of a small batch, a constant so that the split depends on the sizes alone. */
    private static final int TASKS = 8;

    static DirectPlan forward(ConvShape p) {
        int extraH = (p.r() - 1) * p.dilationH() / p.strideH();
        int extraW = (p.s() - 1) * p.dilationW() / p.strideW();
        var planes = new Planes(
                p.groupInputs(),
                p.h(),
                p.w(),
                p.strideH(),
                p.strideW(),
                phases(p.r(), p.dilationH(), p.strideH()),
                phases(p.s(), p.dilationW(), p.strideW()),
                p.padH(),
                p.padW(),
                p.oh() + extraH,
                p.ow() + extraW,
                false);
        return new DirectPlan(p, false, p.groupInputs(), p.groupOutputs(), planes, p.oh(), p.ow(), 0, 0, 0).inStrips();
    }

    static DirectPlan inputGrad(ConvShape p) {
        int extraH = (p.r() - 1) * p.dilationH() / p.strideH();
        int extraW = (p.s() - 1) * p.dilationW() / p.strideW();
        int firstY = p.padH() / p.strideH();
        int firstX = p.padW() / p.strideW();
        int gridH = (p.h() - 1 + p.padH()) / p.strideH() - firstY + 1;
        int gridW = (p.w() - 1 + p.padW()) / p.strideW() - firstX + 1;
        var planes = new Planes(
                p.groupOutputs(),
                p.oh(),
                p.ow(),
                1,
                1,
                1,
                1,
                extraH - firstY,
                extraW - firstX,
                gridH + extraH,
                gridW + extraW,
                false);
        return new DirectPlan(p, true, p.groupOutputs(), p.groupInputs(), planes, gridH, gridW, firstY, firstX, 0)
                .inStrips();
    }

    /** Returns how many phases the taps {@code i * dilation mod stride} touch, counted up to the last. */
    private static int phases(int taps, int dilation, int stride) {
        int last = 0;
        for (int i = 0; i < taps; i++) {
            last = Math.max(last, i * dilation % stride);
        }
        return last + 1;
    }

    private DirectPlan inStrips() {
        int images = Math.max(1, shape.n() * shape.groups());
        long rowBytes = 4L * planes.channels() * planes.phasesH() * planes.phasesW() * planes.pitch();
        long fitting = Math.max(4, STRIP_BYTES / rowBytes - extraRows());
        int sharing = Vectors.blocks(gridH, Vectors.blocks(TASKS, images));
        int strip = (int) Math.min(Math.min(fitting, sharing), gridH);
        var whole = new DirectPlan(shape, gradient, inputs, outputs, planes, gridH, gridW, firstY, firstX, strip);
        return whole.with(whole.fitsInPlace() ? planes.withDense(true) : planes.withRows(strip + extraRows()));
    }

    private DirectPlan with(Planes newPlanes) {
        return new DirectPlan(shape, gradient, inputs, outputs, newPlanes, gridH, gridW, firstY, firstX, stripRows);
    }

    private int extraRows() {
        return (shape.r() - 1) * shape.dilationH() / shape.strideH();
    }

    private int extraColumns() {
        return (shape.s() - 1) * shape.dilationW() / shape.strideW();
    }

    /** Returns the layout of a whole image's input. */
    Planes wholePlanes() {
        return planes.withRows(gridH + extraRows());
    }

    /** Returns the layout of a strip's input where it is always copied. */
    Planes stripPlanes() {
        return planes.withRows(stripRows + extraRows()).withDense(false);
    }

    /** Tells whether the input can well be read where it is: laid out right, and no vector runs over its end. */
    private boolean fitsInPlace() {
        boolean fits = gridW >= Vectors.LANES || (flat() && stripRows == gridH && gridH * gridW >= Vectors.LANES);
        return fits && planes.isSource() && !planes.sourceCollides();
    }

    /** Tells whether the input is read where it is. */
    boolean inPlace() {
        return planes.dense();
    }

    /** Tells whether the pixels of a strip are contiguous in the input as in the output. */
    boolean flat() {
        return planes.pitch() == gridW;
    }

    /** Returns the share of the lanes that compute a pixel of the grid, of all pairs of vectors that cover it. */
    double filledLanes() {
        int width = flat() ? gridH * gridW : gridW;
        int vectors = (flat() ? 1 : gridH) * Vectors.blocks(width, Vectors.LANES);
        int pairs = Vectors.blocks(vectors, DirectTile.VECTORS);
        return (double) gridH * gridW / ((double) pairs * DirectTile.VECTORS * Vectors.LANES);
    }

    int strips() {
        return Vectors.blocks(gridH, stripRows);
    }

    /** Returns how many phases the result is split into. */
    int phases() {
        return gradient ? shape.strideH() * shape.strideW() : 1;
    }

    /** Returns the planes from the first of one phase to the first of the next: whole blocks unless channels are few. */
    private int phasePlanes() {
        return phases() == 1 || outputs < DirectTile.CHANNELS
                ? outputs
                : (int) Vectors.roundUp(outputs, DirectTile.CHANNELS);
    }

    /** Returns the planes computed on the grid. */
    int gridPlanes() {
        return phases() * phasePlanes();
    }

    int blocks() {
        return Vectors.blocks(gridPlanes(), DirectTile.CHANNELS);
    }

    /** Returns the blocks that share one table of taps: all of a phase, or one where phases meet in a block. */
    int blocksPerTable() {
        if (phases() == 1) {
            return blocks();
        }
        return outputs < DirectTile.CHANNELS ? 1 : phasePlanes() / DirectTile.CHANNELS;
    }

    /** Returns the rows of taps that the flat table may number. */
    int tapRows() {
        return gradient ? extraRows() + 1 : shape.r();
    }

    int tapColumns() {
        return gradient ? extraColumns() + 1 : shape.s();
    }

    /** Returns the byte offset, relative to a pixel, of a tap. */
    long tapOffset(int channel, int row, int column) {
        return tapOffset(planes, channel, row, column);
    }

    /** Returns the byte offset, relative to a pixel, of a tap in a layout of this plan. */
    long tapOffset(Planes layout, int channel, int row, int column) {
        if (gradient) {
            return layout.offset(channel, 0, 0, extraRows() - row, extraColumns() - column);
        }
        int y = row * shape.dilationH();
        int x = column * shape.dilationW();
        return layout.offset(
                channel, y % shape.strideH(), x % shape.strideW(), y / shape.strideH(), x / shape.strideW());
    }

    /** Returns the index {@code i * s + j} of the weight that a plane of the grid multiplies at a tap, or -1. */
    int kernelIndex(int plane, int row, int column) {
        if (!gradient) {
            return row * shape.s() + column;
        }
        int phase = plane / phasePlanes();
        int y = row * shape.strideH() + phase / shape.strideW();
        int x = column * shape.strideW() + phase % shape.strideW();
        int i = y / shape.dilationH();
        int j = x / shape.dilationW();
        boolean taken = y % shape.dilationH() == 0 && x % shape.dilationW() == 0 && i < shape.r() && j < shape.s();
        return taken && plane % phasePlanes() < outputs && plane < gridPlanes() ? i * shape.s() + j : -1;
    }

    /** Returns the element of the weights, {@code [k][c / groups][r][s]}, for a plane of the grid and an input channel. */
    long weightIndex(int group, int plane, int input, int kernelIndex) {
        long taps = (long) shape.r() * shape.s();
        long channel = plane % phasePlanes();
        long k = (long) group * shape.groupOutputs() + (gradient ? input : channel);
        long c = gradient ? channel : input;
        return (k * shape.groupInputs() + c) * taps + kernelIndex;
    }

    /** Returns the elements between the weights of two input channels. */
    long weightStep() {
        return (long) shape.r() * shape.s() * (gradient ? shape.groupInputs() : 1);
    }

    /** Returns the bytes of the grid's planes for a strip. */
    long gridBytes() {
        return 4L * gridPlanes() * stripRows * gridW;
    }

    /** Writes the rows of the picture that a strip's phases hold. */
    void interleave(long grid, int firstRow, int rows, long picture) {
        for (int a = 0; a < shape.strideH(); a++) {
            for (int row = 0; row < rows; row++) {
                int y = (firstY + firstRow + row) * shape.strideH() + a - shape.padH();
                if (y >= 0 && y < shape.h()) {
                    for (int channel = 0; channel < outputs; channel++) {
                        long from = grid
                                + 4L * (((long) a * shape.strideW() * phasePlanes() + channel) * rows + row) * gridW;
                        long to = picture + 4 * (((long) channel * shape.h() + y) * shape.w());
                        interleaveRow(from, 4L * phasePlanes() * rows * gridW, to);
                    }
                }
            }
        }
    }

    /** Writes a row of the picture; {@code from} is its row of the first column phase, {@code phase} bytes before the next. */
    private void interleaveRow(long from, long phase, long to) {
        int stride = shape.strideW();
        if (stride == 2) {
            // Column 0 of the picture is column padW of the padded one.
            long even = from + shape.padW() % 2 * phase + 4L * (shape.padW() / 2 - firstX);
            long odd = from + (shape.padW() + 1) % 2 * phase + 4L * ((shape.padW() + 1) / 2 - firstX);
            Rows.interleave(even, odd, to, shape.w());
            return;
        }
        for (int b = 0; b < stride; b++) {
            int shift = firstX * stride + b - shape.padW();
            int first = shift < 0 ? 1 : 0;
            int end = Math.min(gridW, Math.ceilDiv(shape.w() - shift, stride));
            Rows.scatter(from + b * phase + 4L * first, to + 4L * (shift + first * stride), stride, end - first);
        }
    }
}
