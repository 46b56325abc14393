package dev.lanewise.cpu.conv.winograd;

import static dev.lanewise.cpu.conv.Vectors.BYTES;
import static dev.lanewise.cpu.conv.Vectors.FLOAT;
import static dev.lanewise.cpu.conv.Vectors.LANES;
import static dev.lanewise.cpu.conv.Vectors.LONG;
import static dev.lanewise.cpu.conv.Vectors.ORDER;
import static dev.lanewise.cpu.conv.Vectors.SPECIES;
import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.MASK;

import dev.lanewise.cpu.conv.ConvShape;
import dev.lanewise.cpu.conv.Rows;
import dev.lanewise.cpu.conv.Transposition;
import dev.lanewise.cpu.conv.Vectors;
import dev.lanewise.cpu.memory.Scratch;
import dev.lanewise.cpu.parallel.Apart;
import dev.lanewise.cpu.parallel.Workers;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.IntStream;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Of the pixels that see too little ({@link OutputMarks}), those outputs whose own magnitude does not prove that they are exact
 * enough: they are computed again by the definition, from the numbers that they see. All places are addresses.
 */
final class WinogradRepair implements AutoCloseable {
    private static final int TAPS = WinogradTransform.KERNEL * WinogradTransform.KERNEL;

    /** The share of outputs that are computed again; if there are more, all are. */
    private static final int SHARE = 3;

    /**
     * Twice the error of an output, over the tolerance, in units of the largest output of its tile and the root of the inputs: of inputs that
     * have the signs of the weights at other outputs, whose products add up there, and so do their roundings. It is a measure, not a bound.
     */
    private static final float OF_LARGEST = 1e-4f;

    @SuppressWarnings("NonFinalStaticField") // so that C2 does not know it
    private static MethodHandle check = Apart.of(
            MethodHandles.lookup(),
            WinogradRepair.class,
            "checkTile",
            MethodType.methodType(
                    void.class,
                    OutputMarks.class,
                    long.class,
                    int.class,
                    long.class,
                    long.class,
                    int.class,
                    int.class));

    private final ConvShape p;
    private final boolean gradient;
    private final WinogradTiles tiles;

    /** For each output the magnitude, over a tile's largest number, that proves it. */
    private final long proofs;

    private final int outputs;
    private final int oh;
    private final int ow;
    private final int tileRows;

    /** What an output must be of its tile's largest. */
    private final float share;

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
        this.share = OF_LARGEST * (float) Math.sqrt(tiles.channels());
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
     * Looks at the outputs of a tile that see too little.
     *
     * @param needed what the others see
     * @param values the tile's outputs without bias, a pixel's in whole vectors
     * @param rowBytes from one row of them to the next
     */
    void check(OutputMarks marks, long tile, int needed, long values, long rowBytes, int height, int width) {
        try {
            check.invokeExact(this, marks, tile, needed, values, rowBytes, height, width);
        } catch (Throwable e) {
            throw Apart.unchecked(e);
        }
    }

    /** Called {@linkplain Apart apart}. */
    void checkTile(OutputMarks marks, long tile, int needed, long values, long rowBytes, int height, int width) {
        float largest = marks.largest(tile);
        long pixelBytes = Vectors.blocks(outputs, LANES) * BYTES;
        int unproved = 0;
        for (int first = 0; first < outputs; first += LANES) {
            long vector = values + 4L * first;
            FloatVector least = least(first, largest, vector, rowBytes, pixelBytes, height, width);
            long lanes = -1L >>> Long.SIZE - Math.min(LANES, outputs - first);
            for (int output = 0; output < OutputMarks.OUTPUTS; output++) {
                if (marks.isOutputBelow(tile, output, needed)) {
                    long at = vector
                            + output / WinogradTransform.TILE * rowBytes
                            + output % WinogradTransform.TILE * pixelBytes;
                    long left =
                            lanes & ~load(at).compare(VectorOperators.GE, least).toLong();
                    long word =
                            (bits(tile * OutputMarks.OUTPUTS + output) + (long) first / Long.SIZE * Long.BYTES) & MASK;
                    long before = first % Long.SIZE == 0 ? 0 : ALL.get(LONG, word);
                    ALL.set(LONG, word, before | left << first);
                    unproved += Long.bitCount(left);
                }
            }
        }
        if (unproved != 0) {
            count.add(unproved);
        }
    }

