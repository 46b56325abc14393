// Generated from src/main/templates/norm/Moment.java.template: do not edit.
package dev.lanewise.cpu.norm;

import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.MASK;
import static dev.lanewise.cpu.memory.Access.f64;

import dev.lanewise.cpu.LaneSum;
import dev.lanewise.cpu.RowSum;
import dev.lanewise.cpu.Species;
import dev.lanewise.cpu.memory.NativeMemory;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorMask;

/** Single passes of normalization in double precision, kept out of their callers as those of {@link F64Row} are. */
enum F64Moment {
    /** The sum. */
    SUM {
        @Override
        double run(long x, long y, int n, double mean, double scale, double shift, long weight, long bias) {
            return RowSum.f64(x, n);
        }
    },
    /** The sum of squared differences from the mean. */
    SQUARES {
        @Override
        double run(long x, long y, int n, double mean, double scale, double shift, long weight, long bias) {
            double center = mean;
            DoubleVector a = DoubleVector.fromMemorySegment(Species.F64, ALL, NativeMemory.ZEROS & MASK, Species.ORDER);
            DoubleVector b = a;
            DoubleVector c = DoubleVector.fromMemorySegment(Species.F64, ALL, (NativeMemory.ZEROS + 2 * VECTOR) & MASK, Species.ORDER);
            DoubleVector d = DoubleVector.fromMemorySegment(Species.F64, ALL, (NativeMemory.ZEROS + 3 * VECTOR) & MASK, Species.ORDER);
            int i = 0;
            for (; i <= n - 4 * LANES; i += 4 * LANES) {
                long at = x + i * BYTES;
                DoubleVector v = DoubleVector.fromMemorySegment(Species.F64, ALL, at & MASK, Species.ORDER).sub(center);
                DoubleVector w = DoubleVector.fromMemorySegment(Species.F64, ALL, (at + VECTOR) & MASK, Species.ORDER).sub(center);
                a = v.fma(v, a);
                b = w.fma(w, b);
                v = DoubleVector.fromMemorySegment(Species.F64, ALL, (at + 2 * VECTOR) & MASK, Species.ORDER).sub(center);
                w = DoubleVector.fromMemorySegment(Species.F64, ALL, (at + 3 * VECTOR) & MASK, Species.ORDER).sub(center);
                c = v.fma(v, c);
                d = w.fma(w, d);
            }
            for (; i <= n - LANES; i += LANES) {
                DoubleVector v = DoubleVector.fromMemorySegment(Species.F64, ALL, (x + i * BYTES) & MASK, Species.ORDER).sub(center);
                a = v.fma(v, a);
            }
            if (i < n) {
                VectorMask<Double> tail = tail(i, n);
                DoubleVector v = DoubleVector.fromMemorySegment(Species.F64, ALL, (x + i * BYTES) & MASK, Species.ORDER, tail).sub(center);
                b = b.add(v.mul(v), tail);
            }
            return LaneSum.of(a.add(b).add(c.add(d)));
        }
    },
    /** Adds the sums of g and of {@code g (x - mean)} to two doubles. */
    GRAD_SUMS {
        @Override
        double run(long g, long x, int n, double mean, double scale, double shift, long weight, long sums) {
            double center = mean;
            DoubleVector a = DoubleVector.fromMemorySegment(Species.F64, ALL, NativeMemory.ZEROS & MASK, Species.ORDER);
            DoubleVector b = a;
            int i = 0;
            for (; i <= n - LANES; i += LANES) {
                DoubleVector v = DoubleVector.fromMemorySegment(Species.F64, ALL, (g + i * BYTES) & MASK, Species.ORDER);
                a = a.add(v);
                b = v.fma(DoubleVector.fromMemorySegment(Species.F64, ALL, (x + i * BYTES) & MASK, Species.ORDER).sub(center), b);
            }
            if (i < n) {
                VectorMask<Double> tail = tail(i, n);
                DoubleVector v = DoubleVector.fromMemorySegment(Species.F64, ALL, (g + i * BYTES) & MASK, Species.ORDER, tail);
                a = a.add(v);
                b = v.fma(DoubleVector.fromMemorySegment(Species.F64, ALL, (x + i * BYTES) & MASK, Species.ORDER, tail).sub(center), b);
            }
            addSums(a, b, sums);
            return 0;
        }
    },
    /** The same of g times a weight for each element. */
    WEIGHTED_GRAD_SUMS {
        @Override
        double run(long g, long x, int n, double mean, double scale, double shift, long weight, long sums) {
            double center = mean;
            DoubleVector a = DoubleVector.fromMemorySegment(Species.F64, ALL, NativeMemory.ZEROS & MASK, Species.ORDER);
            DoubleVector b = a;
            int i = 0;
            for (; i <= n - LANES; i += LANES) {
                DoubleVector v = DoubleVector.fromMemorySegment(Species.F64, ALL, (g + i * BYTES) & MASK, Species.ORDER).mul(DoubleVector.fromMemorySegment(Species.F64, ALL, (weight + i * BYTES) & MASK, Species.ORDER));
                a = a.add(v);
                b = v.fma(DoubleVector.fromMemorySegment(Species.F64, ALL, (x + i * BYTES) & MASK, Species.ORDER).sub(center), b);
            }
            if (i < n) {
                VectorMask<Double> tail = tail(i, n);
                DoubleVector v = DoubleVector.fromMemorySegment(Species.F64, ALL, (g + i * BYTES) & MASK, Species.ORDER, tail).mul(DoubleVector.fromMemorySegment(Species.F64, ALL, (weight + i * BYTES) & MASK, Species.ORDER, tail));
                a = a.add(v);
                b = v.fma(DoubleVector.fromMemorySegment(Species.F64, ALL, (x + i * BYTES) & MASK, Species.ORDER, tail).sub(center), b);
            }
            addSums(a, b, sums);
            return 0;
        }
    },
    /** {@code y = (x - mean) scale weight + bias} with a weight and a bias for each element. */
    NORMALIZE {
        @Override
        double run(long x, long y, int n, double mean, double scale, double shift, long weight, long bias) {
            double center = mean;
            double factor = scale;
            int i = 0;
            for (; i <= n - LANES; i += LANES) {
                DoubleVector v = DoubleVector.fromMemorySegment(Species.F64, ALL, (x + i * BYTES) & MASK, Species.ORDER).sub(center).mul(factor);
                v.fma(DoubleVector.fromMemorySegment(Species.F64, ALL, (weight + i * BYTES) & MASK, Species.ORDER), DoubleVector.fromMemorySegment(Species.F64, ALL, (bias + i * BYTES) & MASK, Species.ORDER)).intoMemorySegment(ALL, (y + i * BYTES) & MASK, Species.ORDER);
            }
            if (i < n) {
                VectorMask<Double> tail = tail(i, n);
                DoubleVector v = DoubleVector.fromMemorySegment(Species.F64, ALL, (x + i * BYTES) & MASK, Species.ORDER, tail).sub(center).mul(factor);
                v = v.fma(DoubleVector.fromMemorySegment(Species.F64, ALL, (weight + i * BYTES) & MASK, Species.ORDER, tail), DoubleVector.fromMemorySegment(Species.F64, ALL, (bias + i * BYTES) & MASK, Species.ORDER, tail));
                v.intoMemorySegment(ALL, (y + i * BYTES) & MASK, Species.ORDER, tail);
            }
            return 0;
        }
    },
    /** {@code y = (x - mean) scale + shift}. */
    NORMALIZE_EVENLY {
        @Override
        double run(long x, long y, int n, double mean, double scale, double shift, long weight, long bias) {
            double center = mean;
            DoubleVector factor = DoubleVector.broadcast(Species.F64, scale);
            DoubleVector added = DoubleVector.broadcast(Species.F64, shift);
            int i = 0;
            for (; i <= n - LANES; i += LANES) {
                DoubleVector.fromMemorySegment(Species.F64, ALL, (x + i * BYTES) & MASK, Species.ORDER).sub(center).fma(factor, added).intoMemorySegment(ALL, (y + i * BYTES) & MASK, Species.ORDER);
            }
            if (i < n) {
                VectorMask<Double> tail = tail(i, n);
                DoubleVector.fromMemorySegment(Species.F64, ALL, (x + i * BYTES) & MASK, Species.ORDER, tail).sub(center).fma(factor, added).intoMemorySegment(ALL, (y + i * BYTES) & MASK, Species.ORDER, tail);
            }
            return 0;
        }
    };

    private static final F64Moment[] PASSES = values();
    private static final int LANES = Species.F64_LANES;
    private static final long BYTES = Double.BYTES;
    private static final long VECTOR = Species.VECTOR_BYTES;

    abstract double run(long x, long y, int n, double mean, double scale, double shift, long weight, long bias);

    /** Goes over n elements; operands that a pass has no use for are 0. */
    @SuppressWarnings("EnumOrdinal") // the array keeps this a virtual call: see above
    double pass(long x, long y, int n, double mean, double scale, double shift, long weight, long bias) {
        return PASSES[ordinal()].run(x, y, n, mean, scale, shift, weight, bias);
    }

    private static void addSums(DoubleVector a, DoubleVector b, long sums) {
        f64(sums, f64(sums) + LaneSum.of(a));
        f64(sums + Double.BYTES, f64(sums + Double.BYTES) + LaneSum.of(b));
    }

    private static VectorMask<Double> tail(int i, int n) {
        return Species.F64.indexInRange(i, n);
    }
}
