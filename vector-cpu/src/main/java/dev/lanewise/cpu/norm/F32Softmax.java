package dev.lanewise.cpu.norm;

import static dev.lanewise.cpu.memory.Access.f32;
import static dev.lanewise.cpu.memory.Access.loadF32;
import static dev.lanewise.cpu.memory.Access.storeF32;

import dev.lanewise.cpu.LaneSum;
import dev.lanewise.cpu.Species;
import dev.lanewise.cpu.memory.NativeMemory;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** Softmax in single precision. */
final class F32Softmax implements SoftmaxKernel {
    private static final int LANES = Species.F32_LANES;
    private static final long BYTES = Float.BYTES;
    private static final long VECTOR = Species.VECTOR_BYTES;

    @Override
    public void rows(long x, long y, long rows, int n, boolean log) {
        long row = n * BYTES;
        if (n <= LANES) {
            VectorMask<Float> lanes = Species.F32.indexInRange(0, n);
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

    private static void shortRow(long x, long y, VectorMask<Float> lanes, boolean log) {
        FloatVector v = FloatVector.broadcast(Species.F32, Float.NEGATIVE_INFINITY).blend(loadF32(x, lanes), lanes);
        FloatVector shifted = v.sub(v.reduceLanes(VectorOperators.MAX));
        FloatVector e = Exp.of(shifted);
        float sum = LaneSum.of(loadF32(NativeMemory.ZEROS).blend(e, lanes));
        storeF32(log ? shifted.sub((float) Math.log(sum)) : e.mul(1 / sum), y, lanes);
    }

    /** The largest element; a NaN may be overlooked, its exponential will not. */
    private static float max(long x, int n) {
        FloatVector a = loadF32(x);
        FloatVector b = loadF32(x + (n - LANES) * BYTES);
        int i = LANES;
        for (; i <= n - 2 * LANES; i += 2 * LANES) {
            FloatVector v = loadF32(x + i * BYTES);
            FloatVector w = loadF32(x + i * BYTES + VECTOR);
            a = a.blend(v, v.compare(VectorOperators.GT, a));
            b = b.blend(w, w.compare(VectorOperators.GT, b));
        }
        if (i <= n - LANES) {
            FloatVector v = loadF32(x + i * BYTES);
            a = a.blend(v, v.compare(VectorOperators.GT, a));
        }
        return a.max(b).reduceLanes(VectorOperators.MAX);
    }

    private static void row(long x, long y, int n) {
        float max = max(x, n);
        FloatVector sum = loadF32(NativeMemory.ZEROS);
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            FloatVector e = Exp.of(loadF32(x + i * BYTES).sub(max));
            sum = sum.add(e);
            storeF32(e, y + i * BYTES);
        }
        if (i < n) {
            VectorMask<Float> tail = Species.F32.indexInRange(i, n);
            FloatVector e = Exp.of(loadF32(x + i * BYTES, tail).sub(max));
            sum = sum.add(e, tail);
            storeF32(e, y + i * BYTES, tail);
        }
        scale(y, n, 1 / LaneSum.of(sum));
    }

    private static void scale(long y, int n, float factor) {
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            storeF32(loadF32(y + i * BYTES).mul(factor), y + i * BYTES);
        }
        if (i < n) {
            VectorMask<Float> tail = Species.F32.indexInRange(i, n);
            storeF32(loadF32(y + i * BYTES, tail).mul(factor), y + i * BYTES, tail);
        }
    }

