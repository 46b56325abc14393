package dev.lanewise.cpu.conv;

import static dev.lanewise.cpu.conv.Vectors.BYTES;
import static dev.lanewise.cpu.conv.Vectors.FLOAT;
import static dev.lanewise.cpu.conv.Vectors.LANES;
import static dev.lanewise.cpu.conv.Vectors.LONG;
import static dev.lanewise.cpu.conv.Vectors.ORDER;
import static dev.lanewise.cpu.conv.Vectors.SPECIES;

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
final class DirectWeightGrad {
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
    private final MemorySegment xData;
    private final long xAt;
    private final MemorySegment gyData;
    private final long gyAt;
    private final MemorySegment tapTable;
    private final MemorySegment pixelTable;
    private final MemorySegment partial;

    private DirectWeightGrad(ConvShape p, MemorySegment x, long xAt, MemorySegment gy, long gyAt) {
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
        this.xData = x;
        this.xAt = xAt;
        this.gyData = gy;
        this.gyAt = gyAt;
        this.tapTable = Buffers.get(Buffers.Use.TAPS, 8L * (taps + WeightGradTile.TAPS));
        this.pixelTable = Buffers.get(Buffers.Use.START, 16L * chunk * vectorsPerImage());
        this.partial = Buffers.get(Buffers.Use.PARTIAL, 4L * parts * p.k() * taps);
    }

    /** Computes {@code gw} from {@code x} and the output's gradient {@code gy}. */
    static void run(
            ConvShape p, MemorySegment x, long xAt, MemorySegment gy, long gyAt, MemorySegment gw, long gwAt) {
        var pass = new DirectWeightGrad(p, x, xAt, gy, gyAt);
        pass.fillTables();
        Workers.run(pass.parts, pass::part);
        long count = (long) p.k() * pass.taps;
        MemorySegment.copy(pass.partial, 0, gw, gwAt, 4 * count);
        for (int part = 1; part < pass.parts; part++) {
            Rows.add(pass.partial, 4 * part * count, gw, gwAt, count);
        }
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
                    tapTable.set(LONG, 8L * tap++, offset);
                }
            }
        }
        for (int past = 0; past < WeightGradTile.TAPS; past++) {
            tapTable.set(LONG, 8L * (tap + past), tapTable.get(LONG, 8L * (tap - 1)));
        }
        int perRow = flat ? vectorsPerImage() : Vectors.blocks(p.ow(), LANES);
        long at = 0;
        for (int image = 0; image < chunk; image++) {
            for (int vector = 0; vector < vectorsPerImage(); vector++) {
                int row = vector / perRow;
                long column = (long) (vector % perRow) * LANES;
                pixelTable.set(LONG, at, image * xBytes() + 4 * ((long) row * x.pitch() + column));
                pixelTable.set(LONG, at + 8, image * gyBytes() + 4 * ((long) row * gy.pitch() + column));
                at += 16;
            }
        }
    }

    private void part(int part) {
        int first = (int) ((long) p.n() * part / parts);
        int end = (int) ((long) p.n() * (part + 1) / parts);
        long to = 4L * part * p.k() * taps;
        partial.asSlice(to, 4L * p.k() * taps).fill((byte) 0);
        for (int image = first; image < end; image += chunk) {
            for (int group = 0; group < p.groups(); group++) {
                chunk(image, Math.min(chunk, end - image), group, to + 4L * group * p.groupOutputs() * taps);
            }
        }
    }

    private void chunk(int image, int images, int group, long to) {
        MemorySegment xPlanes = Buffers.get(Buffers.Use.PLANES, images * xBytes());
        MemorySegment gyPlanes = Buffers.get(Buffers.Use.GRADIENT, images * gyBytes());
        for (int i = 0; i < images; i++) {
            long unit = (long) (image + i) * p.groups() + group;
            x.fill(xData, xAt + 4 * unit * p.groupInputs() * p.h() * p.w(), 0, xPlanes, i * xBytes());
            gy.fill(gyData, gyAt + 4 * unit * p.groupOutputs() * p.oh() * p.ow(), 0, gyPlanes, i * gyBytes());
        }
        // Twice a tile: zeros to start from, then the results.
        MemorySegment tile = Buffers.get(Buffers.Use.TILE, 2 * WeightGradTile.TILE_BYTES);
        tile.asSlice(WeightGradTile.TILE_BYTES, WeightGradTile.TILE_BYTES).fill((byte) 0);
        int steps = images * vectorsPerImage();
        for (int k = 0; k < p.groupOutputs(); k += WeightGradTile.CHANNELS) {
            int channels = Math.min(WeightGradTile.CHANNELS, p.groupOutputs() - k);
            for (int tap = 0; tap < taps; tap += WeightGradTile.TAPS) {
                WeightGradTile.run(
                        gyPlanes, gy.offset(k, 0, 0, 0, 0), 4 * gy.phaseSize(), xPlanes, 0, tapTable, 8L * tap, pixelTable, 0,
                        steps, tile, WeightGradTile.TILE_BYTES, tile);
                addTile(tile, channels, Math.min(WeightGradTile.TAPS, taps - tap), to + 4L * ((long) k * taps + tap));
            }
        }
    }

    private void addTile(MemorySegment tile, int channels, int count, long to) {
        for (int i = 0; i < channels; i++) {
            for (int j = 0; j < count; j++) {
                float sum = FloatVector.fromMemorySegment(
                                SPECIES, tile, ((long) i * WeightGradTile.TAPS + j) * BYTES, ORDER)
                        .reduceLanes(VectorOperators.ADD);
                long at = to + 4 * ((long) i * taps + j);
                partial.set(FLOAT, at, partial.get(FLOAT, at) + sum);
            }
        }
    }
}
