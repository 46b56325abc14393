package dev.lanewise.cpu.norm;

import static dev.lanewise.cpu.memory.Access.f32;
import static dev.lanewise.cpu.memory.Access.f64;
import static dev.lanewise.cpu.memory.Access.loadF32;
import static dev.lanewise.cpu.memory.Access.storeF32;

import dev.lanewise.cpu.LaneSum;
import dev.lanewise.cpu.Species;
import dev.lanewise.cpu.memory.NativeMemory;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/** Normalization in single precision. */
final class F32Moments implements MomentKernel {
    private static final int LANES = Species.F32_LANES;
    private static final long BYTES = Float.BYTES;
    private static final long VECTOR = Species.VECTOR_BYTES;

    private static VectorMask<Float> tail(int i, int n) {
        return Species.F32.indexInRange(i, n);
    }

    @Override
    public double sum(long x, int n) {
        FloatVector a = loadF32(NativeMemory.ZEROS);
        FloatVector b = loadF32(NativeMemory.ZEROS + VECTOR);
        FloatVector c = loadF32(NativeMemory.ZEROS + 2 * VECTOR);
        FloatVector d = loadF32(NativeMemory.ZEROS + 3 * VECTOR);
        int i = 0;
        for (; i <= n - 4 * LANES; i += 4 * LANES) {
            long at = x + i * BYTES;
            a = a.add(loadF32(at));
            b = b.add(loadF32(at + VECTOR));
            c = c.add(loadF32(at + 2 * VECTOR));
            d = d.add(loadF32(at + 3 * VECTOR));
        }
        for (; i <= n - LANES; i += LANES) {
            a = a.add(loadF32(x + i * BYTES));
        }
        if (i < n) {
            b = b.add(loadF32(x + i * BYTES, tail(i, n)));
        }
        return LaneSum.of(a.add(b).add(c.add(d)));
    }

    @Override
    public double squares(long x, int n, double mean) {
        float center = (float) mean;
        FloatVector a = loadF32(NativeMemory.ZEROS);
        FloatVector b = loadF32(NativeMemory.ZEROS + VECTOR);
        FloatVector c = loadF32(NativeMemory.ZEROS + 2 * VECTOR);
        FloatVector d = loadF32(NativeMemory.ZEROS + 3 * VECTOR);
        int i = 0;
        for (; i <= n - 4 * LANES; i += 4 * LANES) {
            long at = x + i * BYTES;
            FloatVector v = loadF32(at).sub(center);
            FloatVector w = loadF32(at + VECTOR).sub(center);
            a = v.fma(v, a);
            b = w.fma(w, b);
            v = loadF32(at + 2 * VECTOR).sub(center);
            w = loadF32(at + 3 * VECTOR).sub(center);
            c = v.fma(v, c);
            d = w.fma(w, d);
        }
        for (; i <= n - LANES; i += LANES) {
            FloatVector v = loadF32(x + i * BYTES).sub(center);
            a = v.fma(v, a);
        }
        if (i < n) {
            VectorMask<Float> tail = tail(i, n);
            FloatVector v = loadF32(x + i * BYTES, tail).sub(center);
            b = b.add(v.mul(v), tail);
        }
        return LaneSum.of(a.add(b).add(c.add(d)));
    }

