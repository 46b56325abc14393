// Generated from src/main/templates/reduce/Kernel.java.template: do not edit.
package dev.lanewise.cpu.reduce;

import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.MASK;
import static dev.lanewise.cpu.memory.Access.f64;

import dev.lanewise.cpu.RowSum;
import dev.lanewise.cpu.Species;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** Sums, products and extremes of double-precision numbers; partial results of rows in double precision. */
enum F64Kernel implements ReduceKernel {
    /** Sums. */
    SUM {
        @Override
        double row(long x, int n) {
            return RowSum.f64(x, n);
        }

        @Override
        double combine(double a, double b) {
            return a + b;
        }

        @Override
        DoubleVector combine(DoubleVector a, DoubleVector b) {
            return a.add(b);
        }

        @Override
        public void columns(long x, long rows, long stride, int n, long output) {
            long row = firstColumns(x, n, output);
            for (; row <= rows - 8; row += 8) {
                sumOfEight(x + row * stride, stride, n, output);
            }
            for (; row < rows; row++) {
                addRow(x + row * stride, n, output);
            }
        }
    },
    /** Means. */
    MEAN {
        @Override
        double row(long x, int n) {
            return SUM.row(x, n);
        }

        @Override
        public void rows(long x, long rows, long stride, long n, long partial) {
            SUM.rows(x, rows, stride, n, partial);
        }

        @Override
        double combine(double a, double b) {
            return a + b;
        }

        @Override
        DoubleVector combine(DoubleVector a, DoubleVector b) {
            return a.add(b);
        }

        @Override
        double result(double partial, long count) {
            return partial / count;
        }

        @Override
        public void columns(long x, long rows, long stride, int n, long output) {
            SUM.columns(x, rows, stride, n, output);
        }

        @Override
        public void finishColumns(long columns, int n, long count) {
            for (int i = 0; i < n; i++) {
                f64(columns + i * BYTES, (f64(columns + i * BYTES) / (double) count));
            }
        }
    },
    /** Products. */
    PROD {
        @Override
        double row(long x, int n) {
            double product = 1;
            for (int i = 0; i < n; i++) {
                product *= f64(x + i * BYTES);
            }
            return product;
        }

        @Override
        double combine(double a, double b) {
            return a * b;
        }

        @Override
        DoubleVector combine(DoubleVector a, DoubleVector b) {
            return a.mul(b);
        }

        @Override
        public boolean hasColumns() {
            return false;
        }
    },
    /** The largest. */
    AMAX {
        @Override
        double row(long x, int n) {
            int i = 0;
            double max = Double.NEGATIVE_INFINITY;
            if (n >= 2 * LANES) {
                DoubleVector a = DoubleVector.fromMemorySegment(Species.F64, ALL, x & MASK, Species.ORDER);
                DoubleVector b = DoubleVector.fromMemorySegment(Species.F64, ALL, (x + VECTOR) & MASK, Species.ORDER);
                for (i = 2 * LANES; i <= n - 2 * LANES; i += 2 * LANES) {
                    a = a.max(DoubleVector.fromMemorySegment(Species.F64, ALL, (x + i * BYTES) & MASK, Species.ORDER));
                    b = b.max(DoubleVector.fromMemorySegment(Species.F64, ALL, (x + i * BYTES + VECTOR) & MASK, Species.ORDER));
                }
                max = a.max(b).reduceLanes(VectorOperators.MAX);
            }
            for (; i < n; i++) {
                max = Math.max(max, f64(x + i * BYTES));
            }
            return max;
        }

        @Override
        double combine(double a, double b) {
            return Math.max(a, b);
        }

        @Override
        DoubleVector combine(DoubleVector a, DoubleVector b) {
            return a.max(b);
        }
    },
    /** The smallest. */
    AMIN {
        @Override
        double row(long x, int n) {
            int i = 0;
            double min = Double.POSITIVE_INFINITY;
            if (n >= 2 * LANES) {
                DoubleVector a = DoubleVector.fromMemorySegment(Species.F64, ALL, x & MASK, Species.ORDER);
                DoubleVector b = DoubleVector.fromMemorySegment(Species.F64, ALL, (x + VECTOR) & MASK, Species.ORDER);
                for (i = 2 * LANES; i <= n - 2 * LANES; i += 2 * LANES) {
                    a = a.min(DoubleVector.fromMemorySegment(Species.F64, ALL, (x + i * BYTES) & MASK, Species.ORDER));
                    b = b.min(DoubleVector.fromMemorySegment(Species.F64, ALL, (x + i * BYTES + VECTOR) & MASK, Species.ORDER));
                }
                min = a.min(b).reduceLanes(VectorOperators.MIN);
            }
            for (; i < n; i++) {
                min = Math.min(min, f64(x + i * BYTES));
            }
            return min;
        }

        @Override
        double combine(double a, double b) {
            return Math.min(a, b);
        }

        @Override
        DoubleVector combine(DoubleVector a, DoubleVector b) {
            return a.min(b);
        }
    };

