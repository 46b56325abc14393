// Generated from src/main/templates/norm/Attention.java.template: do not edit.
package dev.lanewise.cpu.norm;

import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.MASK;
import static dev.lanewise.cpu.memory.Access.f64;

import jdk.incubator.vector.DoubleVector;
import dev.lanewise.cpu.Species;

/** Attention in double precision. */
final class F64Attention implements AttentionKernel {
    private static final int LANES = Species.F64_LANES;
    private static final long BYTES = Double.BYTES;

    @Override
    public void addMask(long scores, int n, long mask, long stride) {
        int i = 0;
        for (; stride == BYTES && i <= n - LANES; i += LANES) {
            DoubleVector.fromMemorySegment(Species.F64, ALL, (scores + i * BYTES) & MASK, Species.ORDER).add(DoubleVector.fromMemorySegment(Species.F64, ALL, (mask + i * BYTES) & MASK, Species.ORDER)).intoMemorySegment(ALL, (scores + i * BYTES) & MASK, Species.ORDER);
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
        if (n >= LANES) {
            return F64Row.MAX.pass(x, 0, 0, n, 0, 0);
        }
        double max = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < n; i++) {
            max = Math.max(max, f64(x + i * BYTES));
        }
        return max;
    }

    @Override
    public double expSum(long scores, int n, double shift) {
        return F64Row.EXP_SUM.pass(scores, scores, 0, n, shift, 0);
    }

    @Override
    public void scale(long x, int n, double factor) {
        F64Row.SCALE.pass(x, x, 0, n, factor, 0);
    }

    @Override
    public double dot(long x, long y, int n) {
        return F64Row.DOT.pass(x, y, 0, n, 0, 0);
    }

    @Override
    public void scoreGrad(long p, long grad, int n, double delta, double scale) {
        F64Row.CENTERED_PRODUCT.pass(grad, p, grad, n, delta, scale);
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
