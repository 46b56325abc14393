// Generated from src/main/templates/norm/Moment.java.template: do not edit.
package dev.lanewise.cpu.norm;

import static dev.lanewise.cpu.memory.Access.f32;
import static dev.lanewise.cpu.memory.Access.f64;
import static dev.lanewise.cpu.memory.Access.loadF32;
import static dev.lanewise.cpu.memory.Access.loadF64;
import static dev.lanewise.cpu.memory.Access.loadWidened;
import static dev.lanewise.cpu.memory.Access.storeF32;
import static dev.lanewise.cpu.memory.Access.storeF64;

import dev.lanewise.cpu.LaneSum;
import dev.lanewise.cpu.RowSum;
import dev.lanewise.cpu.Species;
import dev.lanewise.cpu.memory.NativeMemory;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/** Single passes of normalization in single precision, kept out of their callers as those of {@link F32Row} are. */
enum F32Moment {
    /** The sum. */
    SUM {
        @Override
        double run(long x, long y, int n, double mean, double scale, double shift, long weight, long bias) {
            return RowSum.f32(x, n);
        }
    },
    /** The sum of squared differences from the mean. */
    SQUARES {
        @Override
        double run(long x, long y, int n, double mean, double scale, double shift, long weight, long bias) {
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
    },
    /**
     * Writes the sums of the differences from the first element, and of their squares, to y: two vectors of double-precision
     * lanes. In double precision the differences are exact, and so nearly are their squares: what cancels between the two
     * sums is far below single precision.
     */
    LANE_SUMS {
        @Override
        double run(long x, long y, int n, double mean, double scale, double shift, long weight, long bias) {
            DoubleVector a = loadF64(NativeMemory.ZEROS);
            DoubleVector b = loadF64(NativeMemory.ZEROS + VECTOR);
            DoubleVector c = loadF64(NativeMemory.ZEROS + 2 * VECTOR);
            DoubleVector d = loadF64(NativeMemory.ZEROS + 3 * VECTOR);
            DoubleVector a2 = loadF64(NativeMemory.ZEROS + 4 * VECTOR);
            DoubleVector b2 = loadF64(NativeMemory.ZEROS + 5 * VECTOR);
            DoubleVector c2 = loadF64(NativeMemory.ZEROS + 6 * VECTOR);
            DoubleVector d2 = loadF64(NativeMemory.ZEROS + 7 * VECTOR);
            double first = f32(x);
            int i = 0;
            for (; i <= n - 2 * LANES; i += 2 * LANES) {
                long at = x + i * BYTES;
                DoubleVector v = loadWidened(at).sub(first);
                DoubleVector w = loadWidened(at + VECTOR / 2).sub(first);
                a = a.add(v);
                b = b.add(w);
                a2 = v.fma(v, a2);
                b2 = w.fma(w, b2);
                v = loadWidened(at + VECTOR).sub(first);
                w = loadWidened(at + VECTOR / 2 * 3).sub(first);
                c = c.add(v);
                d = d.add(w);
                c2 = v.fma(v, c2);
                d2 = w.fma(w, d2);
            }
            for (; i <= n - LANES / 2; i += LANES / 2) {
                DoubleVector v = loadWidened(x + i * BYTES).sub(first);
                a = a.add(v);
                a2 = v.fma(v, a2);
            }
            storeF64(a.add(b).add(c.add(d)), y);
            storeF64(a2.add(b2).add(c2.add(d2)), y + VECTOR);
            return 0;
        }
    },
    /**
     * Replaces the sums of the lanes at y by the mean and the variance, with the elements that fill no vector. Not done by the
     * pass before: behind its loop C2 inlines one sum of lanes but not a second, whose vector is then boxed.
     */
    MOMENTS {
        @Override
        double run(long x, long y, int n, double mean, double scale, double shift, long weight, long bias) {
            double sum = LaneSum.of(loadF64(y));
            double squares = LaneSum.of(loadF64(y + VECTOR));
            double first = f32(x);
            for (int i = n - n % (LANES / 2); i < n; i++) {
                double v = f32(x + i * BYTES) - first;
                sum += v;
                squares += v * v;
            }
            double beyond = sum / n;
            f64(y, first + beyond);
            f64(y + Double.BYTES, Math.max(0, squares / n - beyond * beyond));
            return 0;
        }
    },
    /** Adds the sums of g and of {@code g (x - mean)} to two doubles. */
    GRAD_SUMS {
        @Override
        double run(long g, long x, int n, double mean, double scale, double shift, long weight, long sums) {
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
            return 0;
        }
    },
    /** The same of g times a weight for each element. */
    WEIGHTED_GRAD_SUMS {
        @Override
        double run(long g, long x, int n, double mean, double scale, double shift, long weight, long sums) {
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
            return 0;
        }
    },
    /** {@code y = (x - mean) scale weight + bias} with a weight and a bias for each element. */
    NORMALIZE {
        @Override
        double run(long x, long y, int n, double mean, double scale, double shift, long weight, long bias) {
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
            return 0;
        }
    },
    /** {@code y = (x - mean) scale + shift}. */
    NORMALIZE_EVENLY {
        @Override
        double run(long x, long y, int n, double mean, double scale, double shift, long weight, long bias) {
            float center = (float) mean;
            FloatVector factor = FloatVector.broadcast(Species.F32, (float) scale);
            FloatVector added = FloatVector.broadcast(Species.F32, (float) shift);
            int i = 0;
            for (; i <= n - LANES; i += LANES) {
                storeF32(loadF32(x + i * BYTES).sub(center).fma(factor, added), y + i * BYTES);
            }
            if (i < n) {
                VectorMask<Float> tail = tail(i, n);
                storeF32(loadF32(x + i * BYTES, tail).sub(center).fma(factor, added), y + i * BYTES, tail);
            }
            return 0;
        }
    };

    private static final F32Moment[] PASSES = values();
    private static final int LANES = Species.F32_LANES;
    private static final long BYTES = Float.BYTES;
    private static final long VECTOR = Species.VECTOR_BYTES;

    abstract double run(long x, long y, int n, double mean, double scale, double shift, long weight, long bias);

    /** Goes over n elements; operands that a pass has no use for are 0. */
    @SuppressWarnings("EnumOrdinal") // the array keeps this a virtual call: see above
    double pass(long x, long y, int n, double mean, double scale, double shift, long weight, long bias) {
        return PASSES[ordinal()].run(x, y, n, mean, scale, shift, weight, bias);
    }

    private static void addSums(FloatVector a, FloatVector b, long sums) {
        f64(sums, f64(sums) + LaneSum.of(a));
        f64(sums + Double.BYTES, f64(sums + Double.BYTES) + LaneSum.of(b));
    }

    private static VectorMask<Float> tail(int i, int n) {
        return Species.F32.indexInRange(i, n);
    }
}
