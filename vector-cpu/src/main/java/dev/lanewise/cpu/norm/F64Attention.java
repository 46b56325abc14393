package dev.lanewise.cpu.norm;

import static dev.lanewise.cpu.memory.Access.f64;
import static dev.lanewise.cpu.memory.Access.loadF64;
import static dev.lanewise.cpu.memory.Access.storeF64;

import dev.lanewise.cpu.LaneSum;
import dev.lanewise.cpu.Species;
import dev.lanewise.cpu.gemm.Gemm;
import dev.lanewise.cpu.gemm.GemmShape;
import dev.lanewise.cpu.memory.NativeMemory;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** Attention in single precision. */
final class F64Attention implements AttentionKernel {
    private static final int LANES = Species.F64_LANES;
    private static final long BYTES = Double.BYTES;

    @Override
    public Gemm product(GemmShape shape) {
        return Gemm.f64(shape);
    }

    @Override
    public void addMask(long scores, int n, long mask, long stride) {
        int i = 0;
        for (; stride == BYTES && i <= n - LANES; i += LANES) {
            storeF64(loadF64(scores + i * BYTES).add(loadF64(mask + i * BYTES)), scores + i * BYTES);
        }
        for (; i < n; i++) {
            f64(scores + i * BYTES, f64(scores + i * BYTES) + f64(mask + i * stride));
        }
    }

    @Override
    public void hide(long scores, int from, int n) {
        for (int i = from; i < n; i++) {
            f64(scores + i * BYTES, Double.NEGATIVE_INFINITY);
        }
    }

    @Override
    public double max(long x, int n) {
        int i = 0;
        double max = Double.NEGATIVE_INFINITY;
        if (n >= LANES) {
            DoubleVector a = loadF64(x);
            for (i = LANES; i <= n - LANES; i += LANES) {
                DoubleVector v = loadF64(x + i * BYTES);
                a = a.blend(v, v.compare(VectorOperators.GT, a));
            }
            max = a.reduceLanes(VectorOperators.MAX);
        }
        for (; i < n; i++) {
            max = Math.max(max, f64(x + i * BYTES));
        }
        return max;
    }

    @Override
    public double expSum(long scores, int n, double shift) {
        double center = shift;
        DoubleVector sum = loadF64(NativeMemory.ZEROS);
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            DoubleVector e = Exp.of(loadF64(scores + i * BYTES).sub(center));
            sum = sum.add(e);
            storeF64(e, scores + i * BYTES);
        }
        if (i < n) {
            VectorMask<Double> tail = Species.F64.indexInRange(i, n);
            DoubleVector e = Exp.of(loadF64(scores + i * BYTES, tail).sub(center));
            sum = sum.add(e, tail);
            storeF64(e, scores + i * BYTES, tail);
        }
        return LaneSum.of(sum);
    }

    @Override
    public void scale(long x, int n, double factor) {
        double f = factor;
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            storeF64(loadF64(x + i * BYTES).mul(f), x + i * BYTES);
        }
        for (; i < n; i++) {
            f64(x + i * BYTES, f64(x + i * BYTES) * f);
        }
    }

    @Override
    public double dot(long x, long y, int n) {
        DoubleVector sum = loadF64(NativeMemory.ZEROS);
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            sum = loadF64(x + i * BYTES).fma(loadF64(y + i * BYTES), sum);
        }
        if (i < n) {
            VectorMask<Double> tail = Species.F64.indexInRange(i, n);
            sum = loadF64(x + i * BYTES, tail).fma(loadF64(y + i * BYTES, tail), sum);
        }
        return LaneSum.of(sum);
    }

    @Override
    public void scoreGrad(long p, long grad, int n, double delta, double scale) {
        double center = delta;
        double factor = scale;
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            DoubleVector v = loadF64(grad + i * BYTES).sub(center);
            storeF64(loadF64(p + i * BYTES).mul(v).mul(factor), grad + i * BYTES);
        }
        for (; i < n; i++) {
            f64(grad + i * BYTES, f64(p + i * BYTES) * (f64(grad + i * BYTES) - center) * factor);
        }
    }

    @Override
    public double load(long address) {
        return f64(address);
    }

    @Override
    public void store(long address, double value) {
        f64(address, value);
    }
}
