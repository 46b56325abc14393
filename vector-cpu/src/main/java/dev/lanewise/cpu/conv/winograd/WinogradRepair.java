package dev.lanewise.cpu.conv.winograd;

import static dev.lanewise.cpu.conv.Vectors.FLOAT;
import static dev.lanewise.cpu.conv.Vectors.LANES;
import static dev.lanewise.cpu.conv.Vectors.LONG;
import static dev.lanewise.cpu.conv.Vectors.ORDER;
import static dev.lanewise.cpu.conv.Vectors.SPECIES;
import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.MASK;

import dev.lanewise.cpu.conv.ConvShape;
import dev.lanewise.cpu.conv.Rows;
import dev.lanewise.cpu.conv.Vectors;
import dev.lanewise.cpu.gemm.F32Panels;
import dev.lanewise.cpu.memory.Scratch;
import dev.lanewise.cpu.parallel.Apart;
import dev.lanewise.cpu.parallel.Workers;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.concurrent.atomic.LongAdder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Of the pixels that see too little ({@link OutputMarks}), those outputs whose own magnitude does not prove that they are exact
 * enough: they are computed again by the definition, from the numbers that they see. All places are addresses.
 */
final class WinogradRepair implements AutoCloseable {
    private static final int TAPS = WinogradTransform.KERNEL * WinogradTransform.KERNEL;

    /** Outputs of a pixel that are computed at a time. */
    private static final int TOGETHER = 8;

    /** Pixels of a task. */
    private static final int BLOCK = 16;

    /** The share of outputs that are computed again; if there are more, all are. */
    private static final int SHARE = 3;

    @SuppressWarnings("NonFinalStaticField") // so that C2 does not know it
    private static MethodHandle check = Apart.of(
            MethodHandles.lookup(),
            WinogradRepair.class,
            "checkPixel",
            MethodType.methodType(void.class, long.class, float.class, long.class));

    private final ConvShape p;
    private final boolean gradient;
    private final WinogradTiles tiles;

    /** For each output the magnitude, over a tile's largest number, that proves it. */
    private final long proofs;

    private final int outputs;
    private final int oh;
    private final int ow;
    private final int tileRows;
    private final int depth;

    /** Words of a pixel's bits. */
    private final int words;

    /** For each pixel that was looked at the outputs that are not proved, as bits. */
    private final Scratch unproved;

    private final LongAdder count = new LongAdder();

    /**
     * Repairs what a pass leaves.
     *
     * @param tiles of the pass's input
     * @param proofs for each output the magnitude, over a tile's largest number, that proves it; whole vectors
     */
    WinogradRepair(ConvShape p, boolean gradient, WinogradTiles tiles, long proofs) {
        this.p = p;
        this.gradient = gradient;
        this.tiles = tiles;
        this.proofs = proofs;
        this.outputs = gradient ? p.c() : p.k();
        this.oh = gradient ? p.h() : p.oh();
        this.ow = gradient ? p.w() : p.ow();
        this.tileRows = Vectors.blocks(oh, WinogradTransform.TILE);
        this.depth = tiles.channels() * TAPS;
        this.words = Vectors.blocks(outputs, Long.SIZE);
        this.unproved =
                Scratch.borrow((long) Long.BYTES * words * OutputMarks.OUTPUTS * p.n() * tileRows * tiles.across());
    }

    @Override
    public void close() {
        unproved.close();
    }

    private long bits(long place) {
        return unproved.address() + (long) Long.BYTES * words * place;
    }

    /**
     * Looks at the outputs of a pixel.
     *
     * @param place the pixel ({@link OutputMarks#below})
     * @param largest the largest number of its tile
     * @param values the outputs without bias, whole vectors
     */
    void check(long place, float largest, long values) {
        try {
            check.invokeExact(this, place, largest, values);
        } catch (Throwable e) {
            throw Apart.unchecked(e);
        }
    }

    /** Called {@linkplain Apart apart}. */
    void checkPixel(long place, float largest, long values) {
        long to = bits(place);
        for (int first = 0; first < outputs; first += Long.SIZE) {
            long word = 0;
            for (int i = first; i < Math.min(outputs, first + Long.SIZE); i += LANES) {
                FloatVector least = FloatVector.fromMemorySegment(SPECIES, ALL, (proofs + 4L * i) & MASK, ORDER)
                        .mul(FloatVector.broadcast(SPECIES, largest));
                long left = FloatVector.fromMemorySegment(SPECIES, ALL, (values + 4L * i) & MASK, ORDER)
                        .abs()
                        .compare(VectorOperators.GE, least)
                        .not()
                        .toLong();
                int lanes = Math.min(LANES, outputs - i);
                word |= (left & -1L >>> Long.SIZE - lanes) << i - first;
            }
            ALL.set(LONG, (to + first / Byte.SIZE) & MASK, word);
            if (word != 0) {
                count.add(Long.bitCount(word));
            }
        }
    }