    /** The magnitudes that prove a vector of outputs: those of the tile's largest number and of its largest output. */
    private FloatVector least(
            int first, float largest, long values, long rowBytes, long pixelBytes, int height, int width) {
        FloatVector most = load(values);
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                most = most.max(load(values + y * rowBytes + x * pixelBytes));
            }
        }
        return FloatVector.fromMemorySegment(SPECIES, ALL, (proofs + 4L * first) & MASK, ORDER)
                .mul(FloatVector.broadcast(SPECIES, largest))
                .max(most.mul(FloatVector.broadcast(SPECIES, share)));
    }

    /** Magnitudes. */
    private static FloatVector load(long at) {
        return FloatVector.fromMemorySegment(SPECIES, ALL, at & MASK, ORDER).abs();
    }

    /**
     * Computes the outputs that are not proved, and returns true; or false if they are many, and all must be computed by other means.
     *
     * @param places the pixels that were looked at, in ascending order
     */
    boolean run(long[] places, long x, long w, long bias, long y) {
        long all = (long) p.n() * oh * ow * outputs;
        if (count.sum() > all / SHARE) {
            return false;
        }
        if (count.sum() == 0) {
            return true;
        }
        long[] some = some(places);
        int[] rows = rows(places);
        try (Scratch kernels = Scratch.borrow(outputs * kernelBytes())) {
            Workers.run(outputs, k -> {
                if ((some[k / Long.SIZE] >> k & 1) != 0) {
                    turn(k, w, kernels.address() + k * kernelBytes());
                }
            });
            Workers.run(
                    rows.length - 1, row -> repair(places, rows[row], rows[row + 1], x, kernels.address(), bias, y));
        }
        return true;
    }

    private long kernelBytes() {
        return TAPS * tiles.pixelBytes();
    }

    /** The outputs that are not proved at some of the pixels, as bits. */
    private long[] some(long[] places) {
        long[] some = new long[words];
        for (long place : places) {
            for (int word = 0; word < words; word++) {
                some[word] |= word(place, word);
            }
        }
        return some;
    }

    private long word(long place, int word) {
        return ALL.get(LONG, (bits(place) + (long) Long.BYTES * word) & MASK);
    }

    /** Where among the pixels each row of tiles that has some begins, and their end. */
    private int[] rows(long[] places) {
        return IntStream.rangeClosed(0, places.length)
                .filter(i -> i == 0 || i == places.length || tileRowOf(places[i]) != tileRowOf(places[i - 1]))
                .toArray();
    }

    /** Writes the weights of an output as {@code [taps][channels]}, in whole vectors of channels that end in zeros. */
    private void turn(int output, long w, long to) {
        long step = tiles.pixelBytes();
        try (Scratch work = Scratch.borrow(Transposition.WORK_BYTES)) {
            if (gradient) {
                long planes = w + 4L * TAPS * output;
                // from the last tap to the first
                long last = to + (TAPS - 1) * step;
                Transposition.planesToPixels(
                        planes, 4L * TAPS * outputs, tiles.channels(), TAPS, last, -step, work.address());
            } else {
                long planes = w + 4L * TAPS * tiles.channels() * output;
                Transposition.planesToPixels(planes, 4L * TAPS, tiles.channels(), TAPS, to, step, work.address());
            }
        }
        clearRest(to, TAPS);
    }

    /** Clears the lanes past the last channel of some pixels. */
    private void clearRest(long pixels, int count) {
        long used = 4L * tiles.channels();
        int rest = (int) (tiles.pixelBytes() - used) / Float.BYTES;
        for (int pixel = 0; rest > 0 && pixel < count; pixel++) {
            Rows.clear(pixels + pixel * tiles.pixelBytes() + used, rest);
        }
    }

    /** Computes what is not proved at some pixels of a row of tiles, whose channels are brought next to each other. */
    private void repair(long[] places, int from, int to, long x, long kernels, long bias, long y) {
        int first = tiles.h();
        int end = 0;
        boolean any = false;
        for (int i = from; i < to; i++) {
            for (int word = 0; word < words; word++) {
                if (word(places[i], word) != 0) {
                    any = true;
                    int top = rowOf(places[i]) - tiles.top();
                    first = Math.min(first, Math.max(0, top));
                    end = Math.max(end, Math.min(tiles.h(), top + WinogradTransform.KERNEL));
                }
            }
        }
        if (!any) {
            return;
        }
        int pixels = Math.max(0, end - first) * tiles.w();
        try (Scratch picture = Scratch.borrow(pixels * tiles.pixelBytes());
                Scratch work = Scratch.borrow(Transposition.WORK_BYTES)) {
            long image = x + imageOf(places[from]) * tiles.imageBytes();
            Transposition.planesToPixels(
                    image + 4L * first * tiles.w(),
                    4L * tiles.h() * tiles.w(),
                    tiles.channels(),
                    pixels,
                    picture.address(),
                    tiles.pixelBytes(),
                    work.address());
            clearRest(picture.address(), pixels);
            // where pixel (0, 0) would be
            long origin = picture.address() - (long) first * tiles.w() * tiles.pixelBytes();
            for (int i = from; i < to; i++) {
                for (int word = 0; word < words; word++) {
                    for (long left = word(places[i], word); left != 0; left &= left - 1) {
                        int k = word * Long.SIZE + Long.numberOfTrailingZeros(left);
                        float shift = bias == 0 ? 0 : Rows.read(bias + 4L * k);
                        float sum = sum(places[i], origin, kernels + k * kernelBytes(), work.address());
                        ALL.set(FLOAT, (y + 4L * element(places[i], k)) & MASK, sum + shift);
                    }
                }
            }
        }
    }

    private long element(long place, int output) {
        return (((long) imageOf(place) * outputs + output) * oh + rowOf(place)) * ow + columnOf(place);
    }

    /** The sum of the products of a kernel with the pixels that it meets, of which those outside are left out. */
    private float sum(long place, long origin, long kernel, long lanes) {
        int top = rowOf(place) - tiles.top();
        int left = columnOf(place) - tiles.left();
        int row = Math.max(0, -top);
        int endRow = Math.min(WinogradTransform.KERNEL, tiles.h() - top);
        int column = Math.max(0, -left);
        int endColumn = Math.min(WinogradTransform.KERNEL, tiles.w() - left);
        if (row >= endRow || column >= endColumn) {
            return 0;
        }
        long rowBytes = tiles.w() * tiles.pixelBytes();
        ChannelDots.sum(
                origin + (top + row) * rowBytes + (left + column) * tiles.pixelBytes(),
                rowBytes,
                kernel + (WinogradTransform.KERNEL * row + column) * tiles.pixelBytes(),
                WinogradTransform.KERNEL * tiles.pixelBytes(),
                endRow - row,
                (endColumn - column) * tiles.vectors(),
                lanes);
        float sum = 0;
        for (int lane = 0; lane < LANES; lane++) {
            sum += Rows.read(lanes + 4L * lane);
        }
        return sum;
    }

    private long tileRowOf(long place) {
        return place / OutputMarks.OUTPUTS / tiles.across();
    }

    private int imageOf(long place) {
        return (int) (tileRowOf(place) / tileRows);
    }

    private int rowOf(long place) {
        int inTile = (int) (place % OutputMarks.OUTPUTS) / WinogradTransform.TILE;
        return (int) (tileRowOf(place) % tileRows) * WinogradTransform.TILE + inTile;
    }

    private int columnOf(long place) {
        long tile = place / OutputMarks.OUTPUTS % tiles.across();
        return (int) tile * WinogradTransform.TILE + (int) (place % WinogradTransform.TILE);
    }
}
