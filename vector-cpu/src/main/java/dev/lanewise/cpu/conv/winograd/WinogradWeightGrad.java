package dev.lanewise.cpu.conv.winograd;

import static dev.lanewise.cpu.conv.Vectors.LONG;
import static dev.lanewise.cpu.memory.NativeMemory.ALL;

import dev.lanewise.cpu.conv.ConvShape;
import dev.lanewise.cpu.conv.PanelTile;
import dev.lanewise.cpu.conv.Rows;
import dev.lanewise.cpu.conv.Transposition;
import dev.lanewise.cpu.conv.Vectors;
import dev.lanewise.cpu.memory.Scratch;
import dev.lanewise.cpu.parallel.Workers;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The gradient of a 3x3 convolution with respect to its weights by F(4x4, 3x3) transposed. All places are addresses.
 *
 * <p>Chunks of tiles, one after the other, are brought into the Winograd domain, where the products are summed over the
 * tiles; each sum belongs to one task, so no partial sums need be added. Tiles are scaled, so that those that are alike are not rounded
 * alike ({@link TileScales}), and sums of many are added without loss.
 *
 * <p>A tile's error is a rounding error of its largest product of a pixel and a gradient. It adds to what each tap sums,
 * but a tap need not see that product: near an edge, or where most gradients are zero. So the largest product is compared
 * with one that every tap sees in some tile, as are its factors with what is everywhere in some tile, and where it is much
 * larger nothing is computed here.
 *
 * <p>Those are magnitudes over all channels, but a kernel's gradient sums the products of one channel of pixels and one of
 * gradients. Channels with single large numbers, compared with their mean, are computed again by the definition: an output
 * channel's largest gradient and the largest pixel, each over its mean, may together be the number of pixels. Of the others it
 * is proved for every tap of every kernel that it sums enough, and kernels of which it is not are computed again as well
 * ({@link WeightGradRepair}).
 */
public final class WinogradWeightGrad implements AutoCloseable {
    private static final int TAPS = 9;

    /** Bytes of a chunk's values in the Winograd domain. */
    private static final long CHUNK_BYTES = 12 << 20;

    /** Input channels of a block: its sums for a panel of output channels fit the second-level cache with what they sum. */
    private static final int BLOCK_CHANNELS = 64;

    /** How much larger a product may be than one that every tap sees, of which sums have many. */
    private static final double MOST = 256;

    /** How much larger a factor may be than all pixels of some tile are. */
    private static final float MOST_OF_FACTOR = 32;

    /** Beyond these the transforms' factors may leave the range of floats. */
    private static final double TINY = 0x1p-100;

    private static final double HUGE = 0x1p90;

    /** Tiles whose chains are summed in F32, a multiple of a chain; what they read stays in the first-level cache. */
    private static final int SEGMENT = 128;

    /** Elements of a tile of sums. */
    private static final long ELEMENTS = (long) PanelTile.ROWS * PanelTile.COLUMNS;

    private final ConvShape p;
    private final WinogradTiles inputs;
    private final WinogradTiles gradients;
    private final ChannelSpread inputSpread;
    private final ChannelSpread gradientSpread;
    private final int tileRows;
    private final int imagesPerChunk;
    private final long x;
    private final long gy;
    private final Scratch zeros;
    private final Scratch memory;
    private final WinogradLayout sums;

    /** Bytes from a sum to what additions to it rounded off; 0 where there are none. */
    private final long lost;

    private final boolean byBlocks;
    private @Nullable WeightGradRepair repair;

    private WinogradWeightGrad(ConvShape p, long x, long gy) {
        this.p = p;
        int across = Vectors.blocks(p.ow(), WinogradTransform.TILE);
        this.tileRows = Vectors.blocks(p.oh(), WinogradTransform.TILE);
        this.inputs = new WinogradTiles(p.c(), p.h(), p.w(), p.padH(), p.padW(), WinogradTransform.POINTS, across);
        this.gradients = new WinogradTiles(p.k(), p.oh(), p.ow(), 0, 0, WinogradTransform.TILE, across);
        this.inputSpread = ChannelSpread.ofInput(p);
        this.gradientSpread = ChannelSpread.ofGradient(p);
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
        this.lost = tiles > SEGMENT || imagesPerChunk < p.n() ? relative.bytes() : 0;
        this.memory = Scratch.borrow(relative.bytes() + (byBlocks ? 0 : lost));
        this.sums = relative.at(memory.address());
    }

