package dev.lanewise.cpu.conv.winograd;

import dev.lanewise.cpu.conv.ConvShape;
import dev.lanewise.cpu.conv.PanelTile;
import dev.lanewise.cpu.conv.Rows;
import dev.lanewise.cpu.conv.Transposition;
import dev.lanewise.cpu.conv.Vectors;
import dev.lanewise.cpu.memory.Scratch;
import dev.lanewise.cpu.parallel.Workers;

/**
 * 3x3 convolution by F(4x4, 3x3): forward, and with respect to the input as a convolution of the output's gradient with the
 * turned kernels. All places are addresses.
 *
 * <p>A unit is a band of rows of tiles of one image, or a whole small image. Units are taken in chunks; a chunk is brought
 * into the Winograd domain, multiplied position by position, and brought back. With enough chunks each is one task; with
 * few, as in the last layers of a network, the threads share the three steps of a chunk.
 *
 * <p>Outputs that see so little of their tile's numbers that the transforms would not be exact enough ({@link PixelMaxima}) are
 * marked on the way and computed again by {@link WinogradRepair}. Of kernels like that nothing is computed here.
 */
public final class WinogradConvolution implements AutoCloseable {
    /** Tiles of a chunk computed by one thread: its values and the kernels of a position fit the second-level cache. */
    private static final int TILES = 64;

    /** Chunks from which on each is one task. */
    private static final int ENOUGH = 8;

    /** Tiles of a chunk that the threads share. */
    private static final int SHARED_TILES = 1024;

    /** Panels of output channels from which on each is one task of a shared chunk. */
    private static final int ENOUGH_PANELS = 8;

    private final WinogradTiles tiles;
    private final WinogradWeights weights;
    private final int n;
    private final int outputs;
    private final int oh;
    private final int ow;
    private final int tileRows;
    private final int bandRows;
    private final int bands;
    private final int unitsPerChunk;
    private final boolean shared;
    private final long bias;
    private final long x;
    private final long y;
    private final Scratch zeros;
    private final OutputMarks marks;
    private final WinogradRepair repair;
    private boolean areTransformed;

    private WinogradConvolution(ConvShape p, boolean gradient, long x, long w, long bias, long y) {
        this.n = p.n();
        this.outputs = gradient ? p.c() : p.k();
        this.oh = gradient ? p.h() : p.oh();
        this.ow = gradient ? p.w() : p.ow();
        this.tileRows = Vectors.blocks(oh, WinogradTransform.TILE);
        int across = Vectors.blocks(ow, WinogradTransform.TILE);
        this.tiles = gradient
                ? new WinogradTiles(p.k(), p.oh(), p.ow(), 2 - p.padH(), 2 - p.padW(), WinogradTransform.POINTS, across)
                : new WinogradTiles(p.c(), p.h(), p.w(), p.padH(), p.padW(), WinogradTransform.POINTS, across);
        this.bandRows = Math.min(tileRows, Math.max(1, TILES / across));
        this.bands = Vectors.blocks(tileRows, bandRows);
        int unitTiles = bandRows * across;
        int units = Math.max(1, TILES / unitTiles);
        this.shared = Vectors.blocks(n * bands, units) < ENOUGH;
        this.unitsPerChunk = shared ? Math.max(1, Math.min(n * bands, SHARED_TILES / unitTiles)) : units;
        this.bias = bias;
        this.x = x;
        this.y = y;
        this.zeros = Scratch.borrow(2 * Vectors.BYTES);
        Rows.clear(zeros.address(), PanelTile.COLUMNS);
        this.weights = new WinogradWeights(p, gradient, w);
        this.marks = new OutputMarks((long) n * tileRows * across);
        this.repair = new WinogradRepair(p, gradient, tiles, weights.proofs());
    }

    /**
     * Computes {@code y} from {@code x}; {@code bias} may be 0 for none.
     *
     * @return false if the numbers ask for a sum by the definition: the caller must compute y by other means
     */
    public static boolean forward(ConvShape p, long x, long w, long bias, long y) {
        try (var pass = new WinogradConvolution(p, false, x, w, bias, y)) {
            return pass.run() && pass.repair.run(pass.unseeing(), x, w, bias, y);
        }
    }

    /** Computes {@code gx} from {@code gy}, if the return value says so as for {@link #forward}. */
    public static boolean inputGrad(ConvShape p, long gy, long w, long gx) {
        try (var pass = new WinogradConvolution(p, true, gy, w, 0, gx)) {
            return pass.run() && pass.repair.run(pass.unseeing(), gy, w, 0, gx);
        }
    }

