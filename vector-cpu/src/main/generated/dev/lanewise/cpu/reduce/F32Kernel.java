// Generated from src/main/templates/reduce/Kernel.java.template: do not edit.
package dev.lanewise.cpu.reduce;

import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.MASK;
import static dev.lanewise.cpu.memory.Access.f32;
import static dev.lanewise.cpu.memory.Access.f64;

import dev.lanewise.cpu.RowSum;
import dev.lanewise.cpu.Species;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** Sums, products and extremes of single-precision numbers; partial results of rows in double precision. */
enum F32Kernel implements ReduceKernel {
    /** Sums. */
    SUM {
        @Override
        double row(long x, int n) {
            return RowSum.f32(x, n);
        }

        @Override
        public void rows(long x, long rows, long stride, long n, long partial) {
            long row = 0;
            double sum = 0;
            if (n <= 2 * CHAIN) {
                for (; row <= rows - 4; row += 4) {
                    sum += RowSum.fourRowsOfF32(x + row * stride, stride, (int) n);
                }
            }
            if (row < rows) {
                super.rows(x + row * stride, rows - row, stride, n, partial);
                sum += f64(partial);
            }
            f64(partial, sum);
        }

        @Override
        double combine(double a, double b) {
            return a + b;
        }

        @Override
        FloatVector combine(FloatVector a, FloatVector b) {
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
        FloatVector combine(FloatVector a, FloatVector b) {
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
                f32(columns + i * BYTES, (float) (f32(columns + i * BYTES) / (double) count));
            }
        }
    },
    /** Products. */
    PROD {
        @Override
        double row(long x, int n) {
            double product = 1;
            for (int i = 0; i < n; i++) {
                product *= f32(x + i * BYTES);
            }
            return product;
        }

        @Override
        double combine(double a, double b) {
            return a * b;
        }

        @Override
        FloatVector combine(FloatVector a, FloatVector b) {
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
            float max = Float.NEGATIVE_INFINITY;
            if (n >= 2 * LANES) {
                FloatVector a = FloatVector.fromMemorySegment(Species.F32, ALL, x & MASK, Species.ORDER);
                FloatVector b = FloatVector.fromMemorySegment(Species.F32, ALL, (x + VECTOR) & MASK, Species.ORDER);
                for (i = 2 * LANES; i <= n - 2 * LANES; i += 2 * LANES) {
                    a = a.max(FloatVector.fromMemorySegment(Species.F32, ALL, (x + i * BYTES) & MASK, Species.ORDER));
                    b = b.max(FloatVector.fromMemorySegment(Species.F32, ALL, (x + i * BYTES + VECTOR) & MASK, Species.ORDER));
                }
                max = a.max(b).reduceLanes(VectorOperators.MAX);
            }
            for (; i < n; i++) {
                max = Math.max(max, f32(x + i * BYTES));
            }
            return max;
        }

        @Override
        double combine(double a, double b) {
            return Math.max(a, b);
        }

        @Override
        FloatVector combine(FloatVector a, FloatVector b) {
            return a.max(b);
        }
    },
    /** The smallest. */
    AMIN {
        @Override
        double row(long x, int n) {
            int i = 0;
            float min = Float.POSITIVE_INFINITY;
            if (n >= 2 * LANES) {
                FloatVector a = FloatVector.fromMemorySegment(Species.F32, ALL, x & MASK, Species.ORDER);
                FloatVector b = FloatVector.fromMemorySegment(Species.F32, ALL, (x + VECTOR) & MASK, Species.ORDER);
                for (i = 2 * LANES; i <= n - 2 * LANES; i += 2 * LANES) {
                    a = a.min(FloatVector.fromMemorySegment(Species.F32, ALL, (x + i * BYTES) & MASK, Species.ORDER));
                    b = b.min(FloatVector.fromMemorySegment(Species.F32, ALL, (x + i * BYTES + VECTOR) & MASK, Species.ORDER));
                }
                min = a.min(b).reduceLanes(VectorOperators.MIN);
            }
            for (; i < n; i++) {
                min = Math.min(min, f32(x + i * BYTES));
            }
            return min;
        }

        @Override
        double combine(double a, double b) {
            return Math.min(a, b);
        }

        @Override
        FloatVector combine(FloatVector a, FloatVector b) {
            return a.min(b);
        }
    };

    /** Rounding errors of chains this long stay small; longer rows add such chains in double precision. */
    private static final int CHAIN = 1 << 14;

    private static final long BYTES = Float.BYTES;
    private static final int LANES = Species.F32_LANES;
    private static final long VECTOR = Species.VECTOR_BYTES;

    /** Combines up to {@link #CHAIN} neighbouring elements. */
    abstract double row(long x, int n);

    abstract double combine(double a, double b);