    private static void logRow(long x, long y, int n) {
        float max = max(x, n);
        FloatVector sum = loadF32(NativeMemory.ZEROS);
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            sum = sum.add(Exp.of(loadF32(x + i * BYTES).sub(max)));
        }
        if (i < n) {
            VectorMask<Float> tail = Species.F32.indexInRange(i, n);
            sum = sum.add(Exp.of(loadF32(x + i * BYTES, tail).sub(max)), tail);
        }
        float logSum = (float) Math.log(LaneSum.of(sum));
        for (i = 0; i <= n - LANES; i += LANES) {
            storeF32(loadF32(x + i * BYTES).sub(max).sub(logSum), y + i * BYTES);
        }
        if (i < n) {
            VectorMask<Float> tail = Species.F32.indexInRange(i, n);
            storeF32(loadF32(x + i * BYTES, tail).sub(max).sub(logSum), y + i * BYTES, tail);
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
        FloatVector sum = loadF32(NativeMemory.ZEROS);
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            sum = loadF32(g + i * BYTES).fma(loadF32(y + i * BYTES), sum);
        }
        VectorMask<Float> tail = Species.F32.indexInRange(i, n);
        if (i < n) {
            sum = loadF32(g + i * BYTES, tail).fma(loadF32(y + i * BYTES, tail), sum);
        }
        float dot = LaneSum.of(sum);
        for (i = 0; i <= n - LANES; i += LANES) {
            storeF32(loadF32(g + i * BYTES).sub(dot).mul(loadF32(y + i * BYTES)), gx + i * BYTES);
        }
        if (i < n) {
            storeF32(loadF32(g + i * BYTES, tail).sub(dot).mul(loadF32(y + i * BYTES, tail)), gx + i * BYTES, tail);
        }
    }

    private static void logGradRow(long g, long y, long gx, int n) {
        FloatVector sums = loadF32(NativeMemory.ZEROS);
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            sums = sums.add(loadF32(g + i * BYTES));
        }
        VectorMask<Float> tail = Species.F32.indexInRange(i, n);
        if (i < n) {
            sums = sums.add(loadF32(g + i * BYTES, tail));
        }
        float sum = LaneSum.of(sums);
        for (i = 0; i <= n - LANES; i += LANES) {
            storeF32(loadF32(g + i * BYTES).sub(Exp.of(loadF32(y + i * BYTES)).mul(sum)), gx + i * BYTES);
        }
        if (i < n) {
            FloatVector e = Exp.of(loadF32(y + i * BYTES, tail));
            storeF32(loadF32(g + i * BYTES, tail).sub(e.mul(sum)), gx + i * BYTES, tail);
        }
    }

    @Override
    public void columns(long x, long y, long n, long stride, int columns, boolean log) {
        for (int i = 0; i < columns; i += LANES) {
            VectorMask<Float> lanes = Species.F32.indexInRange(i, columns);
            if (log) {
                logColumn(x + i * BYTES, y + i * BYTES, n, stride, lanes);
            } else {
                column(x + i * BYTES, y + i * BYTES, n, stride, lanes);
            }
        }
    }

    private static FloatVector maxColumn(long x, long n, long stride, VectorMask<Float> lanes) {
        FloatVector max = loadF32(x, lanes);
        for (long i = 1; i < n; i++) {
            FloatVector v = loadF32(x + i * stride, lanes);
            max = max.blend(v, v.compare(VectorOperators.GT, max));
        }
        return max;
    }

    private static void column(long x, long y, long n, long stride, VectorMask<Float> lanes) {
        FloatVector max = maxColumn(x, n, stride, lanes);
        FloatVector sum = loadF32(NativeMemory.ZEROS);
        for (long i = 0; i < n; i++) {
            FloatVector e = Exp.of(loadF32(x + i * stride, lanes).sub(max));
            sum = sum.add(e);
            storeF32(e, y + i * stride, lanes);
        }
        for (long i = 0; i < n; i++) {
            storeF32(loadF32(y + i * stride, lanes).div(sum), y + i * stride, lanes);
        }
    }

    private static void logColumn(long x, long y, long n, long stride, VectorMask<Float> lanes) {
        FloatVector max = maxColumn(x, n, stride, lanes);
        FloatVector sum = loadF32(NativeMemory.ZEROS);
        for (long i = 0; i < n; i++) {
            sum = sum.add(Exp.of(loadF32(x + i * stride, lanes).sub(max)));
        }
        FloatVector logSum = log(sum, y, lanes);
        for (long i = 0; i < n; i++) {
            storeF32(loadF32(x + i * stride, lanes).sub(max).sub(logSum), y + i * stride, lanes);
        }
    }

    /** Logarithms, by way of memory that is overwritten later. */
    private static FloatVector log(FloatVector x, long memory, VectorMask<Float> lanes) {
        storeF32(x, memory, lanes);
        for (int i = 0; i < lanes.trueCount(); i++) {
            f32(memory + i * BYTES, (float) Math.log(f32(memory + i * BYTES)));
        }
        return loadF32(memory, lanes);
    }

    @Override
    public void gradColumns(long g, long y, long gx, long n, long stride, int columns, boolean log) {
        for (int i = 0; i < columns; i += LANES) {
            VectorMask<Float> lanes = Species.F32.indexInRange(i, columns);
            if (log) {
                logGradColumn(g + i * BYTES, y + i * BYTES, gx + i * BYTES, n, stride, lanes);
            } else {
                gradColumn(g + i * BYTES, y + i * BYTES, gx + i * BYTES, n, stride, lanes);
            }
        }
    }

    private static void gradColumn(long g, long y, long gx, long n, long stride, VectorMask<Float> lanes) {
        FloatVector dot = loadF32(NativeMemory.ZEROS);
        for (long i = 0; i < n; i++) {
            dot = loadF32(g + i * stride, lanes).fma(loadF32(y + i * stride, lanes), dot);
        }
        for (long i = 0; i < n; i++) {
            FloatVector centered = loadF32(g + i * stride, lanes).sub(dot);
            storeF32(centered.mul(loadF32(y + i * stride, lanes)), gx + i * stride, lanes);
        }
    }

    private static void logGradColumn(long g, long y, long gx, long n, long stride, VectorMask<Float> lanes) {
        FloatVector sum = loadF32(NativeMemory.ZEROS);
        for (long i = 0; i < n; i++) {
            sum = sum.add(loadF32(g + i * stride, lanes));
        }
        for (long i = 0; i < n; i++) {
            FloatVector e = Exp.of(loadF32(y + i * stride, lanes));
            storeF32(loadF32(g + i * stride, lanes).sub(e.mul(sum)), gx + i * stride, lanes);
        }
    }
}