    /**
     * Computes {@code gw}.
     *
     * @return false if the numbers ask for a sum by the definition: the caller must compute gw by other means
     */
    public static boolean run(ConvShape p, long x, long gy, long gw) {
        if (p.n() == 0) {
            Rows.clear(gw, p.k() * p.reduction());
            return true;
        }
        try (var pass = new WinogradWeightGrad(p, x, gy)) {
            for (int image = 0; image < p.n(); image += pass.imagesPerChunk) {
                boolean last = image + pass.imagesPerChunk >= p.n();
                if (!pass.chunk(image, Math.min(pass.imagesPerChunk, p.n() - image), last, gw)) {
                    return false;
                }
            }
            return Objects.requireNonNull(pass.repair).run(gw);
        }
    }

    @Override
    public void close() {
        zeros.close();
        memory.close();
        inputSpread.close();
        gradientSpread.close();
        if (repair != null) {
            repair.close();
        }
    }

    private int panels() {
        return Vectors.blocks(p.k(), PanelTile.COLUMNS);
    }

    private int blocks() {
        return Vectors.blocks(p.c(), BLOCK_CHANNELS);
    }

    /** Adds a chunk of images, and after the last writes the gradients; returns whether the numbers are even. */
    private boolean chunk(int firstImage, int images, boolean last, long gw) {
        int perImage = tileRows * inputs.across();
        int count = images * perImage;
        WinogradLayout in = WinogradLayout.rows(0, count, p.c());
        WinogradLayout gradient = WinogradLayout.panels(0, count, p.k());
        try (Scratch left = Scratch.borrow(in.bytes());
                Scratch right = Scratch.borrow(gradient.bytes());
                Scratch ranges = Scratch.borrow(2L * Long.BYTES * count)) {
            WinogradLayout a = in.at(left.address());
            WinogradLayout b = gradient.at(right.address());
            Workers.run(2 * images, task -> {
                int image = task / 2;
                long tile = (long) image * perImage;
                WinogradTiles side = task % 2 == 0 ? inputs : gradients;
                long at = ranges.address() + 2L * Long.BYTES * tile + (long) Long.BYTES * (task % 2);
                long pixels = (task % 2 == 0 ? x : gy) + (firstImage + image) * side.imageBytes();
                ChannelSpread spread = task % 2 == 0 ? inputSpread : gradientSpread;
                WinogradTiles.Factors factors = task % 2 == 0
                        ? number -> TileScales.ofInput(image * perImage + number)
                        : number -> TileScales.ofGradient(image * perImage + number);
                WinogradLayout to = (task % 2 == 0 ? a : b).from(tile);
                side.transform(pixels, 0, tileRows, to, factors, new WinogradTiles.Measure() {
                    @Override
                    public void take(PixelMaxima maxima) {
                        writeRanges(side, maxima, at);
                    }

                    @Override
                    public void takePixels(int firstChannel, long pixels, long pixelBytes) {
                        spread.measure(firstImage + image, firstChannel, pixels, pixelBytes);
                    }
                });
            });
            if (!areEven(ranges.address(), images)) {
                return false;
            }
            if (last) {
                repair = WeightGradRepair.of(p, x, gy, inputSpread, gradientSpread);
                if (repair == null) {
                    return false;
                }
            }
            if (byBlocks) {
                // Panels first: the tasks that follow each other share the block's inputs.
                Workers.run(panels() * blocks(), task -> block(task % panels(), task / panels(), count, a, b, gw));
                return true;
            }
            Workers.run(WinogradTransform.POSITIONS, position -> {
                for (int panel = 0; panel < panels(); panel++) {
                    multiply(position, panel, count, p.c(), firstImage == 0, last, a, b, panel, sums, lost);
                }
            });
        }
        if (last) {
            Workers.run(panels(), panel -> restore(panel, panel, 0, p.c(), sums, gw));
        }
        return true;
    }

    /** Writes the ranges of an image's tiles, every second long; those of the image where they are narrow. */
    private void writeRanges(WinogradTiles side, PixelMaxima maxima, long to) {
        long whole = maxima.range();
        boolean even = PixelMaxima.isEven(whole);
        for (int tile = 0; tile < tileRows * side.across(); tile++) {
            int y = tile / side.across() * WinogradTransform.TILE - side.top();
            int x = tile % side.across() * WinogradTransform.TILE - side.left();
            long range = even ? whole : maxima.range(y, y + side.size(), x, x + side.size());
            ALL.set(LONG, to + 2L * Long.BYTES * tile, range);
        }
    }

