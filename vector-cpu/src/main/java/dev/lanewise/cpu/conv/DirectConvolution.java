package dev.lanewise.cpu.conv;

import static dev.lanewise.cpu.conv.Vectors.BYTES;
import static dev.lanewise.cpu.conv.Vectors.FLOAT;
import static dev.lanewise.cpu.conv.Vectors.LANES;
import static dev.lanewise.cpu.conv.Vectors.ORDER;
import static dev.lanewise.cpu.conv.Vectors.SPECIES;

import dev.lanewise.cpu.parallel.Workers;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import org.jspecify.annotations.Nullable;

/**
 * The direct convolution, forward and with respect to its input: no matrix of patches, one flat loop over a table of taps.
 *
 * <p>A task is one image of one group, or a strip of its rows. Its input is copied into {@link Planes} unless the tensor is
 * laid out so already; then each triple of pixel vectors meets each block of output channels in {@link DirectTile}.
 */
final class DirectConvolution {
    private final DirectPlan plan;
    private final DirectWeights weights;
    private final MemorySegment input;
    private final long inputAt;
    private final Activation activation;
    private final MemorySegment output;
    private final long outputAt;

    private DirectConvolution(
            DirectPlan plan,
            DirectWeights weights,
            MemorySegment input,
            long inputAt,
            Activation activation,
            MemorySegment output,
            long outputAt) {
        this.plan = plan;
        this.weights = weights;
        this.input = input;
        this.inputAt = inputAt;
        this.activation = activation;
        this.output = output;
        this.outputAt = outputAt;
    }

    /** Computes {@code y} by the plan; {@code bias}, if any, has one value for each output channel. */
    static void run(
            DirectPlan plan,
            MemorySegment x,
            long xAt,
            MemorySegment w,
            long wAt,
            @Nullable MemorySegment bias,
            long biasAt,
            Activation activation,
            MemorySegment y,
            long yAt) {
        var weights = new DirectWeights(plan, w, wAt, bias, biasAt);
        var pass = new DirectConvolution(plan, weights, x, xAt, activation, y, yAt);
        Workers.run(plan.shape().n() * plan.shape().groups() * plan.strips(), pass::strip);
    }

    private void strip(int task) {
        int firstRow = task % plan.strips() * plan.stripRows();
        int rows = Math.min(plan.stripRows(), plan.gridH() - firstRow);
        int image = task / plan.strips();
        int group = image % plan.shape().groups();
        Planes planes = plan.planes();
        MemorySegment pixels = input;
        long pixelsAt = inputAt + 4L * image * planes.channels() * planes.sourceH() * planes.sourceW();
        if (plan.inPlace()) {
            pixelsAt += 4L * firstRow * planes.pitch();
        } else {
            pixels = Buffers.get(Buffers.Use.PLANES, planes.bytes());
            planes.fill(input, pixelsAt, firstRow, pixels, 0);
            pixelsAt = 0;
        }
        if (plan.phases() == 1) {
            long to = outputAt + 4L * ((long) image * plan.outputs() * plan.gridH() + firstRow) * plan.gridW();
            sweep(pixels, pixelsAt, rows, group, output, to, plan.gridH());
        } else {
            MemorySegment grid = Buffers.get(Buffers.Use.OUTPUT, plan.gridBytes());
            sweep(pixels, pixelsAt, rows, group, grid, 0, rows);
            long pictures = (long) image * plan.outputs() * plan.shape().h() * plan.shape().w();
            plan.interleave(grid, firstRow, rows, output, outputAt + 4 * pictures);
        }
    }

    /** Covers {@code rows} rows of the grid with triples of vectors and each of them with the blocks of output channels. */
    private void sweep(
            MemorySegment pixels,
            long pixelsAt,
            int rows,
            int group,
            MemorySegment to,
            long toAt,
            int planeRows) {
        MemorySegment tile = Buffers.get(Buffers.Use.TILE, DirectTile.TILE_BYTES);
        boolean flat = plan.flat();
        int width = flat ? rows * plan.gridW() : plan.gridW();
        int lines = flat ? 1 : rows;
        int lastColumn = Math.max(0, width - LANES);
        int perLine = Vectors.blocks(width, LANES);
        int lanes = Math.min(width, LANES);
        int vectors = lines * perLine;
        int pitch = plan.planes().pitch();
        long channelBytes = 4L * planeRows * plan.gridW();
        for (int first = 0; first < vectors; first += DirectTile.VECTORS) {
            // Past the end the last vector is computed again: the same bits to the same place.
            int v1 = Math.min(first + 1, vectors - 1);
            int v2 = Math.min(first + 2, vectors - 1);
            int line0 = first / perLine;
            int line1 = v1 / perLine;
            int line2 = v2 / perLine;
            int column0 = Math.min((first - line0 * perLine) * LANES, lastColumn);
            int column1 = Math.min((v1 - line1 * perLine) * LANES, lastColumn);
            int column2 = Math.min((v2 - line2 * perLine) * LANES, lastColumn);
            long x0 = pixelsAt + 4L * ((long) line0 * pitch + column0);
            long x1 = pixelsAt + 4L * ((long) line1 * pitch + column1);
            long x2 = pixelsAt + 4L * ((long) line2 * pitch + column2);
            long y0 = toAt + 4L * ((long) line0 * width + column0);
            long y1 = toAt + 4L * ((long) line1 * width + column1);
            long y2 = toAt + 4L * ((long) line2 * width + column2);
            for (int block = 0; block < plan.blocks(); block++) {
                DirectTile.run(
                        pixels, x0, x1, x2, weights.taps(), weights.tapsAt(block), weights.steps(block),
                        weights.weights(), weights.weightsAt(group, block), weights.start(),
                        weights.startAt(group, block), tile, 0);
                int channels = Math.min(DirectTile.CHANNELS, plan.gridPlanes() - block * DirectTile.CHANNELS);
                long blockAt = block * DirectTile.CHANNELS * channelBytes;
                store(tile, 0, channels, lanes, to, y0 + blockAt, channelBytes);
                store(tile, BYTES, channels, lanes, to, y1 + blockAt, channelBytes);
                store(tile, 2 * BYTES, channels, lanes, to, y2 + blockAt, channelBytes);
            }
        }
    }

    private void store(
            MemorySegment tile, long tileAt, int channels, int lanes, MemorySegment to, long toAt, long channelBytes) {
        boolean relu = activation == Activation.RELU;
        if (lanes < LANES) {
            for (int i = 0; i < channels; i++) {
                for (int lane = 0; lane < lanes; lane++) {
                    float sum = tile.get(FLOAT, tileAt + (long) i * DirectTile.VECTORS * BYTES + 4L * lane);
                    to.set(FLOAT, toAt + i * channelBytes + 4L * lane, relu ? Math.max(sum, 0f) : sum);
                }
            }
        } else if (relu) {
            for (int i = 0; i < channels; i++) {
                FloatVector.fromMemorySegment(SPECIES, tile, tileAt + (long) i * DirectTile.VECTORS * BYTES, ORDER)
                        .max(0f)
                        .intoMemorySegment(to, toAt + i * channelBytes, ORDER);
            }
        } else {
            for (int i = 0; i < channels; i++) {
                FloatVector.fromMemorySegment(SPECIES, tile, tileAt + (long) i * DirectTile.VECTORS * BYTES, ORDER)
                        .intoMemorySegment(to, toAt + i * channelBytes, ORDER);
            }
        }
    }
}
