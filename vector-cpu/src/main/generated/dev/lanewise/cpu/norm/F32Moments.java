// Generated from src/main/templates/norm/Moments.java.template: do not edit.
package dev.lanewise.cpu.norm;

import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.MASK;
import static dev.lanewise.cpu.memory.Access.f32;

import dev.lanewise.cpu.Species;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/** Normalization in single precision. */
final class F32Moments implements MomentKernel {
    private static final int LANES = Species.F32_LANES;
    private static final long BYTES = Float.BYTES;

    private static VectorMask<Float> tail(int i, int n) {
        return Species.F32.indexInRange(i, n);
    }

    @Override
    public double sum(long x, int n) {
        return F32Moment.SUM.pass(x, 0, n, 0, 0, 0, 0, 0);
    }

    @Override
    public double squares(long x, int n, double mean) {
        return F32Moment.SQUARES.pass(x, 0, n, mean, 0, 0, 0, 0);
    }

    @Override
    public void moments(long x, int n, long moments) {
        F32Moment.LANE_SUMS.pass(x, moments, n, 0, 0, 0, 0, 0);
        F32Moment.MOMENTS.pass(x, moments, n, 0, 0, 0, 0, 0);
    }

    @Override
    public void normalize(long x, long y, int n, double mean, double scale, long weight, long bias) {
        F32Moment.NORMALIZE.pass(x, y, n, mean, scale, 0, weight, bias);
    }

    @Override
    public void normalize(long x, long y, int n, double mean, double scale, double bias) {
        F32Moment.NORMALIZE_EVENLY.pass(x, y, n, mean, scale, bias, 0, 0);
    }

    @Override
    public void gradSums(long g, long x, int n, double mean, long sums) {
        F32Moment.GRAD_SUMS.pass(g, x, n, mean, 0, 0, 0, sums);
    }

    @Override
    public void gradSums(long g, long x, int n, double mean, long weight, long sums) {
        F32Moment.WEIGHTED_GRAD_SUMS.pass(g, x, n, mean, 0, 0, weight, sums);
    }

    @Override
    public void grad(long g, long x, long gx, int n, double mean, double a, double b, double c) {
        float center = (float) mean;
        FloatVector scale = FloatVector.broadcast(Species.F32, (float) a);
        FloatVector shift = FloatVector.broadcast(Species.F32, (float) -b);
        FloatVector slope = FloatVector.broadcast(Species.F32, (float) -c);
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            FloatVector v = FloatVector.fromMemorySegment(Species.F32, ALL, (x + i * BYTES) & MASK, Species.ORDER).sub(center).fma(slope, shift);
            FloatVector.fromMemorySegment(Species.F32, ALL, (g + i * BYTES) & MASK, Species.ORDER).fma(scale, v).intoMemorySegment(ALL, (gx + i * BYTES) & MASK, Species.ORDER);
        }
        if (i < n) {
            VectorMask<Float> tail = tail(i, n);
            FloatVector v = FloatVector.fromMemorySegment(Species.F32, ALL, (x + i * BYTES) & MASK, Species.ORDER, tail).sub(center).fma(slope, shift);
            FloatVector.fromMemorySegment(Species.F32, ALL, (g + i * BYTES) & MASK, Species.ORDER, tail).fma(scale, v).intoMemorySegment(ALL, (gx + i * BYTES) & MASK, Species.ORDER, tail);
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
            FloatVector centered = FloatVector.fromMemorySegment(Species.F32, ALL, (x + at) & MASK, Species.ORDER).sub(center);
            FloatVector v = FloatVector.fromMemorySegment(Species.F32, ALL, (g + at) & MASK, Species.ORDER);
            FloatVector scaled = v.mul(scale);
            scaled.fma(FloatVector.fromMemorySegment(Species.F32, ALL, (weight + at) & MASK, Species.ORDER), centered.fma(slope, shift)).intoMemorySegment(ALL, (gx + at) & MASK, Species.ORDER);
            scaled.fma(centered, FloatVector.fromMemorySegment(Species.F32, ALL, (weightGrad + at) & MASK, Species.ORDER)).intoMemorySegment(ALL, (weightGrad + at) & MASK, Species.ORDER);
            v.add(FloatVector.fromMemorySegment(Species.F32, ALL, (biasGrad + at) & MASK, Species.ORDER)).intoMemorySegment(ALL, (biasGrad + at) & MASK, Species.ORDER);
        }
        if (i < n) {
            VectorMask<Float> tail = tail(i, n);
            long at = i * BYTES;
            FloatVector centered = FloatVector.fromMemorySegment(Species.F32, ALL, (x + at) & MASK, Species.ORDER, tail).sub(center);
            FloatVector v = FloatVector.fromMemorySegment(Species.F32, ALL, (g + at) & MASK, Species.ORDER, tail);
            FloatVector scaled = v.mul(scale);
            scaled.fma(FloatVector.fromMemorySegment(Species.F32, ALL, (weight + at) & MASK, Species.ORDER, tail), centered.fma(slope, shift)).intoMemorySegment(ALL, (gx + at) & MASK, Species.ORDER, tail);
            scaled.fma(centered, FloatVector.fromMemorySegment(Species.F32, ALL, (weightGrad + at) & MASK, Species.ORDER, tail)).intoMemorySegment(ALL, (weightGrad + at) & MASK, Species.ORDER, tail);
            v.add(FloatVector.fromMemorySegment(Species.F32, ALL, (biasGrad + at) & MASK, Species.ORDER, tail)).intoMemorySegment(ALL, (biasGrad + at) & MASK, Species.ORDER, tail);
        }
    }

    @Override
    public void add(long x, int n, long total) {
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            FloatVector.fromMemorySegment(Species.F32, ALL, (total + i * BYTES) & MASK, Species.ORDER).add(FloatVector.fromMemorySegment(Species.F32, ALL, (x + i * BYTES) & MASK, Species.ORDER)).intoMemorySegment(ALL, (total + i * BYTES) & MASK, Species.ORDER);
        }
        if (i < n) {
            VectorMask<Float> tail = tail(i, n);
            FloatVector.fromMemorySegment(Species.F32, ALL, (total + i * BYTES) & MASK, Species.ORDER, tail).add(FloatVector.fromMemorySegment(Species.F32, ALL, (x + i * BYTES) & MASK, Species.ORDER, tail)).intoMemorySegment(ALL, (total + i * BYTES) & MASK, Species.ORDER, tail);
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
