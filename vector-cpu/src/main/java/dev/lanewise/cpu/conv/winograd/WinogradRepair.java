package dev.lanewise.cpu.conv.winograd;

import static dev.lanewise.cpu.conv.Vectors.FLOAT;
import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.MASK;

import dev.lanewise.cpu.conv.ConvShape;
import dev.lanewise.cpu.conv.Rows;
import dev.lanewise.cpu.conv.Vectors;
import dev.lanewise.cpu.gemm.GemmShape;
import dev.lanewise.cpu.memory.Access;
import dev.lanewise.cpu.memory.Scratch;
import dev.lanewise.cpu.parallel.Workers;
import java.lang.foreign.ValueLayout;

/**
 * Computes the outputs of marked tiles by the definition, as a product of the weights with the tiles' patches, so that
 * each output is computed from the pixels that it sees. All places are addresses.
 */
final class WinogradRepair {
    private static final int TAPS = WinogradTransform.KERNEL * WinogradTransform.KERNEL;

    /** Pixels along the side of the square that a tile's outputs see. */
    private static final int SIDE = WinogradTransform.TILE + WinogradTransform.KERNEL - 1;

    /** Outputs of a tile. */
    private static final int OUTPUTS = WinogradTransform.TILE * WinogradTransform.TILE;

    /** Bytes of the matrix of patches, about. */
    private static final long PATCH_BYTES = 4 << 20;

    private final ConvShape p;
    private final boolean gradient;
    private final WinogradTiles tiles;
    private final long marks;
    private final int outputs;
    private final int oh;
    private final int ow;
    private final int tileRows;
    private final int depth;

    /** Repairs what a pass left whose tiles these are, a byte for each at {@code marks}. */
    WinogradRepair(ConvShape p, boolean gradient, WinogradTiles tiles, long marks) {
        this.p = p;
        this.gradient = gradient;
        this.tiles = tiles;
        this.marks = marks;
        this.outputs = gradient ? p.c() : p.k();
        this.oh = gradient ? p.h() : p.oh();
        this.ow = gradient ? p.w() : p.ow();
        this.tileRows = Vectors.blocks(oh, WinogradTransform.TILE);
        this.depth = tiles.channels() * TAPS;
    }

    /** Computes the marked tiles of {@code y}, and returns true; or false if they are most of all. */
    boolean run(long x, long w, long bias, long y) {
        int all = p.n() * tileRows * tiles.across();
        int marked = 0;
        for (int tile = 0; tile < all; tile++) {
            marked += ALL.get(ValueLayout.JAVA_BYTE, marks + tile);
        }
        if (2L * marked > all) {
            return false;
        }
        if (marked > 0) {
            int[] places = new int[marked];
            for (int tile = 0, i = 0; i < marked; tile++) {
                if (ALL.get(ValueLayout.JAVA_BYTE, marks + tile) != 0) {
                    places[i++] = tile;
                }
            }
            repair(places, x, w, bias, y);
        }
        return true;
    }

    private void repair(int[] places, long x, long w, long bias, long y) {
        int batch = Math.clamp(PATCH_BYTES / (4L * depth * OUTPUTS), 1, places.length);
        try (Scratch patches = Scratch.borrow(4L * depth * batch * OUTPUTS);
                Scratch products = Scratch.borrow(4L * outputs * batch * OUTPUTS);
                Scratch turned = Scratch.borrow(gradient ? 4L * outputs * depth : 0)) {
            if (gradient) {
                turn(w, turned.address());
            }
            long weights = gradient ? turned.address() : w;
            for (int from = 0; from < places.length; from += batch) {
                int first = from;
                int count = Math.min(batch, places.length - first);
                int columns = count * OUTPUTS;
                Workers.run(count, i -> gather(places[first + i], x, patches.address() + 4L * i * OUTPUTS, columns));
                // how many tiles there are depends on their numbers: not worth a place among the plans
                GemmShape.of(outputs, columns, depth)
                        .plan(Workers.threads())
                        .run(weights, patches.address(), 0, products.address());
                Workers.run(
                        count,
                        i -> scatter(products.address() + 4L * i * OUTPUTS, columns, places[first + i], bias, y));
            }
        }
    }

