package dev.lanewise.cpu.conv;

import static dev.lanewise.cpu.conv.Vectors.BYTES;
import static dev.lanewise.cpu.conv.Vectors.FLOAT;
import static dev.lanewise.cpu.conv.Vectors.LANES;
import static dev.lanewise.cpu.conv.Vectors.LONG;
import static dev.lanewise.cpu.conv.Vectors.ORDER;
import static dev.lanewise.cpu.conv.Vectors.SPECIES;
import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.MASK;

import dev.lanewise.cpu.memory.Scratch;
import dev.lanewise.cpu.parallel.Workers;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

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

    private DirectWeightGrad(ConvShape p, long xData, long gyData) {
        this.p = p;
        Planes narrow = DirectPlan.forward(p).wholePlanes();
        this.flat = narrow.pitch() == p.ow() && p.oh() * p.ow() % LANES == 0;
        // Rows padded to whole vectors: the lanes past a row's end multiply zeros of gy with zeros or data of x, never garbage.
        int extra = narrow.pitch() - p.ow();
        int rowPitch = flat ? p.ow() : (int) Vectors.roundUp(p.ow(), LANES);
        this.x = narrow.withPitch(rowPitch + extra);
        this.gy = new Planes(
                p.groupOutputs(), p.oh(), p.ow(), 1, 1, 1, 1, 0, 0, p.oh(), rowPitch);
        long imageBytes = xBytes() + gyBytes();
        this.parts = (int) Math.max(1, Math.min(Math.min(PARTS, p.n()), PARTIAL_BYTES / (4 * p.k() * p.reduction())));
        int perPart = Math.max(1, Vectors.blocks(p.n(), parts));
        this.chunk = (int) Math.max(1, Math.min(perPart, CHUNK_BYTES / imageBytes));
        this.taps = (int) p.reduction();
        this.xData = xData;
        this.gyData = gyData;
        this.tapTable = Scratch.borrow(8L * (taps + WeightGradTile.TAPS));
        this.pixelTable = Scratch.borrow(16L * chunk * vectorsPerImage());
        this.partial = Scratch.borrow(4L * parts * p.k() * taps);
    }

    /** Computes {@code gw} from {@code x} and the output's gradient {@code gy}; all places are addresses. */
    static void run(ConvShape p, long x, long gy, long gw) {
        try (var pass = new DirectWeightGrad(p, x, gy)) {
            pass.fillTables();
            Workers.run(pass.parts, pass::part);
            long count = (long) p.k() * pass.taps;
            long first = pass.partial.address();
            MemorySegment.copy(ALL, first, ALL, gw, 4 * count);
            for (int part = 1; part < pass.parts; part++) {
                Rows.add(first + 4 * part * count, gw, count);
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

    private long xBytes() {
        return Vectors.roundUp(x.bytes(), 64);
    }

    private long gyBytes() {
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
                    long offset = x.offset(
                            channel, y % p.strideH(), z % p.strideW(), y / p.strideH(), z / p.strideW());
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
        long to = partial.address() + 4 * part * count;
        Rows.clear(to, count);
        try (Scratch xs = Scratch.borrow(chunk * xBytes());
                Scratch gys = Scratch.borrow(chunk * gyBytes());
                Scratch tile = Scratch.borrow(2 * WeightGradTile.TILE_BYTES)) {
            Rows.clear(tile.address(), WeightGradTile.TILE_BYTES / 4);
            for (int image = first; image < end; image += chunk) {
                int images = Math.min(chunk, end - image);
                for (int group = 0; group < p.groups(); group++) {
                    fill(image, images, group, xs.address(), gys.address());
                    long groupAt = to + 4L * group * p.groupOutputs() * taps;
                    sum(images, xs.address(), gys.address(), tile.address(), groupAt);
                }
            }
        }
    }

    private void fill(int image, int images, int group, long xs, long gys) {
        for (int i = 0; i < images; i++) {
            long unit = (long) (image + i) * p.groups() + group;
            x.fill(xData + 4 * unit * p.groupInputs() * p.h() * p.w(), 0, xs + i * xBytes());
            gy.fill(gyData + 4 * unit * p.groupOutputs() * p.oh() * p.ow(), 0, gys + i * gyBytes());
        }
    }

    /** Adds a chunk's gradient; the first half of {@code tiles} is zero, the second receives the results. */
    private void sum(int images, long xs, long gys, long tiles, long to) {
        long tile = tiles + WeightGradTile.TILE_BYTES;
        int steps = images * vectorsPerImage();
        long gyPlane = 4 * gy.phaseSize();
        for (int k = 0; k < p.groupOutputs(); k += WeightGradTile.CHANNELS) {
            int channels = Math.min(WeightGradTile.CHANNELS, p.groupOutputs() - k);
            for (int tap = 0; tap < taps; tap += WeightGradTile.TAPS) {
                WeightGradTile.run(
                        gys + k * gyPlane, gyPlane, xs, tapTable.address() + 8L * tap, pixelTable.address(), steps, tiles,
                        tile);
                int count = Math.min(WeightGradTile.TAPS, taps - tap);
                addTile(tile, channels, count, to + 4L * ((long) k * taps + tap));
            }
        }
    }

    private void addTile(long tile, int channels, int count, long to) {
        for (int i = 0; i < channels; i++) {
            for (int j = 0; j < count; j++) {
                float sum = FloatVector.fromMemorySegment(
                                SPECIES, ALL, (tile + ((long) i * WeightGradTile.TAPS + j) * BYTES) & MASK, ORDER)
                        .reduceLanes(VectorOperators.ADD);
                long at = (to + 4 * ((long) i * taps + j)) & MASK;
                ALL.set(FLOAT, at, ALL.get(FLOAT, at) + sum);
            }
        }
    }
}
