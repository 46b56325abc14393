// Generated from src/main/templates/reduce/Kernel.java.template: do not edit.
package dev.lanewise.cpu.reduce;

import static dev.lanewise.cpu.memory.Access.f32;
import static dev.lanewise.cpu.memory.Access.f64;
import static dev.lanewise.cpu.memory.Access.loadF32;
import static dev.lanewise.cpu.memory.Access.storeF32;

import dev.lanewise.cpu.RowSum;
import dev.lanewise.cpu.Species;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** Sums, products and extremes of single-precision numbers; partial results of rows in double precision. */
enum F32Kernel implements Kernel {
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
                FloatVector a = loadF32(x);
                FloatVector b = loadF32(x + VECTOR);
                for (i = 2 * LANES; i <= n - 2 * LANES; i += 2 * LANES) {
                    a = a.max(loadF32(x + i * BYTES));
                    b = b.max(loadF32(x + i * BYTES + VECTOR));
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
                FloatVector a = loadF32(x);
                FloatVector b = loadF32(x + VECTOR);
                for (i = 2 * LANES; i <= n - 2 * LANES; i += 2 * LANES) {
                    a = a.min(loadF32(x + i * BYTES));
                    b = b.min(loadF32(x + i * BYTES + VECTOR));
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
        double result = row(x, (int) Math.min(n, CHAIN));
        for (long row = 0; row < rows; row++) {
            for (long i = row == 0 ? CHAIN : 0; i < n; i += CHAIN) {
                result = combine(result, row(x + row * stride + i * BYTES, (int) Math.min(n - i, CHAIN)));
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
            FloatVector result = loadF32(x + i * BYTES);
            for (long row = 1; row < rows; row++) {
                result = combine(result, loadF32(x + row * stride + i * BYTES));
            }
            storeF32(result, output + i * BYTES);
        }
        if (full < n) {
            VectorMask<Float> tail = tail(n - full);
            FloatVector result = loadF32(x + full * BYTES, tail);
            for (long row = 1; row < rows; row++) {
                result = combine(result, loadF32(x + row * stride + full * BYTES, tail));
            }
            storeF32(result, output + full * BYTES, tail);
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
            storeF32(loadF32(x + i * BYTES), output + i * BYTES);
        }
        if (i < n) {
            VectorMask<Float> tail = tail(n - i);
            storeF32(loadF32(x + i * BYTES, tail), output + i * BYTES, tail);
        }
        return 1;
    }

    private static void addRow(long x, int n, long output) {
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            storeF32(loadF32(output + i * BYTES).add(loadF32(x + i * BYTES)), output + i * BYTES);
        }
        if (i < n) {
            VectorMask<Float> tail = tail(n - i);
            storeF32(loadF32(output + i * BYTES, tail).add(loadF32(x + i * BYTES, tail)), output + i * BYTES, tail);
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
            FloatVector a = loadF32(x + at).add(loadF32(x + stride + at));
            FloatVector b = loadF32(x2 + at).add(loadF32(x2 + stride + at));
            FloatVector c = loadF32(x4 + at).add(loadF32(x4 + stride + at));
            FloatVector d = loadF32(x6 + at).add(loadF32(x6 + stride + at));
            storeF32(loadF32(output + at).add(a.add(b).add(c.add(d))), output + at);
        }
        if (i < n) {
            VectorMask<Float> tail = tail(n - i);
            long at = i * BYTES;
            FloatVector a = loadF32(x + at, tail).add(loadF32(x + stride + at, tail));
            FloatVector b = loadF32(x2 + at, tail).add(loadF32(x2 + stride + at, tail));
            FloatVector c = loadF32(x4 + at, tail).add(loadF32(x4 + stride + at, tail));
            FloatVector d = loadF32(x6 + at, tail).add(loadF32(x6 + stride + at, tail));
            storeF32(loadF32(output + at, tail).add(a.add(b).add(c.add(d))), output + at, tail);
        }
    }
}
