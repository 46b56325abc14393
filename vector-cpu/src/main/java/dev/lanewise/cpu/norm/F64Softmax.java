package dev.lanewise.cpu.norm;

import static dev.lanewise.cpu.memory.Access.f64;
import static dev.lanewise.cpu.memory.Access.loadF64;
import static dev.lanewise.cpu.memory.Access.storeF64;

import dev.lanewise.cpu.LaneSum;
import dev.lanewise.cpu.Species;
import dev.lanewise.cpu.memory.NativeMemory;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** Softmax in single precision. */
final class F64Softmax implements SoftmaxKernel {
    private static final int LANES = Species.F64_LANES;
    private static final long BYTES = Double.BYTES;
    private static final long VECTOR = Species.VECTOR_BYTES;

    @Override
    public void rows(long x, long y, long rows, int n, boolean log) {
        long row = n * BYTES;
        if (n <= LANES) {
            VectorMask<Double> lanes = Species.F64.indexInRange(0, n);
            for (long i = 0; i < rows; i++) {
                shortRow(x + i * row, y + i * row, lanes, log);
            }
        } else if (log) {
            for (long i = 0; i < rows; i++) {
                logRow(x + i * row, y + i * row, n);
            }
        } else {
            for (long i = 0; i < rows; i++) {
                row(x + i * row, y + i * row, n);
            }
        }
    }

    private static void shortRow(long x, long y, VectorMask<Double> lanes, boolean log) {
        DoubleVector v = DoubleVector.broadcast(Species.F64, Double.NEGATIVE_INFINITY).blend(loadF64(x, lanes), lanes);
        DoubleVector shifted = v.sub(v.reduceLanes(VectorOperators.MAX));
        DoubleVector e = Exp.of(shifted);
        double sum = LaneSum.of(loadF64(NativeMemory.ZEROS).blend(e, lanes));
        storeF64(log ? shifted.sub(Math.log(sum)) : e.mul(1 / sum), y, lanes);
    }

    /** The largest element; a NaN may be overlooked, its exponential will not. */
    private static double max(long x, int n) {
        DoubleVector a = loadF64(x);
        DoubleVector b = loadF64(x + (n - LANES) * BYTES);
        int i = LANES;
        for (; i <= n - 2 * LANES; i += 2 * LANES) {
            DoubleVector v = loadF64(x + i * BYTES);
            DoubleVector w = loadF64(x + i * BYTES + VECTOR);
            a = a.blend(v, v.compare(VectorOperators.GT, a));
            b = b.blend(w, w.compare(VectorOperators.GT, b));
        }
        if (i <= n - LANES) {
            DoubleVector v = loadF64(x + i * BYTES);
            a = a.blend(v, v.compare(VectorOperators.GT, a));
        }
        return a.max(b).reduceLanes(VectorOperators.MAX);
    }

