// Generated from src/main/templates/norm/Softmax.java.template: do not edit.
package dev.lanewise.cpu.norm;

import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.MASK;
import static dev.lanewise.cpu.memory.Access.f32;

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
            FloatVector v = least.blend(FloatVector.fromMemorySegment(Species.F32, ALL, (x + i * n * BYTES) & MASK, Species.ORDER, lanes), lanes);
            FloatVector shifted = v.sub(v.reduceLanes(VectorOperators.MAX));
            FloatVector e = Exp.of(shifted);
            float sum = LaneSum.of(FloatVector.fromMemorySegment(Species.F32, ALL, NativeMemory.ZEROS & MASK, Species.ORDER).blend(e, lanes));
            if (log) {
                shifted.sub((float) Math.log(sum)).intoMemorySegment(ALL, (y + i * n * BYTES) & MASK, Species.ORDER, lanes);
            } else {
                e.mul(1 / sum).intoMemorySegment(ALL, (y + i * n * BYTES) & MASK, Species.ORDER, lanes);
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
        FloatVector max = FloatVector.fromMemorySegment(Species.F32, ALL, x & MASK, Species.ORDER, lanes);
        for (long i = 1; i < n; i++) {
            FloatVector v = FloatVector.fromMemorySegment(Species.F32, ALL, (x + i * stride) & MASK, Species.ORDER, lanes);
            max = max.blend(v, v.compare(VectorOperators.GT, max));
        }
        return max;
    }

    private static void column(long x, long y, long n, long stride, VectorMask<Float> lanes) {
        FloatVector max = maxColumn(x, n, stride, lanes);
        FloatVector sum = FloatVector.fromMemorySegment(Species.F32, ALL, NativeMemory.ZEROS & MASK, Species.ORDER);
        for (long i = 0; i < n; i++) {
            FloatVector e = Exp.of(FloatVector.fromMemorySegment(Species.F32, ALL, (x + i * stride) & MASK, Species.ORDER, lanes).sub(max));
            sum = sum.add(e);
            e.intoMemorySegment(ALL, (y + i * stride) & MASK, Species.ORDER, lanes);
        }
        for (long i = 0; i < n; i++) {
            FloatVector.fromMemorySegment(Species.F32, ALL, (y + i * stride) & MASK, Species.ORDER, lanes).div(sum).intoMemorySegment(ALL, (y + i * stride) & MASK, Species.ORDER, lanes);
        }
    }

    private static void logColumn(long x, long y, long n, long stride, VectorMask<Float> lanes) {
        FloatVector max = maxColumn(x, n, stride, lanes);
        FloatVector sum = FloatVector.fromMemorySegment(Species.F32, ALL, NativeMemory.ZEROS & MASK, Species.ORDER);
        for (long i = 0; i < n; i++) {
            sum = sum.add(Exp.of(FloatVector.fromMemorySegment(Species.F32, ALL, (x + i * stride) & MASK, Species.ORDER, lanes).sub(max)));
        }
        FloatVector logSum = log(sum, y, lanes);
        for (long i = 0; i < n; i++) {
            FloatVector.fromMemorySegment(Species.F32, ALL, (x + i * stride) & MASK, Species.ORDER, lanes).sub(max).sub(logSum).intoMemorySegment(ALL, (y + i * stride) & MASK, Species.ORDER, lanes);
        }
    }

    /** Logarithms, by way of memory that is overwritten later. */
    private static FloatVector log(FloatVector x, long memory, VectorMask<Float> lanes) {
        x.intoMemorySegment(ALL, memory & MASK, Species.ORDER, lanes);
        for (int i = 0; i < lanes.trueCount(); i++) {
            f32(memory + i * BYTES, (float) Math.log(f32(memory + i * BYTES)));
        }
        return FloatVector.fromMemorySegment(Species.F32, ALL, memory & MASK, Species.ORDER, lanes);
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
        FloatVector dot = FloatVector.fromMemorySegment(Species.F32, ALL, NativeMemory.ZEROS & MASK, Species.ORDER);
        for (long i = 0; i < n; i++) {
            dot = FloatVector.fromMemorySegment(Species.F32, ALL, (g + i * stride) & MASK, Species.ORDER, lanes).fma(FloatVector.fromMemorySegment(Species.F32, ALL, (y + i * stride) & MASK, Species.ORDER, lanes), dot);
        }
        for (long i = 0; i < n; i++) {
            FloatVector centered = FloatVector.fromMemorySegment(Species.F32, ALL, (g + i * stride) & MASK, Species.ORDER, lanes).sub(dot);
            centered.mul(FloatVector.fromMemorySegment(Species.F32, ALL, (y + i * stride) & MASK, Species.ORDER, lanes)).intoMemorySegment(ALL, (gx + i * stride) & MASK, Species.ORDER, lanes);
        }
    }

    private static void logGradColumn(long g, long y, long gx, long n, long stride, VectorMask<Float> lanes) {
        FloatVector sum = FloatVector.fromMemorySegment(Species.F32, ALL, NativeMemory.ZEROS & MASK, Species.ORDER);
        for (long i = 0; i < n; i++) {
            sum = sum.add(FloatVector.fromMemorySegment(Species.F32, ALL, (g + i * stride) & MASK, Species.ORDER, lanes));
        }
        for (long i = 0; i < n; i++) {
            FloatVector e = Exp.of(FloatVector.fromMemorySegment(Species.F32, ALL, (y + i * stride) & MASK, Species.ORDER, lanes));
            FloatVector.fromMemorySegment(Species.F32, ALL, (g + i * stride) & MASK, Species.ORDER, lanes).sub(e.mul(sum)).intoMemorySegment(ALL, (gx + i * stride) & MASK, Species.ORDER, lanes);
        }
    }

    @Override
    public void expRow(long x, long y, int n, double factor) {
        F32Row.EXP_SCALE.pass(x, y, 0, n, (float) factor, 0);
    }
}