    /** Writes the weights {@code [k][c][taps]} as {@code [c][k][taps]}, taps last to first. */
    private void turn(long w, long to) {
        Workers.run(p.c(), c -> {
            for (int k = 0; k < p.k(); k++) {
                for (int tap = 0; tap < TAPS; tap++) {
                    float value = Rows.read(w + 4L * (((long) k * p.c() + c) * TAPS + TAPS - 1 - tap));
                    ALL.set(FLOAT, (to + 4L * (((long) c * p.k() + k) * TAPS + tap)) & MASK, value);
                }
            }
        });
    }

    /** Writes the patches of a tile's outputs to the columns at {@code to} of {@code [channels][taps][columns]}. */
    private void gather(int place, long x, long to, int columns) {
        int perImage = tileRows * tiles.across();
        long image = x + place / perImage * tiles.imageBytes();
        int top = place % perImage / tiles.across() * WinogradTransform.TILE - tiles.top();
        int left = place % tiles.across() * WinogradTransform.TILE - tiles.left();
        try (Scratch window = Scratch.borrow(4L * SIDE * SIDE)) {
            for (int channel = 0; channel < tiles.channels(); channel++) {
                cut(image + 4L * channel * tiles.h() * tiles.w(), top, left, window.address());
                for (int tap = 0; tap < TAPS; tap++) {
                    long from = window.address()
                            + 4L * (tap / WinogradTransform.KERNEL * SIDE + tap % WinogradTransform.KERNEL);
                    spread(from, to + 4L * ((long) channel * TAPS + tap) * columns);
                }
            }
        }
    }

    /** Copies the pixels of a plane that a tile's outputs see, with zeros outside. */
    private void cut(long plane, int top, int left, long to) {
        for (int i = 0; i < SIDE; i++) {
            int y = top + i;
            for (int j = 0; j < SIDE; j++) {
                int z = left + j;
                boolean inside = y >= 0 && y < tiles.h() && z >= 0 && z < tiles.w();
                float value = inside ? Rows.read(plane + 4L * ((long) y * tiles.w() + z)) : 0;
                ALL.set(FLOAT, (to + 4L * (i * SIDE + j)) & MASK, value);
            }
        }
    }

    /** Copies what one tap meets for each output, two numbers at a time. */
    private static void spread(long from, long to) {
        for (int i = 0; i < WinogradTransform.TILE; i++) {
            long source = from + 4L * i * SIDE;
            long target = to + 4L * i * WinogradTransform.TILE;
            Access.i64(target, Access.i64(source));
            Access.i64(target + 8, Access.i64(source + 8));
        }
    }

    /** Writes a tile's outputs from the columns at {@code from} of {@code [outputs][columns]}. */
    private void scatter(long from, int columns, int place, long bias, long y) {
        int perImage = tileRows * tiles.across();
        int top = place % perImage / tiles.across() * WinogradTransform.TILE;
        int left = place % tiles.across() * WinogradTransform.TILE;
        for (int k = 0; k < outputs; k++) {
            long plane = y + 4L * ((long) (place / perImage) * outputs + k) * oh * ow;
            float shift = bias == 0 ? 0 : Rows.read(bias + 4L * k);
            for (int output = 0; output < OUTPUTS; output++) {
                int i = top + output / WinogradTransform.TILE;
                int j = left + output % WinogradTransform.TILE;
                if (i < oh && j < ow) {
                    float sum = Rows.read(from + 4L * ((long) k * columns + output)) + shift;
                    ALL.set(FLOAT, (plane + 4L * ((long) i * ow + j)) & MASK, sum);
                }
            }
        }
    }
}
