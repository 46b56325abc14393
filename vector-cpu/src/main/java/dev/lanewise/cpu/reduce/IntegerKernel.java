package dev.lanewise.cpu.reduce;

import static dev.lanewise.cpu.memory.Access.f32;
import static dev.lanewise.cpu.memory.Access.f64;
import static dev.lanewise.cpu.memory.Access.i32;
import static dev.lanewise.cpu.memory.Access.i64;
import static dev.lanewise.cpu.memory.Access.i8;

import dev.lanewise.cpu.memory.Access;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.op.reduce.Reduce;

/**
 * Reductions of integers, and of any type as truth values, in 64 bits: a run of elements is widened, then combined.
 *
 * @param kind how
 * @param type the elements' type
 * @param result the result's type
 */
record IntegerKernel(Reduce.Kind kind, DType type, DType result) implements ReduceKernel {
    private static final int RUN = 256;

    @Override
    public void rows(long x, long rows, long stride, long n, long partial) {
        long[] run = new long[RUN];
        long total = identity();
        for (long row = 0; row < rows; row++) {
            for (long i = 0; i < n; i += RUN) {
                int length = (int) Math.min(RUN, n - i);
                widen(x + row * stride + i * type.bytes(), length, run);
                total = pair(total, combine(run, length));
            }
        }
        i64(partial, total);
    }

    @Override
    public void combine(long partials, long count) {
        long total = identity();
        for (long i = 0; i < count; i++) {
            total = pair(total, i64(partials + i * Long.BYTES));
        }
        i64(partials, total);
    }

    @Override
    public void finish(long partial, long count, long output) {
        Access.integer(result, output, i64(partial));
    }

    @Override
    public boolean hasColumns() {
        return true;
    }

    @Override
    public int columnBytes() {
        return Long.BYTES;
    }

    @Override
    public void columns(long x, long rows, long stride, int n, long output) {
        long[] totals = new long[n];
        long[] row = new long[n];
        widen(x, n, totals);
        for (long i = 1; i < rows; i++) {
            widen(x + i * stride, n, row);
            combine(totals, row, n);
        }
        for (int i = 0; i < n; i++) {
            i64(output + 8L * i, totals[i]);
        }
    }

    @Override
    public void combineColumns(long partials, long rows, long stride, int n, long output) {
        new IntegerKernel(kind, DType.I64, result).columns(partials, rows, stride, n, output);
    }

    /** No result is wider than its partial, so none is overwritten before it is read. */
    @Override
    public void finishColumns(long columns, int n, long count) {
        for (int i = 0; i < n; i++) {
            Access.integer(result, columns + (long) i * result.bytes(), i64(columns + 8L * i));
        }
    }

    private long identity() {
        return switch (kind) {
            case SUM, MEAN, ANY -> 0;
            case PROD, ALL -> 1;
            case AMAX -> Long.MIN_VALUE;
            case AMIN -> Long.MAX_VALUE;
        };
    }

    private long pair(long a, long b) {
        return switch (kind) {
            case SUM, MEAN -> a + b;
            case PROD -> a * b;
            case AMAX -> Math.max(a, b);
            case AMIN -> Math.min(a, b);
            case ANY -> a | b;
            case ALL -> a & b;
        };
    }

    private long combine(long[] run, int n) {
        long total = identity();
        switch (kind) {
            case SUM, MEAN -> {
                for (int i = 0; i < n; i++) {
                    total += run[i];
                }
            }
            case PROD -> {
                for (int i = 0; i < n; i++) {
                    total *= run[i];
                }
            }
            case AMAX -> {
                for (int i = 0; i < n; i++) {
                    total = Math.max(total, run[i]);
                }
            }
            case AMIN -> {
                for (int i = 0; i < n; i++) {
                    total = Math.min(total, run[i]);
                }
            }
            case ANY -> {
                for (int i = 0; i < n; i++) {
                    total |= run[i];
                }
            }
            case ALL -> {
                for (int i = 0; i < n; i++) {
                    total &= run[i];
                }
            }
        }
        return total;
    }

    /** Combines elements in pairs; on arrays, with one operation a loop, so that the compiler takes vectors. */
    private void combine(long[] totals, long[] row, int n) {
        switch (kind) {
            case SUM, MEAN -> {
                for (int i = 0; i < n; i++) {
                    totals[i] += row[i];
                }
            }
            case PROD -> {
                for (int i = 0; i < n; i++) {
                    totals[i] *= row[i];
                }
            }
            case AMAX -> {
                for (int i = 0; i < n; i++) {
                    totals[i] = Math.max(totals[i], row[i]);
                }
            }
            case AMIN -> {
                for (int i = 0; i < n; i++) {
                    totals[i] = Math.min(totals[i], row[i]);
                }
            }
            case ANY -> {
                for (int i = 0; i < n; i++) {
                    totals[i] |= row[i];
                }
            }
            case ALL -> {
                for (int i = 0; i < n; i++) {
                    totals[i] &= row[i];
                }
            }
        }
    }

    private void widen(long x, int n, long[] run) {
        switch (type) {
            case I8, BOOL -> {
                for (int i = 0; i < n; i++) {
                    run[i] = i8(x + i);
                }
            }
            case U8 -> {
                for (int i = 0; i < n; i++) {
                    run[i] = i8(x + i) & 0xFF;
                }
            }
            case I32 -> {
                for (int i = 0; i < n; i++) {
                    run[i] = i32(x + 4L * i);
                }
            }
            case I64 -> {
                for (int i = 0; i < n; i++) {
                    run[i] = i64(x + 8L * i);
                }
            }
            case F32 -> {
                for (int i = 0; i < n; i++) {
                    run[i] = f32(x + 4L * i) != 0 ? 1 : 0;
                }
            }
            case F64 -> {
                for (int i = 0; i < n; i++) {
                    run[i] = f64(x + 8L * i) != 0 ? 1 : 0;
                }
            }
            case F16, BF16 -> throw new AssertionError("16-bit numbers are computed as F32");
        }
        if (result == DType.BOOL) {
            for (int i = 0; i < n; i++) {
                run[i] = run[i] != 0 ? 1 : 0;
            }
        }
    }
}