    /** Whether no product of a pixel and a gradient is much larger than one that every tap sees. */
    private boolean areEven(long ranges, int images) {
        double largest = 0;
        double seen = 0;
        long inputRange = 0;
        long gradientRange = 0;
        int perImage = tileRows * inputs.across();
        for (int tile = 0; tile < images * perImage; tile++) {
            long ofInput = ALL.get(LONG, ranges + 2L * Long.BYTES * tile);
            long ofGradient = ALL.get(LONG, ranges + 2L * Long.BYTES * tile + Long.BYTES);
            double most = (double) PixelMaxima.largest(ofInput) * PixelMaxima.largest(ofGradient);
            largest = Math.max(largest, most);
            inputRange = PixelMaxima.most(inputRange, ofInput);
            gradientRange = PixelMaxima.most(gradientRange, ofGradient);
            // away from the edges every tap sees the largest gradient with some pixel of the tile
            float gradient =
                    isInside(tile % perImage) ? PixelMaxima.largest(ofGradient) : PixelMaxima.smallest(ofGradient);
            seen = Math.max(seen, (double) PixelMaxima.smallest(ofInput) * gradient);
        }
        return largest == 0
                || largest >= TINY
                        && largest <= HUGE
                        && largest <= MOST * seen
                        && PixelMaxima.largest(inputRange) <= MOST_OF_FACTOR * PixelMaxima.smallest(inputRange)
                        && PixelMaxima.largest(gradientRange) <= MOST_OF_FACTOR * PixelMaxima.smallest(gradientRange);
    }

    private boolean isInside(int tile) {
        int y = tile / inputs.across() * WinogradTransform.TILE - inputs.top();
        int x = tile % inputs.across() * WinogradTransform.TILE - inputs.left();
        return y >= 0 && x >= 0 && y + inputs.size() <= inputs.h() && x + inputs.size() <= inputs.w();
    }

    /** Computes the gradient of one block of input channels and one panel of output channels. */
    private void block(int panel, int block, int count, WinogradLayout a, WinogradLayout b, long gw) {
        int first = block * BLOCK_CHANNELS;
        int channels = Math.min(BLOCK_CHANNELS, p.c() - first);
        WinogradLayout relative = WinogradLayout.panels(0, channels, PanelTile.COLUMNS);
        WinogradLayout from = a.at(a.base() + 4L * first);
        long ownLost = count > SEGMENT ? relative.bytes() : 0;
        try (Scratch own = Scratch.borrow(relative.bytes() + ownLost)) {
            WinogradLayout sum = relative.at(own.address());
            for (int position = 0; position < WinogradTransform.POSITIONS; position++) {
                multiply(position, panel, count, channels, true, true, from, b, 0, sum, ownLost);
            }
            restore(panel, 0, first, channels, sum, gw);
        }
    }

    /**
     * Adds a panel's products of one position to panel {@code place} of {@code to}.
     *
     * @param first whether they replace what is there
     * @param last whether nothing will be added to them
     * @param lost bytes from a sum to what additions to it rounded off; 0 where there are none
     */
    private void multiply(
            int position,
            int panel,
            int count,
            int channels,
            boolean first,
            boolean last,
            WinogradLayout a,
            WinogradLayout b,
            int place,
            WinogradLayout to,
            long lost) {
        long left = a.base() + position * a.position();
        long right = b.base() + position * b.position() + panel * b.panel();
        long sum = to.base() + position * to.position() + place * to.panel();
        try (Scratch added = Scratch.borrow(PanelTile.ROWS * to.tile())) {
            for (int tile = 0; tile < count; tile += SEGMENT) {
                boolean replaces = first && tile == 0;
                boolean ends = last && tile + SEGMENT >= count;
                for (int channel = 0; channel < channels; channel += PanelTile.ROWS) {
                    long total = sum + channel * to.tile();
                    long target = replaces ? total : added.address();
                    Rows.clear(target, ELEMENTS);
                    PanelTile.add(
                            left + tile * a.tile() + 4L * channel,
                            4,
                            a.tile(),
                            right + tile * b.tile(),
                            Math.min(SEGMENT, count - tile),
                            TileScales.CHAIN,
                            TileScales.restoring(tile / TileScales.CHAIN),
                            zeros.address(),
                            0,
                            target,
                            to.tile());
                    if (!replaces) {
                        Rows.addExactly(target, total, total + lost, ELEMENTS);
                        if (ends) {
                            Rows.add(total + lost, total, ELEMENTS);
                        }
                    } else if (lost != 0) {
                        Rows.clear(total + lost, ELEMENTS);
                    }
                }
            }
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
                for (int k = first; k < Math.min(first + Vectors.LANES, p.k()); k++) {
                    Objects.requireNonNull(repair).check(k, firstInput, channels, gw);
                }
            }
        }
    }
}
