// Generated from src/main/templates/norm/Moments.java.template: do not edit.
package dev.lanewise.cpu.norm;

import static dev.lanewise.cpu.memory.Access.f64;
import static dev.lanewise.cpu.memory.Access.loadF64;
import static dev.lanewise.cpu.memory.Access.storeF64;

import dev.lanewise.cpu.Species;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorMask;

/** Normalization in double precision. */
final class F64Moments implements MomentKernel {
    private static final int LANES = Species.F64_LANES;
    private static final long BYTES = Double.BYTES;

    private static VectorMask<Double> tail(int i, int n) {
        return Species.F64.indexInRange(i, n);
    }

    @Override
    public double sum(long x, int n) {
        return F64Moment.SUM.pass(x, 0, n, 0, 0, 0, 0, 0);
    }

    @Override
    public double squares(long x, int n, double mean) {
        return F64Moment.SQUARES.pass(x, 0, n, mean, 0, 0, 0, 0);
    }

    @Override
    public void moments(long x, int n, long moments) {
        double mean = sum(x, n) / n;
        f64(moments, mean);
        f64(moments + Double.BYTES, squares(x, n, mean) / n);
    }

    @Override
    public void normalize(long x, long y, int n, double mean, double scale, long weight, long bias) {
        F64Moment.NORMALIZE.pass(x, y, n, mean, scale, 0, weight, bias);
    }

    @Override
    public void normalize(long x, long y, int n, double mean, double scale, double bias) {
        F64Moment.NORMALIZE_EVENLY.pass(x, y, n, mean, scale, bias, 0, 0);
    }

    @Override
    public void gradSums(long g, long x, int n, double mean, long sums) {
        F64Moment.GRAD_SUMS.pass(g, x, n, mean, 0, 0, 0, sums);
    }

    @Override
    public void gradSums(long g, long x, int n, double mean, long weight, long sums) {
        F64Moment.WEIGHTED_GRAD_SUMS.pass(g, x, n, mean, 0, 0, weight, sums);
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