    /**
     * Computes the outputs that are not proved, and returns true; or false if they are many, and all must be computed by other means.
     *
     * @param places the pixels that were looked at
     */
    boolean run(long[] places, long x, long w, long bias, long y) {
        long all = (long) p.n() * oh * ow * outputs;
        if (count.sum() > all / SHARE) {
            return false;
        }
        if (count.sum() == 0) {
            return true;
        }
        try (Scratch turned = Scratch.borrow(gradient ? 4L * outputs * depth : 0)) {
            if (gradient) {
                turn(w, turned.address());
            }
            long weights = gradient ? turned.address() : w;
            Workers.run(Vectors.blocks(places.length, BLOCK), block -> {
                try (Scratch patch = Scratch.borrow(4L * depth);
                        Scratch results = Scratch.borrow(4L * TOGETHER)) {
                    for (int i = block * BLOCK; i < Math.min(places.length, (block + 1) * BLOCK); i++) {
                        repair(places[i], x, weights, bias, y, patch.address(), results.address());
                    }
                }
            });
        }
        return true;
    }

    private void repair(long place, long x, long weights, long bias, long y, long patch, long results) {
        boolean isCut = false;
        for (int first = 0; first < outputs; first += TOGETHER) {
            int few = Math.min(TOGETHER, outputs - first);
            long word = bits(place) + (long) Long.BYTES * (first / Long.SIZE);
            long left = ALL.get(LONG, word & MASK) >>> first % Long.SIZE;
            left &= -1L >>> Long.SIZE - few;
            if (left == 0) {
                continue;
            }
            if (!isCut) {
                cut(place, x, patch);
                isCut = true;
            }
            F32Panels.dots(few, depth, patch, weights + 4L * first * depth, 4L * depth, results);
            for (; left != 0; left &= left - 1) {
                int lane = Long.numberOfTrailingZeros(left);
                int k = first + lane;
                float shift = bias == 0 ? 0 : Rows.read(bias + 4L * k);
                long pixel = (((long) imageOf(place) * outputs + k) * oh + rowOf(place)) * ow + columnOf(place);
                ALL.set(FLOAT, (y + 4L * pixel) & MASK, Rows.read(results + 4L * lane) + shift);
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

    private int imageOf(long place) {
        return (int) (place / OutputMarks.OUTPUTS / ((long) tileRows * tiles.across()));
    }

    private int rowOf(long place) {
        long tileRow = place / OutputMarks.OUTPUTS / tiles.across() % tileRows;
        int inTile = (int) (place % OutputMarks.OUTPUTS) / WinogradTransform.TILE;
        return (int) tileRow * WinogradTransform.TILE + inTile;
    }

    private int columnOf(long place) {
        long tile = place / OutputMarks.OUTPUTS % tiles.across();
        return (int) tile * WinogradTransform.TILE + (int) (place % WinogradTransform.TILE);
    }

    /** Copies what a pixel's outputs see, {@code [channels][taps]}, with zeros outside. */
    private void cut(long place, long x, long to) {
        int top = rowOf(place) - tiles.top();
        int left = columnOf(place) - tiles.left();
        int endRow = Math.min(WinogradTransform.KERNEL, tiles.h() - top);
        int endColumn = Math.min(WinogradTransform.KERNEL, tiles.w() - left);
        boolean inside = Math.min(top, left) >= 0 && Math.min(endRow, endColumn) == WinogradTransform.KERNEL;
        long from = x + imageOf(place) * tiles.imageBytes() + 4L * ((long) top * tiles.w() + left);
        long plane = 4L * tiles.h() * tiles.w();
        long row = 4L * tiles.w();
        if (!inside) {
            Rows.clear(to, depth);
        }
        for (int channel = 0; channel < tiles.channels(); channel++) {
            long source = from + channel * plane;
            long target = to + 4L * TAPS * channel;
            if (inside) {
                copyRow(source, target);
                copyRow(source + row, target + 12);
                copyRow(source + 2 * row, target + 24);
                continue;
            }
            for (int i = Math.max(0, -top); i < endRow; i++) {
                for (int j = Math.max(0, -left); j < endColumn; j++) {
                    copy(source + i * row + 4L * j, target + 4L * (WinogradTransform.KERNEL * i + j));
                }
            }
        }
    }

    private static void copyRow(long from, long to) {
        copy(from, to);
        copy(from + 4, to + 4);
        copy(from + 8, to + 8);
    }

    private static void copy(long from, long to) {
        ALL.set(FLOAT, to & MASK, Rows.read(from));
    }
}