    private static void row(long x, long y, int n) {
        double max = max(x, n);
        DoubleVector sum = loadF64(NativeMemory.ZEROS);
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            DoubleVector e = Exp.of(loadF64(x + i * BYTES).sub(max));
            sum = sum.add(e);
            storeF64(e, y + i * BYTES);
        }
        if (i < n) {
            VectorMask<Double> tail = Species.F64.indexInRange(i, n);
            DoubleVector e = Exp.of(loadF64(x + i * BYTES, tail).sub(max));
            sum = sum.add(e, tail);
            storeF64(e, y + i * BYTES, tail);
        }
        scale(y, n, 1 / LaneSum.of(sum));
    }

    private static void scale(long y, int n, double factor) {
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            storeF64(loadF64(y + i * BYTES).mul(factor), y + i * BYTES);
        }
        if (i < n) {
            VectorMask<Double> tail = Species.F64.indexInRange(i, n);
            storeF64(loadF64(y + i * BYTES, tail).mul(factor), y + i * BYTES, tail);
        }
    }

    private static void logRow(long x, long y, int n) {
        double max = max(x, n);
        DoubleVector sum = loadF64(NativeMemory.ZEROS);
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            sum = sum.add(Exp.of(loadF64(x + i * BYTES).sub(max)));
        }
        if (i < n) {
            VectorMask<Double> tail = Species.F64.indexInRange(i, n);
            sum = sum.add(Exp.of(loadF64(x + i * BYTES, tail).sub(max)), tail);
        }
        double logSum = Math.log(LaneSum.of(sum));
        for (i = 0; i <= n - LANES; i += LANES) {
            storeF64(loadF64(x + i * BYTES).sub(max).sub(logSum), y + i * BYTES);
        }
        if (i < n) {
            VectorMask<Double> tail = Species.F64.indexInRange(i, n);
            storeF64(loadF64(x + i * BYTES, tail).sub(max).sub(logSum), y + i * BYTES, tail);
        }
    }

    @Override
    public void gradRows(long g, long y, long gx, long rows, int n, boolean log) {
        long row = n * BYTES;
        for (long i = 0; i < rows; i++) {
            if (log) {
                logGradRow(g + i * row, y + i * row, gx + i * row, n);
            } else {
                gradRow(g + i * row, y + i * row, gx + i * row, n);
            }
        }
    }

    private static void gradRow(long g, long y, long gx, int n) {
        DoubleVector sum = loadF64(NativeMemory.ZEROS);
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            sum = loadF64(g + i * BYTES).fma(loadF64(y + i * BYTES), sum);
        }
        VectorMask<Double> tail = Species.F64.indexInRange(i, n);
        if (i < n) {
            sum = loadF64(g + i * BYTES, tail).fma(loadF64(y + i * BYTES, tail), sum);
        }
        double dot = LaneSum.of(sum);
        for (i = 0; i <= n - LANES; i += LANES) {
            storeF64(loadF64(g + i * BYTES).sub(dot).mul(loadF64(y + i * BYTES)), gx + i * BYTES);
        }
        if (i < n) {
            storeF64(loadF64(g + i * BYTES, tail).sub(dot).mul(loadF64(y + i * BYTES, tail)), gx + i * BYTES, tail);
        }
    }

    private static void logGradRow(long g, long y, long gx, int n) {
        DoubleVector sums = loadF64(NativeMemory.ZEROS);
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            sums = sums.add(loadF64(g + i * BYTES));
        }
        VectorMask<Double> tail = Species.F64.indexInRange(i, n);
        if (i < n) {
            sums = sums.add(loadF64(g + i * BYTES, tail));
        }
        double sum = LaneSum.of(sums);
        for (i = 0; i <= n - LANES; i += LANES) {
            storeF64(loadF64(g + i * BYTES).sub(Exp.of(loadF64(y + i * BYTES)).mul(sum)), gx + i * BYTES);
        }
        if (i < n) {
            DoubleVector e = Exp.of(loadF64(y + i * BYTES, tail));
            storeF64(loadF64(g + i * BYTES, tail).sub(e.mul(sum)), gx + i * BYTES, tail);
        }
    }

    @Override
    public void columns(long x, long y, long n, long stride, int columns, boolean log) {
        for (int i = 0; i < columns; i += LANES) {
            VectorMask<Double> lanes = Species.F64.indexInRange(i, columns);
            if (log) {
                logColumn(x + i * BYTES, y + i * BYTES, n, stride, lanes);
            } else {
                column(x + i * BYTES, y + i * BYTES, n, stride, lanes);
            }
        }
    }

    private static DoubleVector maxColumn(long x, long n, long stride, VectorMask<Double> lanes) {
        DoubleVector max = loadF64(x, lanes);
        for (long i = 1; i < n; i++) {
            DoubleVector v = loadF64(x + i * stride, lanes);
            max = max.blend(v, v.compare(VectorOperators.GT, max));
        }
        return max;
    }

    private static void column(long x, long y, long n, long stride, VectorMask<Double> lanes) {
        DoubleVector max = maxColumn(x, n, stride, lanes);
        DoubleVector sum = loadF64(NativeMemory.ZEROS);
        for (long i = 0; i < n; i++) {
            DoubleVector e = Exp.of(loadF64(x + i * stride, lanes).sub(max));
            sum = sum.add(e);
            storeF64(e, y + i * stride, lanes);
        }
        for (long i = 0; i < n; i++) {
            storeF64(loadF64(y + i * stride, lanes).div(sum), y + i * stride, lanes);
        }
    }

    private static void logColumn(long x, long y, long n, long stride, VectorMask<Double> lanes) {
        DoubleVector max = maxColumn(x, n, stride, lanes);
        DoubleVector sum = loadF64(NativeMemory.ZEROS);
        for (long i = 0; i < n; i++) {
            sum = sum.add(Exp.of(loadF64(x + i * stride, lanes).sub(max)));
        }
        DoubleVector logSum = log(sum, y, lanes);
        for (long i = 0; i < n; i++) {
            storeF64(loadF64(x + i * stride, lanes).sub(max).sub(logSum), y + i * stride, lanes);
        }
    }

    /** Logarithms, by way of memory that is overwritten later. */
    private static DoubleVector log(DoubleVector x, long memory, VectorMask<Double> lanes) {
        storeF64(x, memory, lanes);
        for (int i = 0; i < lanes.trueCount(); i++) {
            f64(memory + i * BYTES, Math.log(f64(memory + i * BYTES)));
        }
        return loadF64(memory, lanes);
    }

    @Override
    public void gradColumns(long g, long y, long gx, long n, long stride, int columns, boolean log) {
        for (int i = 0; i < columns; i += LANES) {
            VectorMask<Double> lanes = Species.F64.indexInRange(i, columns);
            if (log) {
                logGradColumn(g + i * BYTES, y + i * BYTES, gx + i * BYTES, n, stride, lanes);
            } else {
                gradColumn(g + i * BYTES, y + i * BYTES, gx + i * BYTES, n, stride, lanes);
            }
        }
    }

    private static void gradColumn(long g, long y, long gx, long n, long stride, VectorMask<Double> lanes) {
        DoubleVector dot = loadF64(NativeMemory.ZEROS);
        for (long i = 0; i < n; i++) {
            dot = loadF64(g + i * stride, lanes).fma(loadF64(y + i * stride, lanes), dot);
        }
        for (long i = 0; i < n; i++) {
            DoubleVector centered = loadF64(g + i * stride, lanes).sub(dot);
            storeF64(centered.mul(loadF64(y + i * stride, lanes)), gx + i * stride, lanes);
        }
    }

    private static void logGradColumn(long g, long y, long gx, long n, long stride, VectorMask<Double> lanes) {
        DoubleVector sum = loadF64(NativeMemory.ZEROS);
        for (long i = 0; i < n; i++) {
            sum = sum.add(loadF64(g + i * stride, lanes));
        }
        for (long i = 0; i < n; i++) {
            DoubleVector e = Exp.of(loadF64(y + i * stride, lanes));
            storeF64(loadF64(g + i * stride, lanes).sub(e.mul(sum)), gx + i * stride, lanes);
        }
    }
}
