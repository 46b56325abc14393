// Generated from src/main/templates/norm/Moment.java.template: do not edit.
package dev.lanewise.cpu.norm;

import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.MASK;
import static dev.lanewise.cpu.memory.Access.f32;
import static dev.lanewise.cpu.memory.Access.f64;

import jdk.incubator.vector.VectorOperators;
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
            FloatVector a = FloatVector.fromMemorySegment(Species.F32, ALL, NativeMemory.ZEROS & MASK, Species.ORDER);
            FloatVector b = a;
            FloatVector c = FloatVector.fromMemorySegment(Species.F32, ALL, (NativeMemory.ZEROS + 2 * VECTOR) & MASK, Species.ORDER);
            FloatVector d = FloatVector.fromMemorySegment(Species.F32, ALL, (NativeMemory.ZEROS + 3 * VECTOR) & MASK, Species.ORDER);
            int i = 0;
            for (; i <= n - 4 * LANES; i += 4 * LANES) {
                long at = x + i * BYTES;
                FloatVector v = FloatVector.fromMemorySegment(Species.F32, ALL, at & MASK, Species.ORDER).sub(center);
                FloatVector w = FloatVector.fromMemorySegment(Species.F32, ALL, (at + VECTOR) & MASK, Species.ORDER).sub(center);
                a = v.fma(v, a);
                b = w.fma(w, b);
                v = FloatVector.fromMemorySegment(Species.F32, ALL, (at + 2 * VECTOR) & MASK, Species.ORDER).sub(center);
                w = FloatVector.fromMemorySegment(Species.F32, ALL, (at + 3 * VECTOR) & MASK, Species.ORDER).sub(center);
                c = v.fma(v, c);
                d = w.fma(w, d);
            }
            for (; i <= n - LANES; i += LANES) {
                FloatVector v = FloatVector.fromMemorySegment(Species.F32, ALL, (x + i * BYTES) & MASK, Species.ORDER).sub(center);
                a = v.fma(v, a);
            }
            if (i < n) {
                VectorMask<Float> tail = tail(i, n);
                FloatVector v = FloatVector.fromMemorySegment(Species.F32, ALL, (x + i * BYTES) & MASK, Species.ORDER, tail).sub(center);
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
            DoubleVector a = DoubleVector.fromMemorySegment(Species.F64, ALL, NativeMemory.ZEROS & MASK, Species.ORDER);
            DoubleVector b = DoubleVector.fromMemorySegment(Species.F64, ALL, (NativeMemory.ZEROS + VECTOR) & MASK, Species.ORDER);
            DoubleVector c = DoubleVector.fromMemorySegment(Species.F64, ALL, (NativeMemory.ZEROS + 2 * VECTOR) & MASK, Species.ORDER);
            DoubleVector d = DoubleVector.fromMemorySegment(Species.F64, ALL, (NativeMemory.ZEROS + 3 * VECTOR) & MASK, Species.ORDER);
            DoubleVector a2 = DoubleVector.fromMemorySegment(Species.F64, ALL, (NativeMemory.ZEROS + 4 * VECTOR) & MASK, Species.ORDER);
            DoubleVector b2 = DoubleVector.fromMemorySegment(Species.F64, ALL, (NativeMemory.ZEROS + 5 * VECTOR) & MASK, Species.ORDER);
            DoubleVector c2 = DoubleVector.fromMemorySegment(Species.F64, ALL, (NativeMemory.ZEROS + 6 * VECTOR) & MASK, Species.ORDER);
            DoubleVector d2 = DoubleVector.fromMemorySegment(Species.F64, ALL, (NativeMemory.ZEROS + 7 * VECTOR) & MASK, Species.ORDER);
            double first = f32(x);
            int i = 0;
            for (; i <= n - 2 * LANES; i += 2 * LANES) {
                long at = x + i * BYTES;
                DoubleVector v = ((DoubleVector) FloatVector.fromMemorySegment(Species.F32_HALF, ALL, at & MASK, Species.ORDER).convertShape(VectorOperators.F2D, Species.F64, 0)).sub(first);
                DoubleVector w = ((DoubleVector) FloatVector.fromMemorySegment(Species.F32_HALF, ALL, (at + VECTOR / 2) & MASK, Species.ORDER).convertShape(VectorOperators.F2D, Species.F64, 0)).sub(first);
                a = a.add(v);
                b = b.add(w);
                a2 = v.fma(v, a2);
                b2 = w.fma(w, b2);
                v = ((DoubleVector) FloatVector.fromMemorySegment(Species.F32_HALF, ALL, (at + VECTOR) & MASK, Species.ORDER).convertShape(VectorOperators.F2D, Species.F64, 0)).sub(first);
                w = ((DoubleVector) FloatVector.fromMemorySegment(Species.F32_HALF, ALL, (at + VECTOR / 2 * 3) & MASK, Species.ORDER).convertShape(VectorOperators.F2D, Species.F64, 0)).sub(first);
                c = c.add(v);
                d = d.add(w);
                c2 = v.fma(v, c2);
                d2 = w.fma(w, d2);
            }
            for (; i <= n - LANES / 2; i += LANES / 2) {
                DoubleVector v = ((DoubleVector) FloatVector.fromMemorySegment(Species.F32_HALF, ALL, (x + i * BYTES) & MASK, Species.ORDER).convertShape(VectorOperators.F2D, Species.F64, 0)).sub(first);
                a = a.add(v);
                a2 = v.fma(v, a2);
            }
            a.add(b).add(c.add(d)).intoMemorySegment(ALL, y & MASK, Species.ORDER);
            a2.add(b2).add(c2.add(d2)).intoMemorySegment(ALL, (y + VECTOR) & MASK, Species.ORDER);
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
            double sum = LaneSum.of(DoubleVector.fromMemorySegment(Species.F64, ALL, y & MASK, Species.ORDER));
            double squares = LaneSum.of(DoubleVector.fromMemorySegment(Species.F64, ALL, (y + VECTOR) & MASK, Species.ORDER));
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
            FloatVector a = FloatVector.fromMemorySegment(Species.F32, ALL, NativeMemory.ZEROS & MASK, Species.ORDER);
            FloatVector b = a;
            int i = 0;
            for (; i <= n - LANES; i += LANES) {
                FloatVector v = FloatVector.fromMemorySegment(Species.F32, ALL, (g + i * BYTES) & MASK, Species.ORDER);
                a = a.add(v);
                b = v.fma(FloatVector.fromMemorySegment(Species.F32, ALL, (x + i * BYTES) & MASK, Species.ORDER).sub(center), b);
            }
            if (i < n) {
                VectorMask<Float> tail = tail(i, n);
                FloatVector v = FloatVector.fromMemorySegment(Species.F32, ALL, (g + i * BYTES) & MASK, Species.ORDER, tail);
                a = a.add(v);
                b = v.fma(FloatVector.fromMemorySegment(Species.F32, ALL, (x + i * BYTES) & MASK, Species.ORDER, tail).sub(center), b);
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
            FloatVector a = FloatVector.fromMemorySegment(Species.F32, ALL, NativeMemory.ZEROS & MASK, Species.ORDER);
            FloatVector b = a;
            int i = 0;
            for (; i <= n - LANES; i += LANES) {
                FloatVector v = FloatVector.fromMemorySegment(Species.F32, ALL, (g + i * BYTES) & MASK, Species.ORDER).mul(FloatVector.fromMemorySegment(Species.F32, ALL, (weight + i * BYTES) & MASK, Species.ORDER));
                a = a.add(v);
                b = v.fma(FloatVector.fromMemorySegment(Species.F32, ALL, (x + i * BYTES) & MASK, Species.ORDER).sub(center), b);
            }
            if (i < n) {
                VectorMask<Float> tail = tail(i, n);
                FloatVector v = FloatVector.fromMemorySegment(Species.F32, ALL, (g + i * BYTES) & MASK, Species.ORDER, tail).mul(FloatVector.fromMemorySegment(Species.F32, ALL, (weight + i * BYTES) & MASK, Species.ORDER, tail));
                a = a.add(v);
                b = v.fma(FloatVector.fromMemorySegment(Species.F32, ALL, (x + i * BYTES) & MASK, Species.ORDER, tail).sub(center), b);
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
                FloatVector v = FloatVector.fromMemorySegment(Species.F32, ALL, (x + i * BYTES) & MASK, Species.ORDER).sub(center).mul(factor);
                v.fma(FloatVector.fromMemorySegment(Species.F32, ALL, (weight + i * BYTES) & MASK, Species.ORDER), FloatVector.fromMemorySegment(Species.F32, ALL, (bias + i * BYTES) & MASK, Species.ORDER)).intoMemorySegment(ALL, (y + i * BYTES) & MASK, Species.ORDER);
            }
            if (i < n) {
                VectorMask<Float> tail = tail(i, n);
                FloatVector v = FloatVector.fromMemorySegment(Species.F32, ALL, (x + i * BYTES) & MASK, Species.ORDER, tail).sub(center).mul(factor);
                v = v.fma(FloatVector.fromMemorySegment(Species.F32, ALL, (weight + i * BYTES) & MASK, Species.ORDER, tail), FloatVector.fromMemorySegment(Species.F32, ALL, (bias + i * BYTES) & MASK, Species.ORDER, tail));
                v.intoMemorySegment(ALL, (y + i * BYTES) & MASK, Species.ORDER, tail);
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
                FloatVector.fromMemorySegment(Species.F32, ALL, (x + i * BYTES) & MASK, Species.ORDER).sub(center).fma(factor, added).intoMemorySegment(ALL, (y + i * BYTES) & MASK, Species.ORDER);
            }
            if (i < n) {
                VectorMask<Float> tail = tail(i, n);
                FloatVector.fromMemorySegment(Species.F32, ALL, (x + i * BYTES) & MASK, Species.ORDER, tail).sub(center).fma(factor, added).intoMemorySegment(ALL, (y + i * BYTES) & MASK, Species.ORDER, tail);
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
