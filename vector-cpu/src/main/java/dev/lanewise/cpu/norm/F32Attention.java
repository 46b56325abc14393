package dev.lanewise.cpu.norm;

import static dev.lanewise.cpu.memory.Access.f32;
import static dev.lanewise.cpu.memory.Access.loadF32;
import static dev.lanewise.cpu.memory.Access.storeF32;

import dev.lanewise.cpu.LaneSum;
import dev.lanewise.cpu.Species;
import dev.lanewise.cpu.gemm.Gemm;
import dev.lanewise.cpu.gemm.GemmShape;
import dev.lanewise.cpu.memory.NativeMemory;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** Attention in single precision. */
final class F32Attention implements AttentionKernel {
    private static final int LANES = Species.F32_LANES;
    private static final long BYTES = Float.BYTES;

    @Override
    public Gemm product(GemmShape shape) {
        return Gemm.f32(shape);
    }

    @Override
    public void addMask(long scores, int n, long mask, long stride) {
        int i = 0;
        for (; stride == BYTES && i <= n - LANES; i += LANES) {
            storeF32(loadF32(scores + i * BYTES).add(loadF32(mask + i * BYTES)), scores + i * BYTES);
        }
        for (; i < n; i++) {
            f32(scores + i * BYTES, f32(scores + i * BYTES) + f32(mask + i * stride));
        }
    }

    @Override
    public void hide(long scores, int from, int n) {
        for (int i = from; i < n; i++) {
            f32(scores + i * BYTES, Float.NEGATIVE_INFINITY);
        }
    }

    @Override
    public double max(long x, int n) {
        int i = 0;
        float max = Float.NEGATIVE_INFINITY;
        if (n >= LANES) {
            FloatVector a = loadF32(x);
            for (i = LANES; i <= n - LANES; i += LANES) {
                FloatVector v = loadF32(x + i * BYTES);
                a = a.blend(v, v.compare(VectorOperators.GT, a));
            }
            max = a.reduceLanes(VectorOperators.MAX);
        }
        for (; i < n; i++) {
            max = Math.max(max, f32(x + i * BYTES));
        }
        return max;
    }

    @Override
    public double expSum(long scores, int n, double shift) {
        float center = (float) shift;
        FloatVector sum = loadF32(NativeMemory.ZEROS);
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            FloatVector e = Exp.of(loadF32(scores + i * BYTES).sub(center));
            sum = sum.add(e);
            storeF32(e, scores + i * BYTES);
        }
        if (i < n) {
            VectorMask<Float> tail = Species.F32.indexInRange(i, n);
            FloatVector e = Exp.of(loadF32(scores + i * BYTES, tail).sub(center));
            sum = sum.add(e, tail);
            storeF32(e, scores + i * BYTES, tail);
        }
        return LaneSum.of(sum);
    }

    @Override
    public void scale(long x, int n, double factor) {
        float f = (float) factor;
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            storeF32(loadF32(x + i * BYTES).mul(f), x + i * BYTES);
        }
        for (; i < n; i++) {
            f32(x + i * BYTES, f32(x + i * BYTES) * f);
        }
    }

    @Override
    public double dot(long x, long y, int n) {
        FloatVector sum = loadF32(NativeMemory.ZEROS);
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            sum = loadF32(x + i * BYTES).fma(loadF32(y + i * BYTES), sum);
        }
        if (i < n) {
            VectorMask<Float> tail = Species.F32.indexInRange(i, n);
            sum = loadF32(x + i * BYTES, tail).fma(loadF32(y + i * BYTES, tail), sum);
        }
        return LaneSum.of(sum);
    }

    @Override
    public void scoreGrad(long p, long grad, int n, double delta, double scale) {
        float center = (float) delta;
        float factor = (float) scale;
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            FloatVector v = loadF32(grad + i * BYTES).sub(center);
            storeF32(loadF32(p + i * BYTES).mul(v).mul(factor), grad + i * BYTES);
        }
        for (; i < n; i++) {
            f32(grad + i * BYTES, f32(p + i * BYTES) * (f32(grad + i * BYTES) - center) * factor);
        }
    }

    @Override
    public double load(long address) {
        return f32(address);
    }

    @Override
    public void store(long address, double value) {
        f32(address, (float) value);
    }
}
