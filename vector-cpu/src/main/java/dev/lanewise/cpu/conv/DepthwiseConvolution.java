package dev.lanewise.cpu.conv;

import static dev.lanewise.cpu.conv.Vectors.FLOAT;
import static dev.lanewise.cpu.conv.Vectors.LANES;
import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.MASK;

import dev.lanewise.cpu.memory.Scratch;
import dev.lanewise.cpu.parallel.Workers;

/**
 * Convolutions whose groups have few channels, depthwise ones above all, forward and with respect to the input.
 *
 * <p>A task is one image of one group, or a strip of its rows. Its input is copied into {@link Planes}; since rows follow each
 * other there at one pitch, an output plane is one run of vectors over all its rows, whatever their width: what is computed
 * for the columns between two rows is dropped as the rows are copied out.
 */
final class DepthwiseConvolution {
    /** More channels in a group fill the tiles of {@link DirectConvolution}. */
    static final int MOST_OUTPUTS = 2;

    private final DirectPlan plan;
    private final Planes planes;
    private final DepthwiseTaps taps;
    private final long input;
    private final long bias;
    private final long output;

    private DepthwiseConvolution(
            DirectPlan plan, Planes planes, DepthwiseTaps taps, long input, long bias, long output) {
        this.plan = plan;
        this.planes = planes;
        this.taps = taps;
        this.input = input;
        this.bias = bias;
        this.output = output;
    }

    /** Computes {@code y} by the plan; all places are addresses, {@code bias} may be 0 for none. */
    static void run(DirectPlan plan, long x, long w, long bias, long y) {
        Planes planes = plan.stripPlanes();
        try (var taps = new DepthwiseTaps(plan, planes, w)) {
            var pass = new DepthwiseConvolution(plan, planes, taps, x, bias, y);
            int strips = plan.shape().n() * plan.shape().groups() * plan.strips();
            long work = (long) plan.gridPlanes() * planes.rows() * planes.pitch();
            Workers.forRange(strips, Math.max(1, DepthwiseTile.GRAIN / work), pass::strips);
        }
    }

    private void strips(long from, long to) {
        long sums = 4L * planes.rows() * planes.pitch() + DepthwiseTile.BYTES;
        try (Scratch copy = Scratch.borrow(planes.bytes() + DepthwiseTile.BYTES);
                Scratch flat = Scratch.borrow(sums);
                Scratch grid = Scratch.borrow(plan.phases() == 1 ? 0 : plan.gridBytes())) {
            for (long task = from; task < to; task++) {
                strip(task, copy.address(), flat.address(), grid.address());
            }
        }
    }

    private void strip(long task, long copy, long flat, long grid) {
        int firstRow = (int) (task % plan.strips()) * plan.stripRows();
        int rows = Math.min(plan.stripRows(), plan.gridH() - firstRow);
        long image = task / plan.strips();
        int group = (int) (image % plan.shape().groups());
        planes.fill(input + 4L * image * planes.channels() * planes.sourceH() * planes.sourceW(), firstRow, copy);
        Rows.clear(copy + planes.bytes(), DepthwiseTile.VECTORS * (long) LANES);
        long length = (long) (rows - 1) * planes.pitch() + plan.gridW();
        if (plan.phases() == 1) {
            long picture = output + 4L * image * plan.outputs() * plan.gridH() * plan.gridW();
            for (int plane = 0; plane < plan.outputs(); plane++) {
                taps.sum(copy, group, plane, start(group, plane), flat, length);
                deliver(flat, rows, picture + 4L * ((long) plane * plan.gridH() + firstRow) * plan.gridW());
            }
            return;
        }
        for (int plane = 0; plane < plan.gridPlanes(); plane++) {
            taps.sum(copy, group, plane, 0, flat, length);
            deliver(flat, rows, grid + 4L * plane * rows * plan.gridW());
        }
        plan.interleave(
                grid,
                firstRow,
                rows,
                output
                        + 4L
                                * image
                                * plan.outputs()
                                * plan.shape().h()
                                * plan.shape().w());
    }

    private float start(int group, int plane) {
        return bias == 0 ? 0 : ALL.get(FLOAT, (bias + 4L * (group * plan.outputs() + plane)) & MASK);
    }

    /** Copies the rows of the run of sums to their dense place. */
    private void deliver(long flat, int rows, long to) {
        int width = plan.gridW();
        if (planes.pitch() == width) {
            Rows.copy(flat, to, rows * width);
        } else {
            Rows.copyRows(flat, planes.pitch(), rows, width, to);
        }
    }
}
