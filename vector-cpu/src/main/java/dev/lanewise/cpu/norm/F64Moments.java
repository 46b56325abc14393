package dev.lanewise.cpu.norm;

import static dev.lanewise.cpu.memory.Access.f64;
import static dev.lanewise.cpu.memory.Access.loadF64;
import static dev.lanewise.cpu.memory.Access.storeF64;

import dev.lanewise.cpu.LaneSum;
import dev.lanewise.cpu.Species;
import dev.lanewise.cpu.memory.NativeMemory;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorMask;

/** Normalization in double precision. */
final class F64Moments implements MomentKernel {
    private static final int LANES = Species.F64_LANES;
    private static final long BYTES = Double.BYTES;
    private static final long VECTOR = Species.VECTOR_BYTES;

    private static VectorMask<Double> tail(int i, int n) {
        return Species.F64.indexInRange(i, n);
    }

    @Override
    public double sum(long x, int n) {
        DoubleVector a = loadF64(NativeMemory.ZEROS);
        DoubleVector b = loadF64(NativeMemory.ZEROS + VECTOR);
        DoubleVector c = loadF64(NativeMemory.ZEROS + 2 * VECTOR);
        DoubleVector d = loadF64(NativeMemory.ZEROS + 3 * VECTOR);
        int i = 0;
        for (; i <= n - 4 * LANES; i += 4 * LANES) {
            long at = x + i * BYTES;
            a = a.add(loadF64(at));
            b = b.add(loadF64(at + VECTOR));
            c = c.add(loadF64(at + 2 * VECTOR));
            d = d.add(loadF64(at + 3 * VECTOR));
        }
        for (; i <= n - LANES; i += LANES) {
            a = a.add(loadF64(x + i * BYTES));
        }
        if (i < n) {
            b = b.add(loadF64(x + i * BYTES, tail(i, n)));
        }
        return LaneSum.of(a.add(b).add(c.add(d)));
    }

    @Override
    public double squares(long x, int n, double mean) {
        double center = mean;
        DoubleVector a = loadF64(NativeMemory.ZEROS);
        DoubleVector b = loadF64(NativeMemory.ZEROS + VECTOR);
        DoubleVector c = loadF64(NativeMemory.ZEROS + 2 * VECTOR);
        DoubleVector d = loadF64(NativeMemory.ZEROS + 3 * VECTOR);
        int i = 0;
        for (; i <= n - 4 * LANES; i += 4 * LANES) {
            long at = x + i * BYTES;
            DoubleVector v = loadF64(at).sub(center);
            DoubleVector w = loadF64(at + VECTOR).sub(center);
            a = v.fma(v, a);
            b = w.fma(w, b);
            v = loadF64(at + 2 * VECTOR).sub(center);
            w = loadF64(at + 3 * VECTOR).sub(center);
            c = v.fma(v, c);
            d = w.fma(w, d);
        }
        for (; i <= n - LANES; i += LANES) {
            DoubleVector v = loadF64(x + i * BYTES).sub(center);
            a = v.fma(v, a);
        }
        if (i < n) {
            VectorMask<Double> tail = tail(i, n);
            DoubleVector v = loadF64(x + i * BYTES, tail).sub(center);
            b = b.add(v.mul(v), tail);
        }
        return LaneSum.of(a.add(b).add(c.add(d)));
    }

