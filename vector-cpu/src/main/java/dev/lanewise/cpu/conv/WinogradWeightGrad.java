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
    private static final long CHUNK_BYTES = 8 << 20;

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

    private WinogradWeightGrad(ConvShape p, long x, long gy) {
        this.p = p;
        int across = Vectors.blocks(p.ow(), WinogradTransform.TILE);
        this.tileRows = Vectors.blocks(p.oh(), WinogradTransform.TILE);
        this.inputs = new WinogradTiles(p.c(), p.h(), p.w(), p.padH(), p.padW(), WinogradTransform.POINTS, across);
        this.gradients = new WinogradTiles(p.k(), p.oh(), p.ow(), 0, 0, WinogradTransform.TILE, across);
        int perImage = tileRows * across;
        long imageBytes = WinogradLayout.rows(0, perImage, p.c()).bytes()
                + WinogradLayout.panels(0, perImage, p.k()).bytes();
        this.imagesPerChunk = (int) Math.max(1, Math.min(p.n(), CHUNK_BYTES / imageBytes));
        this.x = x;
        this.gy = gy;
        this.zeros = Scratch.borrow(2 * Vectors.BYTES);
        Rows.clear(zeros.address(), PanelTile.COLUMNS);
        WinogradLayout relative = WinogradLayout.panels(0, p.c(), p.k());
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
                pass.chunk(image, Math.min(pass.imagesPerChunk, p.n() - image));
            }
            Workers.run(Vectors.blocks(p.k(), Vectors.LANES), vector -> pass.restore(vector, gw));
        }
    }

    @Override
    public void close() {
        zeros.close();
        memory.close();
    }

    private void chunk(int firstImage, int images) {
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
            Workers.run(WinogradTransform.POSITIONS, position -> multiply(position, count, firstImage == 0, a, b));
        }
    }

    private void multiply(int position, int count, boolean first, WinogradLayout a, WinogradLayout b) {
        long left = a.base() + position * a.position();
        for (int panel = 0; panel < Vectors.blocks(p.k(), PanelTile.COLUMNS); panel++) {
            long right = b.base() + position * b.position() + panel * b.panel();
            long sum = sums.base() + position * sums.position() + panel * sums.panel();
            for (int channel = 0; channel < p.c(); channel += PanelTile.ROWS) {
                long to = sum + channel * sums.tile();
                PanelTile.run(
                        left + 4L * channel, 4, a.tile(), right, count, first ? zeros.address() : to,
                        first ? 0 : sums.tile(), to, sums.tile());
            }
        }
    }

    /** Brings the sums of one vector of output channels back to kernels. */
    private void restore(int vector, long gw) {
        long kernel = TAPS * Vectors.BYTES;
        try (Scratch kernels = Scratch.borrow(p.c() * kernel);
                Scratch work = Scratch.borrow(Math.max(Transposition.WORK_BYTES, WinogradTransform.WORK_BYTES))) {
            for (int channel = 0; channel < p.c(); channel++) {
                WinogradTransform.weightGradient(
                        sums.address(channel, vector), sums.position(), kernels.address() + channel * kernel,
                        3 * Vectors.BYTES, Vectors.BYTES, work.address());
            }
            int first = vector * Vectors.LANES;
            long plane = 4L * p.c() * TAPS;
            Transposition.pixelsToPlanes(
                    kernels.address(), Vectors.BYTES, p.c() * TAPS, gw + first * plane, plane,
                    Math.min(Vectors.LANES, p.k() - first), work.address());
        }
    }
}