    /** Rounding errors of chains this long stay small; longer rows add such chains in double precision. */
    private static final int CHAIN = 1 << 14;

    private static final long BYTES = Double.BYTES;
    private static final int LANES = Species.F64_LANES;
    private static final long VECTOR = Species.VECTOR_BYTES;

    /** Combines up to {@link #CHAIN} neighbouring elements. */
    abstract double row(long x, int n);

    abstract double combine(double a, double b);

    abstract DoubleVector combine(DoubleVector a, DoubleVector b);

    double result(double partial, long count) {
        return partial;
    }

    @Override
    public void rows(long x, long rows, long stride, long n, long partial) {
        // one call of row, which C2 writes out for each of the two kinds that it has seen
        double result = 0;
        boolean first = true;
        for (long row = 0; row < rows; row++) {
            for (long i = 0; i < n; i += CHAIN) {
                double part = row(x + row * stride + i * BYTES, (int) Math.min(n - i, CHAIN));
                result = first ? part : combine(result, part);
                first = false;
            }
        }
        f64(partial, result);
    }

    @Override
    public void combine(long partials, long count) {
        double result = f64(partials);
        for (long i = 1; i < count; i++) {
            result = combine(result, f64(partials + i * Double.BYTES));
        }
        f64(partials, result);
    }

    @Override
    public void finish(long partial, long count, long output) {
        f64(output, result(f64(partial), count));
    }

    @Override
    public boolean hasColumns() {
        return true;
    }

    @Override
    public void columns(long x, long rows, long stride, int n, long output) {
        int full = n - n % LANES;
        for (int i = 0; i < full; i += LANES) {
            DoubleVector result = DoubleVector.fromMemorySegment(Species.F64, ALL, (x + i * BYTES) & MASK, Species.ORDER);
            for (long row = 1; row < rows; row++) {
                result = combine(result, DoubleVector.fromMemorySegment(Species.F64, ALL, (x + row * stride + i * BYTES) & MASK, Species.ORDER));
            }
            result.intoMemorySegment(ALL, (output + i * BYTES) & MASK, Species.ORDER);
        }
        if (full < n) {
            VectorMask<Double> tail = tail(n - full);
            DoubleVector result = DoubleVector.fromMemorySegment(Species.F64, ALL, (x + full * BYTES) & MASK, Species.ORDER, tail);
            for (long row = 1; row < rows; row++) {
                result = combine(result, DoubleVector.fromMemorySegment(Species.F64, ALL, (x + row * stride + full * BYTES) & MASK, Species.ORDER, tail));
            }
            result.intoMemorySegment(ALL, (output + full * BYTES) & MASK, Species.ORDER, tail);
        }
    }

    @Override
    public int columnBytes() {
        return Double.BYTES;
    }

    @Override
    public void finishColumns(long columns, int n, long count) {}

    private static VectorMask<Double> tail(int n) {
        return Species.F64.indexInRange(0, n);
    }

