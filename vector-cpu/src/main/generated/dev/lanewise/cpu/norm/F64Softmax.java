// Generated from src/main/templates/norm/Softmax.java.template: do not edit.
package dev.lanewise.cpu.norm;

import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.MASK;
import static dev.lanewise.cpu.memory.Access.f64;

import dev.lanewise.cpu.LaneSum;
import dev.lanewise.cpu.Species;
import dev.lanewise.cpu.memory.NativeMemory;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** Softmax in double precision. */
final class F64Softmax implements SoftmaxKernel {
    private static final int LANES = Species.F64_LANES;
    private static final long BYTES = Double.BYTES;

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
            double max = F64Row.MAX.pass(from, 0, 0, n, 0, 0);
            double sum = F64Row.EXP_SUM.pass(from, to, 0, n, max, 0);
            if (log) {
                F64Row.SUBTRACT.pass(from, to, 0, n, max, Math.log(sum));
            } else {
                F64Row.SCALE.pass(to, to, 0, n, 1 / sum, 0);
            }
        }
    }

    /** Rows of at most one vector. */
    private static void shortRows(long x, long y, long rows, int n, boolean log) {
        VectorMask<Double> lanes = Species.F64.indexInRange(0, n);
        DoubleVector least = DoubleVector.broadcast(Species.F64, Double.NEGATIVE_INFINITY);
        for (long i = 0; i < rows; i++) {
            DoubleVector v = least.blend(DoubleVector.fromMemorySegment(Species.F64, ALL, (x + i * n * BYTES) & MASK, Species.ORDER, lanes), lanes);
            DoubleVector shifted = v.sub(v.reduceLanes(VectorOperators.MAX));
            DoubleVector e = Exp.of(shifted);
            double sum = LaneSum.of(DoubleVector.fromMemorySegment(Species.F64, ALL, NativeMemory.ZEROS & MASK, Species.ORDER).blend(e, lanes));
            if (log) {
                shifted.sub(Math.log(sum)).intoMemorySegment(ALL, (y + i * n * BYTES) & MASK, Species.ORDER, lanes);
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
                double sum = F64Row.SUM.pass(g + at, 0, 0, n, 0, 0);
                F64Row.SUBTRACT_EXP.pass(g + at, y + at, gx + at, n, sum, 0);
            } else {
                double dot = F64Row.DOT.pass(g + at, y + at, 0, n, 0, 0);
                F64Row.CENTERED_PRODUCT.pass(g + at, y + at, gx + at, n, dot, 1);
            }
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
        DoubleVector max = DoubleVector.fromMemorySegment(Species.F64, ALL, x & MASK, Species.ORDER, lanes);
        for (long i = 1; i < n; i++) {
            DoubleVector v = DoubleVector.fromMemorySegment(Species.F64, ALL, (x + i * stride) & MASK, Species.ORDER, lanes);
            max = max.blend(v, v.compare(VectorOperators.GT, max));
        }
        return max;
    }

    private static void column(long x, long y, long n, long stride, VectorMask<Double> lanes) {
        DoubleVector max = maxColumn(x, n, stride, lanes);
        DoubleVector sum = DoubleVector.fromMemorySegment(Species.F64, ALL, NativeMemory.ZEROS & MASK, Species.ORDER);
        for (long i = 0; i < n; i++) {
            DoubleVector e = Exp.of(DoubleVector.fromMemorySegment(Species.F64, ALL, (x + i * stride) & MASK, Species.ORDER, lanes).sub(max));
            sum = sum.add(e);
            e.intoMemorySegment(ALL, (y + i * stride) & MASK, Species.ORDER, lanes);
        }
        for (long i = 0; i < n; i++) {
            DoubleVector.fromMemorySegment(Species.F64, ALL, (y + i * stride) & MASK, Species.ORDER, lanes).div(sum).intoMemorySegment(ALL, (y + i * stride) & MASK, Species.ORDER, lanes);
        }
    }

    private static void logColumn(long x, long y, long n, long stride, VectorMask<Double> lanes) {
        DoubleVector max = maxColumn(x, n, stride, lanes);
        DoubleVector sum = DoubleVector.fromMemorySegment(Species.F64, ALL, NativeMemory.ZEROS & MASK, Species.ORDER);
        for (long i = 0; i < n; i++) {
            sum = sum.add(Exp.of(DoubleVector.fromMemorySegment(Species.F64, ALL, (x + i * stride) & MASK, Species.ORDER, lanes).sub(max)));
        }
        DoubleVector logSum = log(sum, y, lanes);
        for (long i = 0; i < n; i++) {
            DoubleVector.fromMemorySegment(Species.F64, ALL, (x + i * stride) & MASK, Species.ORDER, lanes).sub(max).sub(logSum).intoMemorySegment(ALL, (y + i * stride) & MASK, Species.ORDER, lanes);
        }
    }

    /** Logarithms, by way of memory that is overwritten later. */
    private static DoubleVector log(DoubleVector x, long memory, VectorMask<Double> lanes) {
        x.intoMemorySegment(ALL, memory & MASK, Species.ORDER, lanes);
        for (int i = 0; i < lanes.trueCount(); i++) {
            f64(memory + i * BYTES, Math.log(f64(memory + i * BYTES)));
        }
        return DoubleVector.fromMemorySegment(Species.F64, ALL, memory & MASK, Species.ORDER, lanes);
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
        DoubleVector dot = DoubleVector.fromMemorySegment(Species.F64, ALL, NativeMemory.ZEROS & MASK, Species.ORDER);
        for (long i = 0; i < n; i++) {
            dot = DoubleVector.fromMemorySegment(Species.F64, ALL, (g + i * stride) & MASK, Species.ORDER, lanes).fma(DoubleVector.fromMemorySegment(Species.F64, ALL, (y + i * stride) & MASK, Species.ORDER, lanes), dot);
        }
        for (long i = 0; i < n; i++) {
            DoubleVector centered = DoubleVector.fromMemorySegment(Species.F64, ALL, (g + i * stride) & MASK, Species.ORDER, lanes).sub(dot);
            centered.mul(DoubleVector.fromMemorySegment(Species.F64, ALL, (y + i * stride) & MASK, Species.ORDER, lanes)).intoMemorySegment(ALL, (gx + i * stride) & MASK, Species.ORDER, lanes);
        }
    }

    private static void logGradColumn(long g, long y, long gx, long n, long stride, VectorMask<Double> lanes) {
        DoubleVector sum = DoubleVector.fromMemorySegment(Species.F64, ALL, NativeMemory.ZEROS & MASK, Species.ORDER);
        for (long i = 0; i < n; i++) {
            sum = sum.add(DoubleVector.fromMemorySegment(Species.F64, ALL, (g + i * stride) & MASK, Species.ORDER, lanes));
        }
        for (long i = 0; i < n; i++) {
            DoubleVector e = Exp.of(DoubleVector.fromMemorySegment(Species.F64, ALL, (y + i * stride) & MASK, Species.ORDER, lanes));
            DoubleVector.fromMemorySegment(Species.F64, ALL, (g + i * stride) & MASK, Species.ORDER, lanes).sub(e.mul(sum)).intoMemorySegment(ALL, (gx + i * stride) & MASK, Species.ORDER, lanes);
        }
    }

    @Override
    public void expRow(long x, long y, int n, double factor) {
        F64Row.EXP_SCALE.pass(x, y, 0, n, factor, 0);
    }
}
