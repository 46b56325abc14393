package dev.lanewise.cpu.conv;

import dev.lanewise.cpu.memory.Scratch;
import dev.lanewise.cpu.parallel.Workers;

/**
 * The gradient of a 3x3 convolution with respect to its weights by F(4x4, 3x3) transposed. All places are addresses.
 *
 * <p>Chunks of tiles, one after the other, are brought into the Winograd domain, where the products are summed over the
 * tiles; each sum belongs to one task, so no partial sums need be added.
 */
final class WinogradWeightGrad implements AutoCloseable {
    private static final int TAPS = 9;

    /** Bytes of a chunk's values in the Winograd domain. */
    private static final long CHUNK_BYTES = 12 << 20;

    /** Input channels of a block: its sums for a panel of output channels fit the second-level cache with what they sum. */
    private static final int BLOCK_CHANNELS = 64;

    private final ConvShape p;
    private final WinogradTiles inputs;
    private final WinogradTiles gradients;
    private final int tileRows;
    private final int imagesPerChunk;
    private final long x;
    private final long gy;
    private final Scratch zeros;
    private final Scratch memory;
    private final WinogradLayout sums;
    private final boolean byBlocks;

    private WinogradWeightGrad(ConvShape p, long x, long gy) {
        this.p = p;
        int across = Vectors.blocks(p.ow(), WinogradTransform.TILE);
        this.tileRows = Vectors.blocks(p.oh(), WinogradTransform.TILE);
        this.inputs = new WinogradTiles(p.c(), p.h(), p.w(), p.padH(), p.padW(), WinogradTransform.POINTS, across);
        this.gradients = new WinogradTiles(p.k(), p.oh(), p.ow(), 0, 0, WinogradTransform.TILE, across);
        int perImage = tileRows * across;
        long tileBytes = WinogradTransform.POSITIONS
                * 4
                * (Vectors.roundUp(p.c(), Vectors.LANES) + Vectors.roundUp(p.k(), PanelTile.COLUMNS));
        this.imagesPerChunk = (int) Math.max(1, Math.min(p.n(), CHUNK_BYTES / (perImage * tileBytes)));
        this.x = x;
        this.gy = gy;
        this.zeros = Scratch.borrow(2 * Vectors.BYTES);
        Rows.clear(zeros.address(), PanelTile.COLUMNS);
        // Where the sums are larger than what they sum, they had better not go through memory.
        long tiles = (long) p.n() * perImage;
        this.byBlocks = imagesPerChunk == p.n() && (long) p.c() * p.k() > tiles * (p.c() + p.k());
        WinogradLayout relative = WinogradLayout.panels(0, p.c(), byBlocks ? 0 : p.k());
        this.memory = Scratch.borrow(relative.bytes());
        this.sums = relative.at(memory.address());
    }

    /** Computes {@code gw}. */
    static void run(ConvShape p, long x, long gy, long gw) {
        if (p.n() == 0) {
            Rows.clear(gw, p.k() * p.reduction());
            return;
        }
        try (var pass = new WinogradWeightGrad(p, x, gy)) {
            for (int image = 0; image < p.n(); image += pass.imagesPerChunk) {
                pass.chunk(image, Math.min(pass.imagesPerChunk, p.n() - image), gw);
            }
            if (!pass.byBlocks) {
                Workers.run(pass.panels(), panel -> pass.restore(panel, panel, 0, p.c(), pass.sums, gw));
            }
        }
    }

    @Override
    public void close() {
        zeros.close();
        memory.close();
    }

    private int panels() {
        return Vectors.blocks(p.k(), PanelTile.COLUMNS);
    }

    private int blocks() {
        return Vectors.blocks(p.c(), BLOCK_CHANNELS);
    }

