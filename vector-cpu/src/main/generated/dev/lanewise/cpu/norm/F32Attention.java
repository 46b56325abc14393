// Generated from src/main/templates/norm/Attention.java.template: do not edit.
package dev.lanewise.cpu.norm;

import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.MASK;
import static dev.lanewise.cpu.memory.Access.f32;

import jdk.incubator.vector.FloatVector;
import dev.lanewise.cpu.Species;

/** Attention in single precision. */
final class F32Attention implements AttentionKernel {
    private static final int LANES = Species.F32_LANES;
    private static final long BYTES = Float.BYTES;

    @Override
    public void addMask(long scores, int n, long mask, long stride) {
        int i = 0;
        for (; stride == BYTES && i <= n - LANES; i += LANES) {
            FloatVector.fromMemorySegment(Species.F32, ALL, (scores + i * BYTES) & MASK, Species.ORDER).add(FloatVector.fromMemorySegment(Species.F32, ALL, (mask + i * BYTES) & MASK, Species.ORDER)).intoMemorySegment(ALL, (scores + i * BYTES) & MASK, Species.ORDER);
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
        if (n >= LANES) {
            return F32Row.MAX.pass(x, 0, 0, n, 0, 0);
        }
        float max = Float.NEGATIVE_INFINITY;
        for (int i = 0; i < n; i++) {
            max = Math.max(max, f32(x + i * BYTES));
        }
        return max;
    }

    @Override
    public double expSum(long scores, int n, double shift) {
        return F32Row.EXP_SUM.pass(scores, scores, 0, n, (float) shift, 0);
    }

    @Override
    public void scale(long x, int n, double factor) {
        F32Row.SCALE.pass(x, x, 0, n, (float) factor, 0);
    }

    @Override
    public double dot(long x, long y, int n) {
        return F32Row.DOT.pass(x, y, 0, n, 0, 0);
    }

    @Override
    public void scoreGrad(long p, long grad, int n, double delta, double scale) {
        F32Row.CENTERED_PRODUCT.pass(grad, p, grad, n, (float) delta, (float) scale);
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
