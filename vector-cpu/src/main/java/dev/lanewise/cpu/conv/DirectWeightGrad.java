package dev.lanewise.cpu.conv;

import static dev.lanewise.cpu.conv.Vectors.BYTES;
import static dev.lanewise.cpu.conv.Vectors.FLOAT;
import static dev.lanewise.cpu.conv.Vectors.LANES;
import static dev.lanewise.cpu.conv.Vectors.LONG;
import static dev.lanewise.cpu.conv.Vectors.ORDER;
import static dev.lanewise.cpu.conv.Vectors.SPECIES;
import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.MASK;

import dev.lanewise.cpu.LaneSum;
import dev.lanewise.cpu.memory.Scratch;
import dev.lanewise.cpu.parallel.Workers;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/**
 * The direct gradient of a convolution with respect to its weights.
 *
 * <p>The images are cut into parts, by the sizes alone; each part sums its own gradient over chunks of images whose planes
 * stay in the second-level cache, and the parts' gradients are added in their order.
 */
final class DirectWeightGrad implements AutoCloseable {
    /** Bytes of planes of one chunk of images. */
    private static final long CHUNK_BYTES = 512 << 10;

    /** Bytes of all parts' gradients together. */
    private static final long PARTIAL_BYTES = 16 << 20;

    /** Parts wanted: enough for the threads of a desktop, few enough for their gradients to be added quickly. */
    private static final int PARTS = 8;

    /** Pixel vectors summed for all taps before the next: those of gy stay in the first-level cache. */
    private static final int PART_STEPS = 64;

    private final ConvShape p;
    private final Planes x;
    private final Planes gy;
    private final boolean flat;
    private final int chunk;
    private final int parts;
    private final int taps;
    private final long xData;
    private final long gyData;
    private final Scratch tapTable;
    private final Scratch pixelTable;
    private final Scratch partial;

    private DirectWeightGrad(DirectPlan plan, long xData, long gyData) {
        this.p = plan.shape();
        Planes narrow = plan.wholePlanes();
        this.flat = narrow.pitch() == p.ow() && p.oh() * p.ow() % LANES == 0;
        // Rows padded to whole vectors: the lanes past a row's end multiply zeros of gy with zeros or data of x, never
        // garbage.
        int extra = narrow.pitch() - p.ow();
        int rowPitch = flat ? p.ow() : (int) Vectors.roundUp(p.ow(), LANES);
        Planes whole = narrow.withPitch(rowPitch + extra);
        this.x = whole.withDense(whole.isSource());
        boolean gyDense = rowPitch == p.ow() && p.groupOutputs() % WeightGradTile.CHANNELS == 0;
        this.gy = new Planes(p.groupOutputs(), p.oh(), p.ow(), 1, 1, 1, 1, 0, 0, p.oh(), rowPitch, gyDense);
        long imageBytes = xBytes() + gyBytes();
        this.parts = (int) Math.max(1, Math.min(Math.min(PARTS, p.n()), PARTIAL_BYTES / (4L * p.k() * p.reduction())));
        int perPart = Math.max(1, Vectors.blocks(p.n(), parts));
        this.chunk = (int) Math.max(1, Math.min(perPart, CHUNK_BYTES / imageBytes));
        this.taps = (int) p.reduction();
        this.xData = xData;
        this.gyData = gyData;
        this.tapTable = Scratch.borrow(8L * (taps + WeightGradTile.TAPS));
        this.pixelTable = Scratch.borrow(16L * (chunk * vectorsPerImage() + 1));
        this.partial = Scratch.borrow(4L * parts * p.k() * taps);
    }

    /**
     * Computes {@code gw} from {@code x} and the output's gradient {@code gy} by the forward pass's plan; all places are
     * addresses.
     */
    static void run(DirectPlan plan, long x, long gy, long gw) {
        try (var pass = new DirectWeightGrad(plan, x, gy)) {
            pass.fillTables();
            Workers.run(pass.parts, pass::part);
            long count = (long) plan.shape().k() * pass.taps;
            long first = pass.partial.address();
            MemorySegment.copy(ALL, first, ALL, gw, 4 * count);
            for (int part = 1; part < pass.parts; part++) {
                Rows.add(first + 4L * part * count, gw, count);
            }
        }
    }

    @Override
    public void close() {
        tapTable.close();
        pixelTable.close();
        partial.close();
    }

    private int vectorsPerImage() {
        return flat ? Vectors.blocks(p.oh() * p.ow(), LANES) : p.oh() * Vectors.blocks(p.ow(), LANES);
    }

    /** Returns the bytes from one image's input to the next, in the tensor or in the copy. */
    private long xBytes() {
        return x.dense() ? 4L * p.c() * p.h() * p.w() : Vectors.roundUp(x.bytes(), 64);
    }

    /** Returns the bytes from one image's output gradient to the next, in the tensor or in the copy. */
    private long gyBytes() {
        if (gy.dense()) {
            return 4L * p.k() * p.oh() * p.ow();
        }
        long planes = Vectors.roundUp(gy.channels(), WeightGradTile.CHANNELS);
        return Vectors.roundUp(4 * planes * gy.phaseSize() + BYTES, 64);
    }

