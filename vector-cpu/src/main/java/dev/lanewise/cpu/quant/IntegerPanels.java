package dev.lanewise.cpu.quant;

import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.MASK;
import static dev.lanewise.cpu.memory.NativeMemory.ZEROS;

import dev.lanewise.cpu.Species;
import dev.lanewise.cpu.gemm.F32Panels;
import dev.lanewise.cpu.memory.Dense;
import dev.lanewise.cpu.memory.Scratch;
import dev.lanewise.cpu.parallel.Workers;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * The exact product of two matrices of bytes. Rows of the left one are widened to floats once; of the right one, which stays as it
 * is, a panel of {@link #DEPTH} rows at a time, into the first-level cache. Sums of that many products are exact in floats; they are
 * added as integers.
 */
final class IntegerPanels {
    /** {@code 255 * 255 * 256 < 2^24}: sums of so many products of bytes less their zero points are exact. */
    private static final int DEPTH = 256;

    /** Rows of the left operand that are widened at a time. */
    private static final int MOST_ROWS = 512;

    /** Rows of a task, a multiple of all tiles' rows. */
    private static final int ROWS = 48;

    /** Columns of a task: a line of the cache. */
    private static final int COLUMNS = 64;

    private static final int WIDTH = F32Panels.WIDTH;
    private static final long PANEL_ROW = WIDTH * 4L;
    private static final long SUM_ROW = COLUMNS * 4L;
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;

    private final int m;
    private final int n;
    private final int k;
    private final boolean signedA;
    private final boolean signedB;
    private final boolean scaled;
    private final long aRow;
    private long a;
    private long b;
    private long out;
    private long wide;
    private int aZero;
    /** For each column its zero point, scale and bias, as floats, padded to whole panels. */
    private long zeros;

    private long scales;
    private long bias;

    IntegerPanels(Tensor a, Tensor b, boolean scaled) {
        this.m = Math.toIntExact(a.shape().without(-1).elements());
        this.k = Math.toIntExact(b.shape().size(0));
        this.n = Math.toIntExact(b.shape().size(1));
        this.signedA = a.dtype() == DType.I8;
        this.signedB = b.dtype() == DType.I8;
        this.scaled = scaled;
        // an odd number of lines, so that rows fall into different sets of the cache
        this.aRow = (Math.ceilDiv(k * 4L, 64) | 1) * 64;
    }

    static void run(Tensor[] in, Tensor result, boolean scaled) {
        IntegerPanels product = new IntegerPanels(in[0], in[1], scaled);
        long column = Math.ceilDiv(product.n, COLUMNS) * (long) COLUMNS * 4;
        try (Dense a = Dense.of(in[0]);
                Dense b = Dense.of(in[1]);
                Dense aZero = Dense.of(in[2]);
                Dense bZero = Dense.of(in[3]);
                Dense scale = scaled ? Dense.of(in[4]) : Dense.at(0);
                Dense bias = in.length == 6 ? Dense.of(in[5]) : Dense.at(0);
                Scratch scratch = Scratch.borrow(3 * column + Math.min(MOST_ROWS, product.m) * product.aRow)) {
            product.a = a.address();
            product.b = b.address();
            product.out = Dense.address(result);
            product.zeros = scratch.address();
            product.scales = product.zeros + column;
            product.bias = product.scales + column;
            product.wide = product.bias + column;
            product.aZero = product.whole(aZero.address(), product.signedA);
            product.columns(
                    bZero.address(),
                    in[3].shape().elements() > 1,
                    scale.address(),
                    scaled && in[4].shape().elements() > 1,
                    bias.address());
            product.rows();
        }
    }

    private int whole(long at, boolean signed) {
        return signed ? Lanes.s8(at & MASK) : Lanes.u8(at & MASK);
    }

    private void columns(long zero, boolean zeroEach, long scale, boolean scaleEach, long given) {
        for (int j = 0; j < n; j++) {
            float z = whole(zero + (zeroEach ? j : 0), signedB);
            ALL.set(FLOAT, (zeros + j * 4L) & MASK, z);
            if (scaled) {
                float s = ALL.get(FLOAT, (scale + (scaleEach ? j * 4L : 0)) & MASK);
                ALL.set(FLOAT, (scales + j * 4L) & MASK, s);
                float add = given == 0 ? -0f : ALL.get(FLOAT, (given + j * 4L) & MASK);
                ALL.set(FLOAT, (bias + j * 4L) & MASK, add);
            }
        }
    }

    private void rows() {
        for (int first = 0; first < m; first += MOST_ROWS) {
            int begin = first;
            int count = Math.min(MOST_ROWS, m - first);
            Workers.forRange(count, Math.max(1, (1 << 15) / Math.max(1, k)), (from, to) -> {
                for (long row = from; row < to; row++) {
                    widen(a + (begin + row) * k, wide + row * aRow);
                }
            });
            int down = Math.ceilDiv(count, ROWS);
            Workers.run(down * Math.ceilDiv(n, COLUMNS), task -> {
                int row = task % down * ROWS;
                task(begin + row, row, Math.min(ROWS, count - row), task / down * COLUMNS);
            });
        }
    }

    private void widen(long from, long to) {
        FloatVector zero = Lanes.broadcast(aZero);
        int p = 0;
        for (; p <= k - Lanes.COUNT; p += Lanes.COUNT) {
            long at = (from + p) & MASK;
            FloatVector v = signedA ? Lanes.signed(at) : Lanes.floats(Lanes.unsigned(at));
            Lanes.store(v.sub(zero), (to + p * 4L) & MASK);
        }
        for (; p < k; p++) {
            ALL.set(FLOAT, (to + p * 4L) & MASK, whole(from + p, signedA) - aZero);
        }
    }

    private void task(int row, int wideRow, int rows, int column) {
        int count = Math.min(COLUMNS, n - column);
        long panelBytes = DEPTH * PANEL_ROW;
        long tileBytes = ROWS * PANEL_ROW;
        try (Scratch scratch = Scratch.borrow(panelBytes + tileBytes + ROWS * SUM_ROW)) {
            long panel = scratch.address();
            long tile = panel + panelBytes;
            long sums = tile + tileBytes;
            ALL.asSlice(sums, ROWS * SUM_ROW).fill((byte) 0);
            for (int p = 0; p < k; p += DEPTH) {
                int depth = Math.min(DEPTH, k - p);
                for (int j = 0; j < count; j += WIDTH) {
                    pack(p, depth, column + j, Math.min(WIDTH, count - j), panel);
                    long left = wide + wideRow * aRow + p * 4L;
                    for (int i = 0; i < rows; i += F32Panels.ROWS) {
                        int high = Math.min(F32Panels.ROWS, rows - i);
                        long at = tile + i * PANEL_ROW;
                        F32Panels.tile(high, depth, left + i * aRow, aRow, panel, PANEL_ROW, ZEROS, 0, at, PANEL_ROW);
                    }
                    add(rows, tile, sums + j * 4L);
                }
            }
            store(rows, count, sums, row, column);
        }
    }

    /** Widens a panel; what lies beyond the last column is undefined, and so are the sums of it, which nobody reads. */
    private void pack(int p, int depth, int column, int valid, long panel) {
        long from = b + (long) p * n + column;
        long zero = zeros + column * 4L;
        if (valid < WIDTH) {
            packEdge(from, depth, valid, zero, panel);
        } else if (signedB) {
            packSigned(from, n, depth, zero, panel);
        } else {
            packUnsigned(from, n, depth, zero, panel);
        }
    }

    private static void packSigned(long from, long step, int depth, long zero, long panel) {
        FloatVector z0 = Lanes.load(zero & MASK);
        FloatVector z1 = Lanes.load((zero + Lanes.VECTOR) & MASK);
        for (int i = 0; i < depth; i++) {
            from &= MASK;
            panel &= MASK;
            Lanes.store(Lanes.signed(from).sub(z0), panel);
            Lanes.store(Lanes.signed(from + Lanes.COUNT).sub(z1), panel + Lanes.VECTOR);
            from += step;
            panel += PANEL_ROW;
        }
    }

    private static void packUnsigned(long from, long step, int depth, long zero, long panel) {
        FloatVector z0 = Lanes.load(zero & MASK);
        FloatVector z1 = Lanes.load((zero + Lanes.VECTOR) & MASK);
        for (int i = 0; i < depth; i++) {
            from &= MASK;
            panel &= MASK;
            Lanes.store(Lanes.floats(Lanes.unsigned(from)).sub(z0), panel);
            Lanes.store(Lanes.floats(Lanes.unsigned(from + Lanes.COUNT)).sub(z1), panel + Lanes.VECTOR);
            from += step;
            panel += PANEL_ROW;
        }
    }

    private void packEdge(long from, int depth, int valid, long zero, long panel) {
        for (int i = 0; i < depth; i++) {
            for (int j = 0; j < valid; j++) {
                float z = ALL.get(FLOAT, (zero + j * 4L) & MASK);
                ALL.set(FLOAT, (panel + j * 4L) & MASK, whole(from + j, signedB) - z);
            }
            from += n;
            panel += PANEL_ROW;
        }
    }

    private static void add(int rows, long tile, long sums) {
        for (int i = 0; i < rows; i++) {
            tile &= MASK;
            sums &= MASK;
            integers(sums).add(rounded(tile)).intoMemorySegment(ALL, sums, Species.ORDER);
            integers(sums + Lanes.VECTOR)
                    .add(rounded(tile + Lanes.VECTOR))
                    .intoMemorySegment(ALL, sums + Lanes.VECTOR, Species.ORDER);
            tile += PANEL_ROW;
            sums += SUM_ROW;
        }
    }

    private static IntVector integers(long at) {
        return IntVector.fromMemorySegment(Lanes.I32, ALL, at, Species.ORDER);
    }

    private static IntVector rounded(long at) {
        return (IntVector) Lanes.load(at).convertShape(VectorOperators.F2I, Lanes.I32, 0);
    }

    private void store(int rows, int count, long sums, int row, int column) {
        for (int i = 0; i < rows; i++) {
            long to = out + ((long) (row + i) * n + column) * 4;
            long from = sums + i * SUM_ROW;
            int j = 0;
            for (; j <= count - Lanes.COUNT; j += Lanes.COUNT) {
                IntVector v = integers((from + j * 4L) & MASK);
                if (scaled) {
                    long at = (column + j) * 4L;
                    FloatVector product = Lanes.floats(v).mul(Lanes.load((scales + at) & MASK));
                    Lanes.store(product.add(Lanes.load((bias + at) & MASK)), (to + j * 4L) & MASK);
                } else {
                    v.intoMemorySegment(ALL, (to + j * 4L) & MASK, Species.ORDER);
                }
            }
            for (; j < count; j++) {
                int v = ALL.get(INT, (from + j * 4L) & MASK);
                if (scaled) {
                    long at = (column + j) * 4L;
                    float product = v * ALL.get(FLOAT, (scales + at) & MASK);
                    ALL.set(FLOAT, (to + j * 4L) & MASK, product + ALL.get(FLOAT, (bias + at) & MASK));
                } else {
                    ALL.set(INT, (to + j * 4L) & MASK, v);
                }
            }
        }
    }
}