    /** The outputs that see too little. */
    private long[] unseeing() {
        return marks.below(weights.needed());
    }

    @Override
    public void close() {
        zeros.close();
        marks.close();
        weights.close();
        repair.close();
    }

    /** Computes what it can, and returns whether the kernels are even. */
    private boolean run() {
        int chunks = Vectors.blocks(n * bands, unitsPerChunk);
        if (shared && weights.panels() >= ENOUGH_PANELS) {
            for (int chunk = 0; chunk < chunks && !weights.uneven(); chunk++) {
                chunk(chunk, 0);
            }
            return !weights.uneven();
        }
        try (Scratch kernels = Scratch.borrow(weights.panels() * weights.panelBytes())) {
            weights.transformAll(kernels.address());
            areTransformed = true;
            if (weights.uneven()) {
                return false;
            }
            if (shared) {
                for (int chunk = 0; chunk < chunks; chunk++) {
                    chunk(chunk, kernels.address());
                }
            } else {
                Workers.run(chunks, chunk -> chunk(chunk, kernels.address()));
            }
        }
        return true;
    }

    /** Computes a chunk; {@code kernels} are all panels' kernels, or 0 if they are transformed as they are needed. */
    private void chunk(int chunk, long kernels) {
        int first = chunk * unitsPerChunk;
        int units = Math.min(unitsPerChunk, n * bands - first);
        int count = units * bandRows * tiles.across();
        WinogradLayout in = WinogradLayout.rows(0, count, tiles.channels());
        WinogradLayout out = WinogradLayout.panels(0, count, outputs);
        try (Scratch inputs = Scratch.borrow(in.bytes());
                Scratch products = Scratch.borrow(out.bytes())) {
            WinogradLayout from = in.at(inputs.address());
            WinogradLayout to = out.at(products.address());
            if (shared) {
                Workers.run(units, unit -> transform(first + unit, unit, from));
                multiplyShared(count, kernels, from, to);
                Workers.run(units, unit -> restore(first + unit, unit, to));
                return;
            }
            for (int unit = 0; unit < units; unit++) {
                transform(first + unit, unit, from);
            }
            for (int position = 0; position < WinogradTransform.POSITIONS; position++) {
                for (int panel = 0; panel < weights.panels(); panel++) {
                    multiply(position, panel, count, kernels + panel * weights.panelBytes(), from, to);
                }
            }
            for (int unit = 0; unit < units; unit++) {
                restore(first + unit, unit, to);
            }
        }
    }

    private void multiplyShared(int count, long kernels, WinogradLayout from, WinogradLayout to) {
        int panels = weights.panels();
        if (kernels != 0) {
            Workers.run(WinogradTransform.POSITIONS * panels, task -> {
                int panel = task % panels;
                multiply(task / panels, panel, count, kernels + panel * weights.panelBytes(), from, to);
            });
            return;
        }
        // A panel's kernels go from their transform to the product through the second-level cache, never to memory.
        Workers.run(panels, panel -> {
            try (Scratch own = Scratch.borrow(weights.panelBytes())) {
                weights.transform(panel, own.address());
                for (int position = 0; position < WinogradTransform.POSITIONS; position++) {
                    multiply(position, panel, count, own.address(), from, to);
                }
            }
        });
    }

    private int rowsOf(int unit) {
        return Math.min(bandRows, tileRows - unit % bands * bandRows);
    }

    private void transform(int unit, int place, WinogradLayout to) {
        long image = x + unit / bands * tiles.imageBytes();
        tiles.transform(
                image,
                unit % bands * bandRows,
                rowsOf(unit),
                to.from((long) place * bandRows * tiles.across()),
                tile -> WinogradTransform.PLAIN,
                maxima -> mark(unit, maxima));
    }

    /** Marks the outputs of a unit. */
    private void mark(int unit, PixelMaxima maxima) {
        // before all kernels are transformed it is not known how much is needed
        int enough = areTransformed ? weights.needed() : OutputMarks.MOST;
        int firstRow = unit % bands * bandRows;
        long first = ((long) (unit / bands) * tileRows + firstRow) * tiles.across();
        try (var check = new TileCheck(tiles.left(), tiles.w(), tiles.across(), ow)) {
            for (int row = 0; row < rowsOf(unit); row++) {
                int y = (firstRow + row) * WinogradTransform.TILE;
                check.measure(maxima, y - tiles.top(), Math.min(WinogradTransform.TILE, oh - y));
                for (int tile = 0; tile < tiles.across(); tile++) {
                    check.mark(tile, marks, first + (long) row * tiles.across() + tile, enough);
                }
            }
        }
    }

