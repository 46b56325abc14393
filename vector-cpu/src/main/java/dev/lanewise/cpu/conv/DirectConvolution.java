package dev.lanewise.cpu.conv;

import static dev.lanewise.cpu.conv.Vectors.BYTES;
import static dev.lanewise.cpu.conv.Vectors.LANES;
import static dev.lanewise.cpu.conv.Vectors.ORDER;
import static dev.lanewise.cpu.conv.Vectors.SPECIES;
import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.MASK;

import dev.lanewise.cpu.memory.Scratch;
import dev.lanewise.cpu.parallel.Workers;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/**
 * The direct convolution, forward and with respect to its input: no matrix of patches, one flat loop over a table of taps.
 *
 * <p>A task is one image of one group, or a strip of its rows. Its input is copied into {@link Planes} unless the tensor is
 * laid out so already; then each pair of pixel vectors meets each block of output channels in {@link DirectTile}.
 */
final class DirectConvolution {
    /** Taps summed for all blocks of channels before the next, about: the pixels they read stay in the first-level cache. */
    private static final int PART_STEPS = 144;

    private static final long TILE_STEP = DirectTile.VECTORS * BYTES;

    private final DirectPlan plan;
    private final DirectWeights weights;
    private final long input;
    private final long output;
    private final int partSteps;

    private DirectConvolution(DirectPlan plan, DirectWeights weights, long input, long output) {
        this.plan = plan;
        this.weights = weights;
        this.input = input;
        this.output = output;
        int parts = Math.max(1, Math.round((float) weights.mostSteps() / PART_STEPS));
        this.partSteps = Math.max(1, Vectors.blocks(weights.mostSteps(), parts));
    }

    /** Computes {@code y} by the plan; all places are addresses, {@code bias} may be 0 for none. */
    static void run(DirectPlan plan, long x, long w, long bias, long y) {
        try (var weights = new DirectWeights(plan, w, bias)) {
            var pass = new DirectConvolution(plan, weights, x, y);
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
            long pictures = (long) image
                    * plan.outputs()
                    * plan.shape().h()
                    * plan.shape().w();
            plan.interleave(grid.address(), firstRow, rows, output + 4 * pictures);
        }
    }

    /** Covers {@code rows} rows of the grid with pairs of vectors. */
    private void sweep(long pixels, int rows, int group, long to, int planeRows) {
        int width = plan.flat() ? rows * plan.gridW() : plan.gridW();
        int lines = plan.flat() ? 1 : rows;
        int lastColumn = Math.max(0, width - LANES);
        int perLine = Vectors.blocks(width, LANES);
        int lanes = Math.min(width, LANES);
        int vectors = lines * perLine;
        int pitch = plan.planes().pitch();
        long channelBytes = 4L * planeRows * plan.gridW();
        // Whole blocks of whole vectors need no tile.
        int direct = lanes == LANES ? plan.gridPlanes() / DirectTile.CHANNELS : 0;
        try (Scratch tiles = Scratch.borrow(plan.blocks() * DirectTile.TILE_BYTES)) {
            for (int first = 0; first < vectors; first += DirectTile.VECTORS) {
                // Past the end the last vector is computed again: the same bits to the same place.
                int second = Math.min(first + 1, vectors - 1);
                int line0 = first / perLine;
                int line1 = second / perLine;
                int column0 = Math.min((first - line0 * perLine) * LANES, lastColumn);
                int column1 = Math.min((second - line1 * perLine) * LANES, lastColumn);
                long x0 = pixels + 4L * ((long) line0 * pitch + column0);
                long x1 = pixels + 4L * ((long) line1 * pitch + column1);
                long y0 = to + 4L * ((long) line0 * width + column0);
                long y1 = to + 4L * ((long) line1 * width + column1);
                sum(x0, x1, group, tiles.address(), direct, y0, y1, channelBytes);
                store(tiles.address(), direct, lanes, y0, channelBytes);
                store(tiles.address() + BYTES, direct, lanes, y1, channelBytes);
            }
        }
    }

    /**
     * Computes all blocks of channels at a pair of vectors, a part of the taps at a time: the first {@code direct} blocks in
     * place, the others as tiles.
     */
    private void sum(long x0, long x1, int group, long tiles, int direct, long y0, long y1, long channelBytes) {
        for (int part = 0; part == 0 || part < weights.mostSteps(); part += partSteps) {
            for (int block = 0; block < plan.blocks(); block++) {
                int rest = weights.steps(block) - part;
                if (rest > 0 || part == 0) {
                    long tile = tiles + block * DirectTile.TILE_BYTES;
                    boolean inPlace = rest <= partSteps && block < direct;
                    long plane = (long) block * DirectTile.CHANNELS * channelBytes;
                    DirectTile.run(
                            x0,
                            x1,
                            weights.taps(block) + 8L * part,
                            Math.min(partSteps, rest),
                            weights.weights(group, block) + 4L * DirectTile.CHANNELS * part,
                            part == 0 ? weights.start(group, block) : tile,
                            inPlace ? y0 + plane : tile,
                            inPlace ? y1 + plane : tile + BYTES,
                            inPlace ? channelBytes : TILE_STEP);
                }
            }
        }
    }

    /** Writes the results of the blocks from {@code firstBlock} on. */
    private void store(long tiles, int firstBlock, int lanes, long to, long channelBytes) {
        int first = firstBlock * DirectTile.CHANNELS;
        if (lanes < LANES) {
            storePart(tiles, first, lanes, to, channelBytes);
            return;
        }
        for (int plane = first; plane < plan.gridPlanes(); plane++) {
            load(tiles, plane).intoMemorySegment(ALL, (to + plane * channelBytes) & MASK, ORDER);
        }
    }

    private void storePart(long tiles, int first, int lanes, long to, long channelBytes) {
        VectorMask<Float> written = SPECIES.indexInRange(0, lanes);
        for (int plane = first; plane < plan.gridPlanes(); plane++) {
            load(tiles, plane).intoMemorySegment(ALL, (to + plane * channelBytes) & MASK, ORDER, written);
        }
    }

    private static FloatVector load(long tiles, int plane) {
        long at = tiles + plane * TILE_STEP;
        return FloatVector.fromMemorySegment(SPECIES, ALL, at & MASK, ORDER);
    }
}
