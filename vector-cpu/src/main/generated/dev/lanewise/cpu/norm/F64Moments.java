// Generated from src/main/templates/norm/Moments.java.template: do not edit.
package dev.lanewise.cpu.norm;

import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.MASK;
import static dev.lanewise.cpu.memory.Access.f64;

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
            DoubleVector v = DoubleVector.fromMemorySegment(Species.F64, ALL, (x + i * BYTES) & MASK, Species.ORDER).sub(center).fma(slope, shift);
            DoubleVector.fromMemorySegment(Species.F64, ALL, (g + i * BYTES) & MASK, Species.ORDER).fma(scale, v).intoMemorySegment(ALL, (gx + i * BYTES) & MASK, Species.ORDER);
        }
        if (i < n) {
            VectorMask<Double> tail = tail(i, n);
            DoubleVector v = DoubleVector.fromMemorySegment(Species.F64, ALL, (x + i * BYTES) & MASK, Species.ORDER, tail).sub(center).fma(slope, shift);
            DoubleVector.fromMemorySegment(Species.F64, ALL, (g + i * BYTES) & MASK, Species.ORDER, tail).fma(scale, v).intoMemorySegment(ALL, (gx + i * BYTES) & MASK, Species.ORDER, tail);
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
            DoubleVector centered = DoubleVector.fromMemorySegment(Species.F64, ALL, (x + at) & MASK, Species.ORDER).sub(center);
            DoubleVector v = DoubleVector.fromMemorySegment(Species.F64, ALL, (g + at) & MASK, Species.ORDER);
            DoubleVector scaled = v.mul(scale);
            scaled.fma(DoubleVector.fromMemorySegment(Species.F64, ALL, (weight + at) & MASK, Species.ORDER), centered.fma(slope, shift)).intoMemorySegment(ALL, (gx + at) & MASK, Species.ORDER);
            scaled.fma(centered, DoubleVector.fromMemorySegment(Species.F64, ALL, (weightGrad + at) & MASK, Species.ORDER)).intoMemorySegment(ALL, (weightGrad + at) & MASK, Species.ORDER);
            v.add(DoubleVector.fromMemorySegment(Species.F64, ALL, (biasGrad + at) & MASK, Species.ORDER)).intoMemorySegment(ALL, (biasGrad + at) & MASK, Species.ORDER);
        }
        if (i < n) {
            VectorMask<Double> tail = tail(i, n);
            long at = i * BYTES;
            DoubleVector centered = DoubleVector.fromMemorySegment(Species.F64, ALL, (x + at) & MASK, Species.ORDER, tail).sub(center);
            DoubleVector v = DoubleVector.fromMemorySegment(Species.F64, ALL, (g + at) & MASK, Species.ORDER, tail);
            DoubleVector scaled = v.mul(scale);
            scaled.fma(DoubleVector.fromMemorySegment(Species.F64, ALL, (weight + at) & MASK, Species.ORDER, tail), centered.fma(slope, shift)).intoMemorySegment(ALL, (gx + at) & MASK, Species.ORDER, tail);
            scaled.fma(centered, DoubleVector.fromMemorySegment(Species.F64, ALL, (weightGrad + at) & MASK, Species.ORDER, tail)).intoMemorySegment(ALL, (weightGrad + at) & MASK, Species.ORDER, tail);
            v.add(DoubleVector.fromMemorySegment(Species.F64, ALL, (biasGrad + at) & MASK, Species.ORDER, tail)).intoMemorySegment(ALL, (biasGrad + at) & MASK, Species.ORDER, tail);
        }
    }

    @Override
    public void add(long x, int n, long total) {
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            DoubleVector.fromMemorySegment(Species.F64, ALL, (total + i * BYTES) & MASK, Species.ORDER).add(DoubleVector.fromMemorySegment(Species.F64, ALL, (x + i * BYTES) & MASK, Species.ORDER)).intoMemorySegment(ALL, (total + i * BYTES) & MASK, Species.ORDER);
        }
        if (i < n) {
            VectorMask<Double> tail = tail(i, n);
            DoubleVector.fromMemorySegment(Species.F64, ALL, (total + i * BYTES) & MASK, Species.ORDER, tail).add(DoubleVector.fromMemorySegment(Species.F64, ALL, (x + i * BYTES) & MASK, Species.ORDER, tail)).intoMemorySegment(ALL, (total + i * BYTES) & MASK, Species.ORDER, tail);
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