    /** Starts column sums with the first row; returns how many rows are done. */
    private static long firstColumns(long x, int n, long output) {
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            DoubleVector.fromMemorySegment(Species.F64, ALL, (x + i * BYTES) & MASK, Species.ORDER).intoMemorySegment(ALL, (output + i * BYTES) & MASK, Species.ORDER);
        }
        if (i < n) {
            VectorMask<Double> tail = tail(n - i);
            DoubleVector.fromMemorySegment(Species.F64, ALL, (x + i * BYTES) & MASK, Species.ORDER, tail).intoMemorySegment(ALL, (output + i * BYTES) & MASK, Species.ORDER, tail);
        }
        return 1;
    }

    private static void addRow(long x, int n, long output) {
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            DoubleVector.fromMemorySegment(Species.F64, ALL, (output + i * BYTES) & MASK, Species.ORDER).add(DoubleVector.fromMemorySegment(Species.F64, ALL, (x + i * BYTES) & MASK, Species.ORDER)).intoMemorySegment(ALL, (output + i * BYTES) & MASK, Species.ORDER);
        }
        if (i < n) {
            VectorMask<Double> tail = tail(n - i);
            DoubleVector.fromMemorySegment(Species.F64, ALL, (output + i * BYTES) & MASK, Species.ORDER, tail).add(DoubleVector.fromMemorySegment(Species.F64, ALL, (x + i * BYTES) & MASK, Species.ORDER, tail)).intoMemorySegment(ALL, (output + i * BYTES) & MASK, Species.ORDER, tail);
        }
    }

    /** Adds eight rows, pairwise, in one pass over the columns: eight streams of memory and little rounding. */
    private static void sumOfEight(long x, long stride, int n, long output) {
        long x2 = x + 2 * stride;
        long x4 = x + 4 * stride;
        long x6 = x + 6 * stride;
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            long at = i * BYTES;
            DoubleVector a = DoubleVector.fromMemorySegment(Species.F64, ALL, (x + at) & MASK, Species.ORDER).add(DoubleVector.fromMemorySegment(Species.F64, ALL, (x + stride + at) & MASK, Species.ORDER));
            DoubleVector b = DoubleVector.fromMemorySegment(Species.F64, ALL, (x2 + at) & MASK, Species.ORDER).add(DoubleVector.fromMemorySegment(Species.F64, ALL, (x2 + stride + at) & MASK, Species.ORDER));
            DoubleVector c = DoubleVector.fromMemorySegment(Species.F64, ALL, (x4 + at) & MASK, Species.ORDER).add(DoubleVector.fromMemorySegment(Species.F64, ALL, (x4 + stride + at) & MASK, Species.ORDER));
            DoubleVector d = DoubleVector.fromMemorySegment(Species.F64, ALL, (x6 + at) & MASK, Species.ORDER).add(DoubleVector.fromMemorySegment(Species.F64, ALL, (x6 + stride + at) & MASK, Species.ORDER));
            DoubleVector.fromMemorySegment(Species.F64, ALL, (output + at) & MASK, Species.ORDER).add(a.add(b).add(c.add(d))).intoMemorySegment(ALL, (output + at) & MASK, Species.ORDER);
        }
        if (i < n) {
            sumOfTail(x + i * BYTES, stride, n - i, output + i * BYTES);
        }
    }

    /** The same for the last columns: a method of its own, since with both C2 would have too much in one. */
    private static void sumOfTail(long x, long stride, int n, long output) {
        VectorMask<Double> tail = tail(n);
        long x2 = x + 2 * stride;
        long x4 = x + 4 * stride;
        long x6 = x + 6 * stride;
        DoubleVector a = DoubleVector.fromMemorySegment(Species.F64, ALL, x & MASK, Species.ORDER, tail).add(DoubleVector.fromMemorySegment(Species.F64, ALL, (x + stride) & MASK, Species.ORDER, tail));
        DoubleVector b = DoubleVector.fromMemorySegment(Species.F64, ALL, x2 & MASK, Species.ORDER, tail).add(DoubleVector.fromMemorySegment(Species.F64, ALL, (x2 + stride) & MASK, Species.ORDER, tail));
        DoubleVector c = DoubleVector.fromMemorySegment(Species.F64, ALL, x4 & MASK, Species.ORDER, tail).add(DoubleVector.fromMemorySegment(Species.F64, ALL, (x4 + stride) & MASK, Species.ORDER, tail));
        DoubleVector d = DoubleVector.fromMemorySegment(Species.F64, ALL, x6 & MASK, Species.ORDER, tail).add(DoubleVector.fromMemorySegment(Species.F64, ALL, (x6 + stride) & MASK, Species.ORDER, tail));
        DoubleVector.fromMemorySegment(Species.F64, ALL, output & MASK, Species.ORDER, tail).add(a.add(b).add(c.add(d))).intoMemorySegment(ALL, output & MASK, Species.ORDER, tail);
    }
}