    @Override
    public void normalize(long x, long y, int n, double mean, double scale, long weight, long bias) {
        double center = mean;
        double factor = scale;
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            DoubleVector v = loadF64(x + i * BYTES).sub(center).mul(factor);
            storeF64(v.fma(loadF64(weight + i * BYTES), loadF64(bias + i * BYTES)), y + i * BYTES);
        }
        if (i < n) {
            VectorMask<Double> tail = tail(i, n);
            DoubleVector v = loadF64(x + i * BYTES, tail).sub(center).mul(factor);
            v = v.fma(loadF64(weight + i * BYTES, tail), loadF64(bias + i * BYTES, tail));
            storeF64(v, y + i * BYTES, tail);
        }
    }

    @Override
    public void normalize(long x, long y, int n, double mean, double scale, double bias) {
        double center = mean;
        DoubleVector factor = DoubleVector.broadcast(Species.F64, scale);
        DoubleVector shift = DoubleVector.broadcast(Species.F64, bias);
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            storeF64(loadF64(x + i * BYTES).sub(center).fma(factor, shift), y + i * BYTES);
        }
        if (i < n) {
            VectorMask<Double> tail = tail(i, n);
            storeF64(loadF64(x + i * BYTES, tail).sub(center).fma(factor, shift), y + i * BYTES, tail);
        }
    }

    @Override
    public void gradSums(long g, long x, int n, double mean, long sums) {
        double center = mean;
        DoubleVector a = loadF64(NativeMemory.ZEROS);
        DoubleVector b = loadF64(NativeMemory.ZEROS + VECTOR);
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            DoubleVector v = loadF64(g + i * BYTES);
            a = a.add(v);
            b = v.fma(loadF64(x + i * BYTES).sub(center), b);
        }
        if (i < n) {
            VectorMask<Double> tail = tail(i, n);
            DoubleVector v = loadF64(g + i * BYTES, tail);
            a = a.add(v);
            b = v.fma(loadF64(x + i * BYTES, tail).sub(center), b);
        }
        addSums(a, b, sums);
    }

    @Override
    public void gradSums(long g, long x, int n, double mean, long weight, long sums) {
        double center = mean;
        DoubleVector a = loadF64(NativeMemory.ZEROS);
        DoubleVector b = loadF64(NativeMemory.ZEROS + VECTOR);
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            DoubleVector v = loadF64(g + i * BYTES).mul(loadF64(weight + i * BYTES));
            a = a.add(v);
            b = v.fma(loadF64(x + i * BYTES).sub(center), b);
        }
        if (i < n) {
            VectorMask<Double> tail = tail(i, n);
            DoubleVector v = loadF64(g + i * BYTES, tail).mul(loadF64(weight + i * BYTES, tail));
            a = a.add(v);
            b = v.fma(loadF64(x + i * BYTES, tail).sub(center), b);
        }
        addSums(a, b, sums);
    }

    private static void addSums(DoubleVector a, DoubleVector b, long sums) {
        f64(sums, f64(sums) + LaneSum.of(a));
        f64(sums + Double.BYTES, f64(sums + Double.BYTES) + LaneSum.of(b));
    }

    @Override
    public void grad(long g, long x, long gx, int n, double mean, double a, double b, double c) {
        double center = mean;
        DoubleVector scale = DoubleVector.broadcast(Species.F64, a);
        DoubleVector shift = DoubleVector.broadcast(Species.F64, -b);
        DoubleVector slope = DoubleVector.broadcast(Species.F64, -c);
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            DoubleVector v = loadF64(x + i * BYTES).sub(center).fma(slope, shift);
            storeF64(loadF64(g + i * BYTES).fma(scale, v), gx + i * BYTES);
        }
        if (i < n) {
            VectorMask<Double> tail = tail(i, n);
            DoubleVector v = loadF64(x + i * BYTES, tail).sub(center).fma(slope, shift);
            storeF64(loadF64(g + i * BYTES, tail).fma(scale, v), gx + i * BYTES, tail);
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
        double center = mean;
        DoubleVector scale = DoubleVector.broadcast(Species.F64, a);
        DoubleVector shift = DoubleVector.broadcast(Species.F64, -b);
        DoubleVector slope = DoubleVector.broadcast(Species.F64, -c);
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            long at = i * BYTES;
            DoubleVector centered = loadF64(x + at).sub(center);
            DoubleVector v = loadF64(g + at);
            DoubleVector scaled = v.mul(scale);
            storeF64(scaled.fma(loadF64(weight + at), centered.fma(slope, shift)), gx + at);
            storeF64(scaled.fma(centered, loadF64(weightGrad + at)), weightGrad + at);
            storeF64(v.add(loadF64(biasGrad + at)), biasGrad + at);
        }
        if (i < n) {
            VectorMask<Double> tail = tail(i, n);
            long at = i * BYTES;
            DoubleVector centered = loadF64(x + at, tail).sub(center);
            DoubleVector v = loadF64(g + at, tail);
            DoubleVector scaled = v.mul(scale);
            storeF64(scaled.fma(loadF64(weight + at, tail), centered.fma(slope, shift)), gx + at, tail);
            storeF64(scaled.fma(centered, loadF64(weightGrad + at, tail)), weightGrad + at, tail);
            storeF64(v.add(loadF64(biasGrad + at, tail)), biasGrad + at, tail);
        }
    }

    @Override
    public void add(long x, int n, long total) {
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            storeF64(loadF64(total + i * BYTES).add(loadF64(x + i * BYTES)), total + i * BYTES);
        }
        for (; i < n; i++) {
            f64(total + i * BYTES, f64(total + i * BYTES) + f64(x + i * BYTES));
        }
    }

    @Override
    public void fill(long x, int n, double value) {
        for (int i = 0; i < n; i++) {
            f64(x + i * BYTES, value);
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