    @Override
    public void normalize(long x, long y, int n, double mean, double scale, long weight, long bias) {
        float center = (float) mean;
        float factor = (float) scale;
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            FloatVector v = loadF32(x + i * BYTES).sub(center).mul(factor);
            storeF32(v.fma(loadF32(weight + i * BYTES), loadF32(bias + i * BYTES)), y + i * BYTES);
        }
        if (i < n) {
            VectorMask<Float> tail = tail(i, n);
            FloatVector v = loadF32(x + i * BYTES, tail).sub(center).mul(factor);
            v = v.fma(loadF32(weight + i * BYTES, tail), loadF32(bias + i * BYTES, tail));
            storeF32(v, y + i * BYTES, tail);
        }
    }

    @Override
    public void normalize(long x, long y, int n, double mean, double scale, double bias) {
        float center = (float) mean;
        FloatVector factor = FloatVector.broadcast(Species.F32, (float) scale);
        FloatVector shift = FloatVector.broadcast(Species.F32, (float) bias);
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            storeF32(loadF32(x + i * BYTES).sub(center).fma(factor, shift), y + i * BYTES);
        }
        if (i < n) {
            VectorMask<Float> tail = tail(i, n);
            storeF32(loadF32(x + i * BYTES, tail).sub(center).fma(factor, shift), y + i * BYTES, tail);
        }
    }

    @Override
    public void gradSums(long g, long x, int n, double mean, long sums) {
        float center = (float) mean;
        FloatVector a = loadF32(NativeMemory.ZEROS);
        FloatVector b = loadF32(NativeMemory.ZEROS + VECTOR);
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            FloatVector v = loadF32(g + i * BYTES);
            a = a.add(v);
            b = v.fma(loadF32(x + i * BYTES).sub(center), b);
        }
        if (i < n) {
            VectorMask<Float> tail = tail(i, n);
            FloatVector v = loadF32(g + i * BYTES, tail);
            a = a.add(v);
            b = v.fma(loadF32(x + i * BYTES, tail).sub(center), b);
        }
        addSums(a, b, sums);
    }

    @Override
    public void gradSums(long g, long x, int n, double mean, long weight, long sums) {
        float center = (float) mean;
        FloatVector a = loadF32(NativeMemory.ZEROS);
        FloatVector b = loadF32(NativeMemory.ZEROS + VECTOR);
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            FloatVector v = loadF32(g + i * BYTES).mul(loadF32(weight + i * BYTES));
            a = a.add(v);
            b = v.fma(loadF32(x + i * BYTES).sub(center), b);
        }
        if (i < n) {
            VectorMask<Float> tail = tail(i, n);
            FloatVector v = loadF32(g + i * BYTES, tail).mul(loadF32(weight + i * BYTES, tail));
            a = a.add(v);
            b = v.fma(loadF32(x + i * BYTES, tail).sub(center), b);
        }
        addSums(a, b, sums);
    }

    private static void addSums(FloatVector a, FloatVector b, long sums) {
        f64(sums, f64(sums) + LaneSum.of(a));
        f64(sums + Double.BYTES, f64(sums + Double.BYTES) + LaneSum.of(b));
    }

    @Override
    public void grad(long g, long x, long gx, int n, double mean, double a, double b, double c) {
        float center = (float) mean;
        FloatVector scale = FloatVector.broadcast(Species.F32, (float) a);
        FloatVector shift = FloatVector.broadcast(Species.F32, (float) -b);
        FloatVector slope = FloatVector.broadcast(Species.F32, (float) -c);
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            FloatVector v = loadF32(x + i * BYTES).sub(center).fma(slope, shift);
            storeF32(loadF32(g + i * BYTES).fma(scale, v), gx + i * BYTES);
        }
        if (i < n) {
            VectorMask<Float> tail = tail(i, n);
            FloatVector v = loadF32(x + i * BYTES, tail).sub(center).fma(slope, shift);
            storeF32(loadF32(g + i * BYTES, tail).fma(scale, v), gx + i * BYTES, tail);
        }
    }

    @Override
    public void grad(
            long g,
            long x,
            long gx,
            int n,
            double mean,
            double a,
            double b,
            double c,
            long weight,
            long weightGrad,
            long biasGrad) {
        float center = (float) mean;
        FloatVector scale = FloatVector.broadcast(Species.F32, (float) a);
        FloatVector shift = FloatVector.broadcast(Species.F32, (float) -b);
        FloatVector slope = FloatVector.broadcast(Species.F32, (float) -c);
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            long at = i * BYTES;
            FloatVector centered = loadF32(x + at).sub(center);
            FloatVector v = loadF32(g + at);
            FloatVector scaled = v.mul(scale);
            storeF32(scaled.fma(loadF32(weight + at), centered.fma(slope, shift)), gx + at);
            storeF32(scaled.fma(centered, loadF32(weightGrad + at)), weightGrad + at);
            storeF32(v.add(loadF32(biasGrad + at)), biasGrad + at);
        }
        if (i < n) {
            VectorMask<Float> tail = tail(i, n);
            long at = i * BYTES;
            FloatVector centered = loadF32(x + at, tail).sub(center);
            FloatVector v = loadF32(g + at, tail);
            FloatVector scaled = v.mul(scale);
            storeF32(scaled.fma(loadF32(weight + at, tail), centered.fma(slope, shift)), gx + at, tail);
            storeF32(scaled.fma(centered, loadF32(weightGrad + at, tail)), weightGrad + at, tail);
            storeF32(v.add(loadF32(biasGrad + at, tail)), biasGrad + at, tail);
        }
    }

    @Override
    public void add(long x, int n, long total) {
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            storeF32(loadF32(total + i * BYTES).add(loadF32(x + i * BYTES)), total + i * BYTES);
        }
        for (; i < n; i++) {
            f32(total + i * BYTES, f32(total + i * BYTES) + f32(x + i * BYTES));
        }
    }

    @Override
    public void fill(long x, int n, double value) {
        for (int i = 0; i < n; i++) {
            f32(x + i * BYTES, (float) value);
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