    private void chunk(int firstImage, int images, long gw) {
        int perImage = tileRows * inputs.across();
        int count = images * perImage;
        WinogradLayout in = WinogradLayout.rows(0, count, p.c());
        WinogradLayout gradient = WinogradLayout.panels(0, count, p.k());
        try (Scratch left = Scratch.borrow(in.bytes());
                Scratch right = Scratch.borrow(gradient.bytes())) {
            WinogradLayout a = in.at(left.address());
            WinogradLayout b = gradient.at(right.address());
            Workers.run(2 * images, task -> {
                int image = task / 2;
                long tile = (long) image * perImage;
                if (task % 2 == 0) {
                    inputs.transform(x + (firstImage + image) * inputs.imageBytes(), 0, tileRows, a.from(tile));
                } else {
                    gradients.transform(gy + (firstImage + image) * gradients.imageBytes(), 0, tileRows, b.from(tile));
                }
            });
            if (byBlocks) {
                // Panels first: the tasks that follow each other share the block's inputs.
                Workers.run(panels() * blocks(), task -> block(task % panels(), task / panels(), count, a, b, gw));
                return;
            }
            Workers.run(WinogradTransform.POSITIONS, position -> {
                for (int panel = 0; panel < panels(); panel++) {
                    multiply(position, panel, count, p.c(), firstImage == 0, a, b, panel, sums);
                }
            });
        }
    }

    /** Computes the gradient of one block of input channels and one panel of output channels. */
    private void block(int panel, int block, int count, WinogradLayout a, WinogradLayout b, long gw) {
        int first = block * BLOCK_CHANNELS;
        int channels = Math.min(BLOCK_CHANNELS, p.c() - first);
        WinogradLayout relative = WinogradLayout.panels(0, channels, PanelTile.COLUMNS);
        WinogradLayout from = a.at(a.base() + 4L * first);
        try (Scratch own = Scratch.borrow(relative.bytes())) {
            WinogradLayout sum = relative.at(own.address());
            for (int position = 0; position < WinogradTransform.POSITIONS; position++) {
                multiply(position, panel, count, channels, true, from, b, 0, sum);
            }
            restore(panel, 0, first, channels, sum, gw);
        }
    }

    /** Adds a panel's products of one position to panel {@code place} of {@code to}. */
    private void multiply(
            int position,
            int panel,
            int count,
            int channels,
            boolean first,
            WinogradLayout a,
            WinogradLayout b,
            int place,
            WinogradLayout to) {
        long left = a.base() + position * a.position();
        long right = b.base() + position * b.position() + panel * b.panel();
        long sum = to.base() + position * to.position() + place * to.panel();
        for (int channel = 0; channel < channels; channel += PanelTile.ROWS) {
            long target = sum + channel * to.tile();
            PanelTile.run(
                    left + 4L * channel,
                    4,
                    a.tile(),
                    right,
                    count,
                    first ? zeros.address() : target,
                    first ? 0 : to.tile(),
                    target,
                    to.tile());
        }
    }

    /**
     * Brings the sums of one panel of output channels and some input channels, panel {@code place} of {@code from}, back to
     * kernels.
     */
    private void restore(int panel, int place, int firstInput, int channels, WinogradLayout from, long gw) {
        long kernel = TAPS * Vectors.BYTES;
        long plane = 4L * p.c() * TAPS;
        try (Scratch kernels = Scratch.borrow(channels * kernel);
                Scratch work = Scratch.borrow(Math.max(Transposition.WORK_BYTES, WinogradTransform.WORK_BYTES))) {
            for (int half = 0; half < 2; half++) {
                int first = panel * PanelTile.COLUMNS + half * Vectors.LANES;
                if (first >= p.k()) {
                    return;
                }
                for (int channel = 0; channel < channels; channel++) {
                    WinogradTransform.weightGradient(
                            from.address(channel, 2 * place + half),
                            from.position(),
                            kernels.address() + channel * kernel,
                            3 * Vectors.BYTES,
                            Vectors.BYTES,
                            work.address());
                }
                Transposition.pixelsToPlanes(
                        kernels.address(),
                        Vectors.BYTES,
                        channels * TAPS,
                        gw + first * plane + 4L * firstInput * TAPS,
                        plane,
                        Math.min(Vectors.LANES, p.k() - first),
                        work.address());
            }
        }
    }
}
