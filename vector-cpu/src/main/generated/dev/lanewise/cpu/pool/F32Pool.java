// Generated from src/main/templates/pool/Pool.java.template: do not edit.
package dev.lanewise.cpu.pool;

import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.MASK;

import dev.lanewise.cpu.parallel.RangeBody;
import dev.lanewise.tensor.TensorException;
import java.lang.foreign.ValueLayout;

/**
 * Pooling of the planes of a tensor in single precision.
 *
 * @param p the sizes
 * @param kind what is computed
 * @param x address of the input or of its gradient
 * @param y address of the output or of its gradient
 * @param indices address of the maxima's positions, or 0
 */
record F32Pool(PoolShape p, PoolProblem.Kind kind, long x, long y, long indices) implements RangeBody {
    private static final long BYTES = Float.BYTES;
    private static final ValueLayout.OfFloat ELEMENT = ValueLayout.JAVA_FLOAT_UNALIGNED;
    private static final ValueLayout.OfLong INDEX = ValueLayout.JAVA_LONG_UNALIGNED;

    @Override
    public void run(long from, long to) {
        for (int plane = (int) from; plane < to; plane++) {
            switch (kind) {
                case MAXIMUM -> maxForward(plane);
                case MAXIMUM_GRAD -> maxBackward(plane);
                case AVERAGE -> averageForward(plane);
                case AVERAGE_GRAD -> averageBackward(plane);
            }
        }
    }

    private long input(int plane) {
        return x + BYTES * plane * p.h() * p.w();
    }

    private long output(int plane) {
        return y + BYTES * plane * p.oh() * p.ow();
    }

    private long index(int plane) {
        return indices + 8L * plane * p.oh() * p.ow();
    }

    private static float get(long at) {
        return ALL.get(ELEMENT, at & MASK);
    }

    private static void set(long at, float value) {
        ALL.set(ELEMENT, at & MASK, value);
    }

    private static void add(long at, float value) {
        set(at, get(at) + value);
    }

    private void maxForward(int plane) {
        if (F32HalvingMax.computes(p)) {
            F32HalvingMax.run(p, input(plane), output(plane), index(plane));
            return;
        }
        for (int oy = 0; oy < p.oh(); oy++) {
            for (int ox = 0; ox < p.ow(); ox++) {
                long at = (long) oy * p.ow() + ox;
                int best = maximum(input(plane), oy, ox);
                ALL.set(INDEX, (index(plane) + 8 * at) & MASK, best);
                set(output(plane) + BYTES * at, get(input(plane) + BYTES * best));
            }
        }
    }

    /** Returns the position of the first maximum of a window, or of its last NaN, as PyTorch does. */
    private int maximum(long from, int oy, int ox) {
        int top = Math.max(0, oy * p.strideH() - p.padH());
        int left = Math.max(0, ox * p.strideW() - p.padW());
        int bottom = Math.min(p.h(), oy * p.strideH() - p.padH() + p.kernelH());
        int right = Math.min(p.w(), ox * p.strideW() - p.padW() + p.kernelW());
        int best = top * p.w() + left;
        float maximum = Float.NEGATIVE_INFINITY;
        for (int iy = top; iy < bottom; iy++) {
            for (int ix = left; ix < right; ix++) {
                float value = get(from + BYTES * (iy * p.w() + ix));
                if (value > maximum || Float.isNaN(value)) {
                    maximum = value;
                    best = iy * p.w() + ix;
                }
            }
        }
        return best;
    }

    private void maxBackward(int plane) {
        if (F32HalvingMax.covers(p) && F32HalvingMax.backward(p, output(plane), index(plane), input(plane))) {
            return;
        }
        clear(plane);
        long to = input(plane);
        long from = output(plane);
        long positions = index(plane);
        int count = p.oh() * p.ow();
        long elements = (long) p.h() * p.w();
        for (int i = 0; i < count; i++) {
            long index = ALL.get(INDEX, (positions + 8L * i) & MASK);
            if (index < 0 || index >= elements) {
                throw new TensorException("max_pool2d_grad: position " + index + " of maximum " + i + " is outside a"
                        + " plane of " + elements + " elements; give the positions that max_pool2d gave");
            }
            add(to + BYTES * index, get(from + BYTES * i));
        }
    }

    private void averageForward(int plane) {
        long from = input(plane);
        for (int oy = 0; oy < p.oh(); oy++) {
            int top = oy * p.strideH() - p.padH();
            for (int ox = 0; ox < p.ow(); ox++) {
                int left = ox * p.strideW() - p.padW();
                float sum = 0;
                for (int iy = Math.max(0, top); iy < Math.min(p.h(), top + p.kernelH()); iy++) {
                    for (int ix = Math.max(0, left); ix < Math.min(p.w(), left + p.kernelW()); ix++) {
                        sum += get(from + BYTES * (iy * p.w() + ix));
                    }
                }
                set(output(plane) + BYTES * (oy * p.ow() + ox), sum / p.divisor(top, left));
            }
        }
    }

    private void averageBackward(int plane) {
        clear(plane);
        long to = input(plane);
        for (int oy = 0; oy < p.oh(); oy++) {
            int top = oy * p.strideH() - p.padH();
            for (int ox = 0; ox < p.ow(); ox++) {
                int left = ox * p.strideW() - p.padW();
                float share = get(output(plane) + BYTES * (oy * p.ow() + ox)) / p.divisor(top, left);
                for (int iy = Math.max(0, top); iy < Math.min(p.h(), top + p.kernelH()); iy++) {
                    for (int ix = Math.max(0, left); ix < Math.min(p.w(), left + p.kernelW()); ix++) {
                        add(to + BYTES * (iy * p.w() + ix), share);
                    }
                }
            }
        }
    }

    private void clear(int plane) {
        ALL.asSlice(input(plane), BYTES * p.h() * p.w()).fill((byte) 0);
    }
}