    private void multiply(int position, int panel, int count, long kernels, WinogradLayout from, WinogradLayout to) {
        long a = from.base() + position * from.position();
        long b = kernels + position * weights.position();
        long c = to.base() + position * to.position() + panel * to.panel();
        for (int tile = 0; tile < count; tile += PanelTile.ROWS) {
            PanelTile.run(
                    a + tile * from.tile(),
                    from.tile(),
                    4,
                    b,
                    tiles.channels(),
                    zeros.address(),
                    0,
                    c + tile * to.tile(),
                    to.tile());
        }
    }

    /** Brings a unit's products back to pixels and those to planes. */
    private void restore(int unit, int place, WinogradLayout products) {
        int firstY = unit % bands * bandRows * WinogradTransform.TILE;
        int rows = Math.min(oh - firstY, rowsOf(unit) * WinogradTransform.TILE);
        int vectors = Vectors.blocks(outputs, Vectors.LANES);
        long pixelBytes = vectors * Vectors.BYTES;
        WinogradLayout from = products.from((long) place * bandRows * tiles.across());
        long patchBytes = WinogradTransform.TILE * WinogradTransform.TILE * Vectors.BYTES;
        try (Scratch pixels = Scratch.borrow((long) rows * ow * pixelBytes);
                Scratch work =
                        Scratch.borrow(Math.max(Transposition.WORK_BYTES, WinogradTransform.WORK_BYTES) + patchBytes)) {
            for (int tile = 0; tile < rowsOf(unit) * tiles.across(); tile++) {
                for (int vector = 0; vector < vectors; vector++) {
                    restoreTile(
                            from.address(tile, vector),
                            from.position(),
                            tile,
                            rows,
                            pixels.address() + vector * Vectors.BYTES,
                            pixelBytes,
                            work.address());
                }
            }
            check(unit, rows, pixels.address(), pixelBytes);
            long planes = y + 4 * (((long) (unit / bands) * outputs * oh + firstY) * ow);
            Transposition.pixelsToPlanes(
                    pixels.address(), pixelBytes, rows * ow, planes, 4L * oh * ow, outputs, work.address());
            addBias(planes, rows * ow);
        }
    }

    /** Looks at those outputs of a unit that see too little: their own magnitude may prove that they are exact enough. */
    private void check(int unit, int rows, long pixels, long pixelBytes) {
        int needed = weights.needed();
        long first = ((long) (unit / bands) * tileRows + (long) (unit % bands) * bandRows) * tiles.across();
        for (int tile = 0; tile < rowsOf(unit) * tiles.across(); tile++) {
            if (marks.isBelow(first + tile, needed)) {
                int y0 = tile / tiles.across() * WinogradTransform.TILE;
                int x0 = tile % tiles.across() * WinogradTransform.TILE;
                long values = pixels + ((long) y0 * ow + x0) * pixelBytes;
                int height = Math.min(WinogradTransform.TILE, rows - y0);
                int width = Math.min(WinogradTransform.TILE, ow - x0);
                repair.check(marks, first + tile, needed, values, ow * pixelBytes, height, width);
            }
        }
    }

    private void restoreTile(
            long products, long position, int tile, int rows, long pixels, long pixelBytes, long work) {
        int y0 = tile / tiles.across() * WinogradTransform.TILE;
        int x0 = tile % tiles.across() * WinogradTransform.TILE;
        long to = pixels + ((long) y0 * ow + x0) * pixelBytes;
        int height = Math.min(WinogradTransform.TILE, rows - y0);
        int width = Math.min(WinogradTransform.TILE, ow - x0);
        if (height == WinogradTransform.TILE && width == WinogradTransform.TILE) {
            WinogradTransform.output(products, position, to, ow * pixelBytes, pixelBytes, work);
            return;
        }
        long patch = work + WinogradTransform.WORK_BYTES;
        WinogradTransform.output(
                products, position, patch, WinogradTransform.TILE * Vectors.BYTES, Vectors.BYTES, work);
        for (int i = 0; i < height; i++) {
            for (int j = 0; j < width; j++) {
                long from = patch + (i * WinogradTransform.TILE + j) * Vectors.BYTES;
                Rows.copy(from, to + ((long) i * ow + j) * pixelBytes, Vectors.LANES);
            }
        }
    }

    private void addBias(long planes, int pixels) {
        for (int channel = 0; bias != 0 && channel < outputs; channel++) {
            Rows.add(Rows.read(bias + 4L * channel), planes + 4L * channel * oh * ow, pixels);
        }
    }
}