    private void fillTables() {
        int tap = 0;
        for (int channel = 0; channel < p.groupInputs(); channel++) {
            for (int i = 0; i < p.r(); i++) {
                for (int j = 0; j < p.s(); j++) {
                    int y = i * p.dilationH();
                    int z = j * p.dilationW();
                    long offset = x.offset(channel, y % p.strideH(), z % p.strideW(), y / p.strideH(), z / p.strideW());
                    ALL.set(LONG, tapTable.address() + 8L * tap++, offset);
                }
            }
        }
        for (int past = 0; past < WeightGradTile.TAPS; past++) {
            long at = tapTable.address() + 8L * (tap + past);
            ALL.set(LONG, at, ALL.get(LONG, at - 8));
        }
        int perRow = flat ? vectorsPerImage() : Vectors.blocks(p.ow(), LANES);
        long at = pixelTable.address();
        for (int image = 0; image < chunk; image++) {
            for (int vector = 0; vector < vectorsPerImage(); vector++) {
                int row = vector / perRow;
                long column = (long) (vector % perRow) * LANES;
                ALL.set(LONG, at, image * xBytes() + 4 * ((long) row * x.pitch() + column));
                ALL.set(LONG, at + 8, image * gyBytes() + 4 * ((long) row * gy.pitch() + column));
                at += 16;
            }
        }
    }

    private void part(int part) {
        int first = (int) ((long) p.n() * part / parts);
        int end = (int) ((long) p.n() * (part + 1) / parts);
        long count = (long) p.k() * taps;
        long to = partial.address() + 4L * part * count;
        Rows.clear(to, count);
        int tapGroups = Vectors.blocks(taps, WeightGradTile.TAPS);
        try (Scratch xs = Scratch.borrow(x.dense() ? 0 : chunk * xBytes());
                Scratch gys = Scratch.borrow(gy.dense() ? 0 : chunk * gyBytes());
                Scratch tiles = Scratch.borrow(tapGroups * WeightGradTile.TILE_BYTES)) {
            for (int image = first; image < end; image += chunk) {
                int images = Math.min(chunk, end - image);
                for (int group = 0; group < p.groups(); group++) {
                    long groupAt = to + 4L * group * p.groupOutputs() * taps;
                    long inputs = 0;
                    long gradients = 0;
                    // one call for both, since C2 writes out every one
                    for (int side = 0; side < 2; side++) {
                        boolean ofInputs = side == 0;
                        long copy = (ofInputs ? xs : gys).address();
                        long at = planes(ofInputs, image, images, group, copy);
                        inputs = ofInputs ? at : inputs;
                        gradients = ofInputs ? gradients : at;
                    }
                    sum(images * vectorsPerImage(), inputs, gradients, tiles.address(), groupAt);
                }
            }
        }
    }

    /** Returns where the planes of some images' input, or output's gradient, are: in the tensor, or copied to {@code copy}. */
    private long planes(boolean ofInputs, int image, int images, int group, long copy) {
        Planes planes = ofInputs ? x : gy;
        long imageBytes = ofInputs ? 4L * p.c() * p.h() * p.w() : 4L * p.k() * p.oh() * p.ow();
        long from = (ofInputs ? xData : gyData) + image * imageBytes + imageBytes / p.groups() * group;
        if (planes.dense()) {
            return from;
        }
        long copyBytes = ofInputs ? xBytes() : gyBytes();
        for (int i = 0; i < images; i++) {
            planes.fill(from + i * imageBytes, 0, copy + i * copyBytes);
        }
        return copy;
    }

    /** Adds the gradient of a chunk of images, a part of its pixels at a time. */
    private void sum(int steps, long xs, long gys, long tiles, long to) {
        long gyPlane = 4 * gy.phaseSize();
        int tapGroups = Vectors.blocks(taps, WeightGradTile.TAPS);
        for (int k = 0; k < p.groupOutputs(); k += WeightGradTile.CHANNELS) {
            Rows.clear(tiles, tapGroups * WeightGradTile.TILE_BYTES / 4);
            for (int part = 0; part < steps; part += PART_STEPS) {
                for (int tapGroup = 0; tapGroup < tapGroups; tapGroup++) {
                    long tile = tiles + tapGroup * WeightGradTile.TILE_BYTES;
                    WeightGradTile.run(
                            gys + k * gyPlane,
                            gyPlane,
                            xs,
                            tapTable.address() + 8L * tapGroup * WeightGradTile.TAPS,
                            pixelTable.address() + 16L * part,
                            Math.min(PART_STEPS, steps - part),
                            tile,
                            tile);
                }
            }
            int channels = Math.min(WeightGradTile.CHANNELS, p.groupOutputs() - k);
            for (int tap = 0; tap < taps; tap += WeightGradTile.TAPS) {
                long tile = tiles + tap / WeightGradTile.TAPS * WeightGradTile.TILE_BYTES;
                addTile(tile, channels, Math.min(WeightGradTile.TAPS, taps - tap), to + 4L * ((long) k * taps + tap));
            }
        }
    }

    private void addTile(long tile, int channels, int count, long to) {
        for (int i = 0; i < channels; i++) {
            for (int j = 0; j < count; j++) {
                float sum = LaneSum.of(FloatVector.fromMemorySegment(
                        SPECIES, ALL, (tile + ((long) i * WeightGradTile.TAPS + j) * BYTES) & MASK, ORDER));
                long at = (to + 4 * ((long) i * taps + j)) & MASK;
                ALL.set(FLOAT, at, ALL.get(FLOAT, at) + sum);
            }
        }
    }
}
