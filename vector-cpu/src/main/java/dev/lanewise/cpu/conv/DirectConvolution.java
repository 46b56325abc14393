package dev.lanewise.cpu.conv;

import static dev.lanewise.cpu.conv.Vectors.BYTES;
import static dev.lanewise.cpu.conv.Vectors.FLOAT;
import static dev.lanewise.cpu.conv.Vectors.LANES;
import static dev.lanewise.cpu.conv.Vectors.ORDER;
import static dev.lanewise.cpu.conv.Vectors.SPECIES;
import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.MASK;

import dev.lanewise.cpu.memory.Scratch;
import dev.lanewise.cpu.parallel.Workers;
import jdk.incubator.vector.FloatVector;

/**
 * The direct convolution, forward and with respect to its input: no matrix of patches, one flat loop over a table of taps.
 *
 * <p>A task is one image of one group, or a strip of its rows. Its input is copied into {@link Planes} unless the tensor is
 * laid out so already; then each pair of pixel vectors meets each block of output channels in {@link DirectTile}.
 */
final class DirectConvolution {
    private final DirectPlan plan;
    private final DirectWeights weights;
    private final long input;
    private final boolean relu;
    private final long output;

    private DirectConvolution(DirectPlan plan, DirectWeights weights, long input, boolean relu, long output) {
        this.plan = plan;
        this.weights = weights;
        this.input = input;
        this.relu = relu;
        this.output = output;
    }

    /** Computes {@code y} by the plan; all places are addresses, {@code bias} may be 0 for none. */
    static void run(DirectPlan plan, long x, long w, long bias, boolean relu, long y) {
        try (var weights = new DirectWeights(plan, w, bias)) {
            var pass = new DirectConvolution(plan, weights, x, relu, y);
            Workers.run(plan.shape().n() * plan.shape().groups() * plan.strips(), pass::strip);
        }
    }

    private void strip(int task) {
        int firstRow = task % plan.strips() * plan.stripRows();
        int rows = Math.min(plan.stripRows(), plan.gridH() - firstRow);
        int image = task / plan.strips();
        Planes planes = plan.planes();
        long pixels = input + 4L * image * planes.channels() * planes.sourceH() * planes.sourceW();
        if (plan.inPlace()) {
            write(pixels + 4L * firstRow * planes.pitch(), image, firstRow, rows);
            return;
        }
        try (Scratch copy = Scratch.borrow(planes.bytes())) {
            planes.fill(pixels, firstRow, copy.address());
            write(copy.address(), image, firstRow, rows);
        }
    }

    private void write(long pixels, int image, int firstRow, int rows) {
        int group = image % plan.shape().groups();
        if (plan.phases() == 1) {
            long to = output + 4L * ((long) image * plan.outputs() * plan.gridH() + firstRow) * plan.gridW();
            sweep(pixels, rows, group, to, plan.gridH());
            return;
        }
        try (Scratch grid = Scratch.borrow(plan.gridBytes())) {
            sweep(pixels, rows, group, grid.address(), rows);
            long pictures = (long) image * plan.outputs() * plan.shape().h() * plan.shape().w();
            plan.interleave(grid.address(), firstRow, rows, output + 4 * pictures);
        }
    }

    /** Covers {@code rows} rows of the grid with pairs of vectors and each of them with the blocks of output channels. */
    private void sweep(long pixels, int rows, int group, long to, int planeRows) {
        int width = plan.flat() ? rows * plan.gridW() : plan.gridW();
        int lines = plan.flat() ? 1 : rows;
        int lastColumn = Math.max(0, width - LANES);
        int perLine = Vectors.blocks(width, LANES);
        int lanes = Math.min(width, LANES);
        int vectors = lines * perLine;
        int pitch = plan.planes().pitch();
        long channelBytes = 4L * planeRows * plan.gridW();
        try (Scratch tile = Scratch.borrow(DirectTile.TILE_BYTES)) {
            for (int first = 0; first < vectors; first += DirectTile.VECTORS) {
                // Past the end the last vector is computed again: the same bits to the same place.
                int v1 = Math.min(first + 1, vectors - 1);
                int line0 = first / perLine;
                int line1 = v1 / perLine;
                int column0 = Math.min((first - line0 * perLine) * LANES, lastColumn);
                int column1 = Math.min((v1 - line1 * perLine) * LANES, lastColumn);
                long x0 = pixels + 4L * ((long) line0 * pitch + column0);
                long x1 = pixels + 4L * ((long) line1 * pitch + column1);
                long y0 = to + 4L * ((long) line0 * width + column0);
                long y1 = to + 4L * ((long) line1 * width + column1);
                for (int block = 0; block < plan.blocks(); block++) {
                    DirectTile.run(
                            x0, x1, weights.taps(block), weights.steps(block), weights.weights(group, block),
                            weights.start(group, block), tile.address());
                    int channels = Math.min(DirectTile.CHANNELS, plan.gridPlanes() - block * DirectTile.CHANNELS);
                    long at = block * DirectTile.CHANNELS * channelBytes;
                    store(tile.address(), channels, lanes, y0 + at, channelBytes);
                    store(tile.address() + BYTES, channels, lanes, y1 + at, channelBytes);
                }
            }
        }
    }

    private void store(long tile, int channels, int lanes, long to, long channelBytes) {
        if (lanes < LANES) {
            storePart(tile, channels, lanes, to, channelBytes);
            return;
        }
        for (int i = 0; i < channels; i++) {
            FloatVector sum = FloatVector.fromMemorySegment(
                    SPECIES, ALL, (tile + (long) i * DirectTile.VECTORS * BYTES) & MASK, ORDER);
            (relu ? sum.max(0f) : sum).intoMemorySegment(ALL, (to + i * channelBytes) & MASK, ORDER);
        }
    }

    private void storePart(long tile, int channels, int lanes, long to, long channelBytes) {
        for (int i = 0; i < channels; i++) {
            for (int lane = 0; lane < lanes; lane++) {
                float sum = ALL.get(FLOAT, (tile + (long) i * DirectTile.VECTORS * BYTES + 4L * lane) & MASK);
                ALL.set(FLOAT, (to + i * channelBytes + 4L * lane) & MASK, relu ? Math.max(sum, 0f) : sum);
            }
        }
    }
}
