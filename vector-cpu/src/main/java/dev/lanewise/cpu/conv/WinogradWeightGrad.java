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

    /** Panels of output channels from which on each is one task, if all tiles are one chunk. */
    private static final int ENOUGH_PANELS = 8;

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
    private final boolean byPanels;

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
        this.byPanels = imagesPerChunk == p.n() && panels() >= ENOUGH_PANELS;
        WinogradLayout relative = WinogradLayout.panels(0, p.c(), byPanels ? 0 : p.k());
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
            if (!pass.byPanels) {
                Workers.run(pass.panels(), panel -> pass.restore(panel, panel, pass.sums, gw));
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
            if (byPanels) {
                Workers.run(panels(), panel -> panel(panel, count, a, b, gw));
                return;
            }
            Workers.run(WinogradTransform.POSITIONS, position -> {
                for (int panel = 0; panel < panels(); panel++) {
                    multiply(position, panel, count, firstImage == 0, a, b, panel, sums);
                }
            });
        }
    }

    /** Computes the gradient of one panel of output channels: its sums stay in the second-level cache. */
    private void panel(int panel, int count, WinogradLayout a, WinogradLayout b, long gw) {
        WinogradLayout relative = WinogradLayout.panels(0, p.c(), PanelTile.COLUMNS);
        try (Scratch own = Scratch.borrow(relative.bytes())) {
            WinogradLayout sum = relative.at(own.address());
            for (int position = 0; position < WinogradTransform.POSITIONS; position++) {
                multiply(position, panel, count, true, a, b, 0, sum);
            }
            restore(panel, 0, sum, gw);
        }
    }

    /** Adds a panel's products of one position to panel {@code place} of {@code to}. */
    private void multiply(
            int position,
            int panel,
            int count,
            boolean first,
            WinogradLayout a,
            WinogradLayout b,
            int place,
            WinogradLayout to) {
        long left = a.base() + position * a.position();
        long right = b.base() + position * b.position() + panel * b.panel();
        long sum = to.base() + position * to.position() + place * to.panel();
        for (int channel = 0; channel < p.c(); channel += PanelTile.ROWS) {
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

    /** Brings the sums of one panel of output channels, panel {@code place} of {@code from}, back to kernels. */
    private void restore(int panel, int place, WinogradLayout from, long gw) {
        long kernel = TAPS * Vectors.BYTES;
        long plane = 4L * p.c() * TAPS;
        try (Scratch kernels = Scratch.borrow(p.c() * kernel);
                Scratch work = Scratch.borrow(Math.max(Transposition.WORK_BYTES, WinogradTransform.WORK_BYTES))) {
            for (int half = 0; half < 2; half++) {
                int first = panel * PanelTile.COLUMNS + half * Vectors.LANES;
                if (first >= p.k()) {
                    return;
                }
                for (int channel = 0; channel < p.c(); channel++) {
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
                        p.c() * TAPS,
                        gw + first * plane,
                        plane,
                        Math.min(Vectors.LANES, p.k() - first),
                        work.address());
            }
        }
    }
}
