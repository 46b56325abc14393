package dev.lanewise.cpu.conv.winograd;

import dev.lanewise.cpu.conv.Rows;
import dev.lanewise.cpu.conv.Transposition;
import dev.lanewise.cpu.conv.Vectors;
import dev.lanewise.cpu.memory.Scratch;
import dev.lanewise.cpu.parallel.Apart;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/**
 * The overlapping or adjoining square tiles of a stack of planes, and their way into the Winograd domain: tile
 * {@code (ty, tx)} begins at row {@code 4 ty - top} and column {@code 4 tx - left}; what lies outside the planes is zero.
 *
 * @param channels planes of one image
 * @param h height of a plane
 * @param w width of a plane
 * @param top rows of the first tiles above the planes
 * @param left columns of the first tiles left of the planes
 * @param size pixels along a side of a tile: 6 for input, 4 for the output's gradient
 * @param across tiles in a row of tiles
 */
record WinogradTiles(int channels, int h, int w, int top, int left, int size, int across) {
    @SuppressWarnings("NonFinalStaticField") // so that C2 does not know it
    private static MethodHandle take = Apart.of(
            MethodHandles.lookup(), Measure.class, "take", MethodType.methodType(void.class, PixelMaxima.class));

    /** Returns the vectors that hold one pixel's channels. */
    int vectors() {
        return Vectors.blocks(channels, Vectors.LANES);
    }

    /** Returns the bytes of one pixel's channels. */
    long pixelBytes() {
        return vectors() * Vectors.BYTES;
    }

    /** Returns the bytes of one image's planes. */
    long imageBytes() {
        return 4L * channels * h * w;
    }

    /** Where the factors of each tile are, which scale it ({@link WinogradTransform#writeFactors}). */
    interface Factors {
        long of(int tile);
    }

    /** Is told how large the numbers of some rows of tiles are. */
    interface Measure {
        /** Takes the magnitudes, which are there until it returns. */
        void take(PixelMaxima maxima);

        /** Takes a vector of channels, from the first pixel on, while they are in the cache. */
        default void takePixels(int firstChannel, long pixels, long pixelBytes) {}
    }

    /**
     * Transforms {@code rows} rows of tiles of the image at {@code image}, from {@code firstRow} on. A vector of channels at a
     * time is measured and brought from planes to pixels, while it is in the cache.
     *
     * @param factors of the tiles, the first of which is number 0
     */
    void transform(long image, int firstRow, int rows, WinogradLayout to, Factors factors, Measure measure) {
        int firstY = Math.max(0, firstRow * WinogradTransform.TILE - top);
        int endY = Math.min(h, (firstRow + rows - 1) * WinogradTransform.TILE - top + size);
        int pixels = Math.max(0, endY - firstY) * w;
        long patchBytes = (long) size * size * Vectors.BYTES;
        try (Scratch turned = Scratch.borrow(pixels * pixelBytes());
                Scratch maxima = Scratch.borrow(PixelMaxima.bytes(pixels));
                Scratch work =
                        Scratch.borrow(Math.max(Transposition.WORK_BYTES, WinogradTransform.WORK_BYTES) + patchBytes)) {
            var magnitudes = new PixelMaxima(maxima.address(), w, firstY, Math.max(firstY, endY));
            magnitudes.clear();
            for (int channel = 0; channel < channels; channel += Vectors.LANES) {
                int count = Math.min(Vectors.LANES, channels - channel);
                long planes = image + 4L * ((long) channel * h + firstY) * w;
                long vector = turned.address() + 4L * channel;
                Transposition.planesToPixels(planes, 4L * h * w, count, pixels, vector, pixelBytes(), work.address());
                magnitudes.add(planes, 4L * h * w, count);
                measure.takePixels(channel, vector, pixelBytes());
            }
            take(measure, magnitudes);
            long patch = work.address() + WinogradTransform.WORK_BYTES;
            for (int tile = 0; tile < rows * across; tile++) {
                int y = (firstRow + tile / across) * WinogradTransform.TILE - top;
                int x = tile % across * WinogradTransform.TILE - left;
                long origin = turned.address() - (long) firstY * w * pixelBytes();
                transformTile(origin, y, x, to, tile, factors.of(tile), patch, work.address());
            }
        }
    }

    /** Hands the magnitudes on, in a call that C2 does not inline. */
    private static void take(Measure measure, PixelMaxima maxima) {
        try {
            take.invokeExact(measure, maxima);
        } catch (Throwable e) {
            throw Apart.unchecked(e);
        }
    }

    /** Transforms the tile at row y and column x; {@code pixels} is where pixel (0, 0) would be. */
    private void transformTile(
            long pixels, int y, int x, WinogradLayout to, int tile, long factors, long patch, long work) {
        boolean inside = y >= 0 && x >= 0 && y + size <= h && x + size <= w;
        long at = pixels + ((long) y * w + x) * pixelBytes();
        for (int vector = 0; vector < vectors(); vector++) {
            long target = to.address(tile, vector);
            if (!inside) {
                cut(pixels + vector * Vectors.BYTES, y, x, patch);
            }
            // one call, since C2 writes out every one
            long from = inside ? at + vector * Vectors.BYTES : patch;
            long row = inside ? w * pixelBytes() : size * Vectors.BYTES;
            long column = inside ? pixelBytes() : Vectors.BYTES;
            apply(from, row, column, target, to.position(), factors, work);
        }
    }

    private void apply(long from, long row, long column, long to, long position, long factors, long work) {
        if (size == WinogradTransform.POINTS) {
            WinogradTransform.input(from, row, column, to, position, factors, work);
        } else {
            WinogradTransform.gradient(from, row, column, to, position, factors, work);
        }
    }

    /** Copies a tile that reaches over an edge, with zeros outside. */
    private void cut(long pixels, int y, int x, long patch) {
        for (int i = 0; i < size; i++) {
            for (int j = 0; j < size; j++) {
                long to = patch + ((long) i * size + j) * Vectors.BYTES;
                boolean inside = y + i >= 0 && x + j >= 0 && y + i < h && x + j < w;
                if (inside) {
                    Rows.copy(pixels + ((long) (y + i) * w + x + j) * pixelBytes(), to, Vectors.LANES);
                } else {
                    Rows.clear(to, Vectors.LANES);
                }
            }
        }
    }
}