    abstract FloatVector combine(FloatVector a, FloatVector b);

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
        f32(output, (float) result(f64(partial), count));
    }

    @Override
    public boolean hasColumns() {
        return true;
    }

    @Override
    public void columns(long x, long rows, long stride, int n, long output) {
        int full = n - n % LANES;
        for (int i = 0; i < full; i += LANES) {
            FloatVector result = FloatVector.fromMemorySegment(Species.F32, ALL, (x + i * BYTES) & MASK, Species.ORDER);
            for (long row = 1; row < rows; row++) {
                result = combine(result, FloatVector.fromMemorySegment(Species.F32, ALL, (x + row * stride + i * BYTES) & MASK, Species.ORDER));
            }
            result.intoMemorySegment(ALL, (output + i * BYTES) & MASK, Species.ORDER);
        }
        if (full < n) {
            VectorMask<Float> tail = tail(n - full);
            FloatVector result = FloatVector.fromMemorySegment(Species.F32, ALL, (x + full * BYTES) & MASK, Species.ORDER, tail);
            for (long row = 1; row < rows; row++) {
                result = combine(result, FloatVector.fromMemorySegment(Species.F32, ALL, (x + row * stride + full * BYTES) & MASK, Species.ORDER, tail));
            }
            result.intoMemorySegment(ALL, (output + full * BYTES) & MASK, Species.ORDER, tail);
        }
    }

    @Override
    public int columnBytes() {
        return Float.BYTES;
    }

    @Override
    public void finishColumns(long columns, int n, long count) {}

    private static VectorMask<Float> tail(int n) {
        return Species.F32.indexInRange(0, n);
    }

    /** Starts column sums with the first row; returns how many rows are done. */
    private static long firstColumns(long x, int n, long output) {
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            FloatVector.fromMemorySegment(Species.F32, ALL, (x + i * BYTES) & MASK, Species.ORDER).intoMemorySegment(ALL, (output + i * BYTES) & MASK, Species.ORDER);
        }
        if (i < n) {
            VectorMask<Float> tail = tail(n - i);
            FloatVector.fromMemorySegment(Species.F32, ALL, (x + i * BYTES) & MASK, Species.ORDER, tail).intoMemorySegment(ALL, (output + i * BYTES) & MASK, Species.ORDER, tail);
        }
        return 1;
    }

    private static void addRow(long x, int n, long output) {
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            FloatVector.fromMemorySegment(Species.F32, ALL, (output + i * BYTES) & MASK, Species.ORDER).add(FloatVector.fromMemorySegment(Species.F32, ALL, (x + i * BYTES) & MASK, Species.ORDER)).intoMemorySegment(ALL, (output + i * BYTES) & MASK, Species.ORDER);
        }
        if (i < n) {
            VectorMask<Float> tail = tail(n - i);
            FloatVector.fromMemorySegment(Species.F32, ALL, (output + i * BYTES) & MASK, Species.ORDER, tail).add(FloatVector.fromMemorySegment(Species.F32, ALL, (x + i * BYTES) & MASK, Species.ORDER, tail)).intoMemorySegment(ALL, (output + i * BYTES) & MASK, Species.ORDER, tail);
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
            FloatVector a = FloatVector.fromMemorySegment(Species.F32, ALL, (x + at) & MASK, Species.ORDER).add(FloatVector.fromMemorySegment(Species.F32, ALL, (x + stride + at) & MASK, Species.ORDER));
            FloatVector b = FloatVector.fromMemorySegment(Species.F32, ALL, (x2 + at) & MASK, Species.ORDER).add(FloatVector.fromMemorySegment(Species.F32, ALL, (x2 + stride + at) & MASK, Species.ORDER));
            FloatVector c = FloatVector.fromMemorySegment(Species.F32, ALL, (x4 + at) & MASK, Species.ORDER).add(FloatVector.fromMemorySegment(Species.F32, ALL, (x4 + stride + at) & MASK, Species.ORDER));
            FloatVector d = FloatVector.fromMemorySegment(Species.F32, ALL, (x6 + at) & MASK, Species.ORDER).add(FloatVector.fromMemorySegment(Species.F32, ALL, (x6 + stride + at) & MASK, Species.ORDER));
            FloatVector.fromMemorySegment(Species.F32, ALL, (output + at) & MASK, Species.ORDER).add(a.add(b).add(c.add(d))).intoMemorySegment(ALL, (output + at) & MASK, Species.ORDER);
        }
        if (i < n) {
            sumOfTail(x + i * BYTES, stride, n - i, output + i * BYTES);
        }
    }

    /** The same for the last columns: a method of its own, since with both C2 would have too much in one. */
    private static void sumOfTail(long x, long stride, int n, long output) {
        VectorMask<Float> tail = tail(n);
        long x2 = x + 2 * stride;
        long x4 = x + 4 * stride;
        long x6 = x + 6 * stride;
        FloatVector a = FloatVector.fromMemorySegment(Species.F32, ALL, x & MASK, Species.ORDER, tail).add(FloatVector.fromMemorySegment(Species.F32, ALL, (x + stride) & MASK, Species.ORDER, tail));
        FloatVector b = FloatVector.fromMemorySegment(Species.F32, ALL, x2 & MASK, Species.ORDER, tail).add(FloatVector.fromMemorySegment(Species.F32, ALL, (x2 + stride) & MASK, Species.ORDER, tail));
        FloatVector c = FloatVector.fromMemorySegment(Species.F32, ALL, x4 & MASK, Species.ORDER, tail).add(FloatVector.fromMemorySegment(Species.F32, ALL, (x4 + stride) & MASK, Species.ORDER, tail));
        FloatVector d = FloatVector.fromMemorySegment(Species.F32, ALL, x6 & MASK, Species.ORDER, tail).add(FloatVector.fromMemorySegment(Species.F32, ALL, (x6 + stride) & MASK, Species.ORDER, tail));
        FloatVector.fromMemorySegment(Species.F32, ALL, output & MASK, Species.ORDER, tail).add(a.add(b).add(c.add(d))).intoMemorySegment(ALL, output & MASK, Species.ORDER, tail);
    }
}
