// Generated from src/main/templates/norm/Softmax.java.template: do not edit.
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

    @Override
    public void rows(long x, long y, long rows, int n, boolean log) {
        long row = n * BYTES;
        if (n <= LANES) {
            shortRows(x, y, rows, n, log);
            return;
        }
        for (long i = 0; i < rows; i++) {
            long from = x + i * row;
            long to = y + i * row;
            float max = F32Row.MAX.pass(from, 0, 0, n, 0, 0);
            float sum = F32Row.EXP_SUM.pass(from, to, 0, n, max, 0);
            if (log) {
                F32Row.SUBTRACT.pass(from, to, 0, n, max, (float) Math.log(sum));
            } else {
                F32Row.SCALE.pass(to, to, 0, n, 1 / sum, 0);
            }
        }
    }

    /** Rows of at most one vector. */
    private static void shortRows(long x, long y, long rows, int n, boolean log) {
        VectorMask<Float> lanes = Species.F32.indexInRange(0, n);
        FloatVector least = FloatVector.broadcast(Species.F32, Float.NEGATIVE_INFINITY);
        for (long i = 0; i < rows; i++) {
            FloatVector v = least.blend(loadF32(x + i * n * BYTES, lanes), lanes);
            FloatVector shifted = v.sub(v.reduceLanes(VectorOperators.MAX));
            FloatVector e = Exp.of(shifted);
            float sum = LaneSum.of(loadF32(NativeMemory.ZEROS).blend(e, lanes));
            if (log) {
                storeF32(shifted.sub((float) Math.log(sum)), y + i * n * BYTES, lanes);
            } else {
                storeF32(e.mul(1 / sum), y + i * n * BYTES, lanes);
            }
        }
    }

    @Override
    public void gradRows(long g, long y, long gx, long rows, int n, boolean log) {
        long row = n * BYTES;
        for (long i = 0; i < rows; i++) {
            long at = i * row;
            if (log) {
                float sum = F32Row.SUM.pass(g + at, 0, 0, n, 0, 0);
                F32Row.SUBTRACT_EXP.pass(g + at, y + at, gx + at, n, sum, 0);
            } else {
                float dot = F32Row.DOT.pass(g + at, y + at, 0, n, 0, 0);
                F32Row.CENTERED_PRODUCT.pass(g + at, y + at, gx + at, n, dot, 1);
            }
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

    @Override
    public void expRow(long x, long y, int n, double factor) {
        F32Row.EXP_SCALE.pass(x, y, 0, n, (float) factor, 0);
    }
}
