// Generated from src/main/templates/norm/Row.java.template: do not edit.
package dev.lanewise.cpu.norm;

import static dev.lanewise.cpu.memory.Access.loadF64;
import static dev.lanewise.cpu.memory.Access.storeF64;

import dev.lanewise.cpu.LaneSum;
import dev.lanewise.cpu.Species;
import dev.lanewise.cpu.memory.NativeMemory;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/**
 * Single passes over rows in double precision.
 *
 * <p>{@link #pass} chooses one by an array's element and so stays a virtual call. Inlined one after the other into their
 * caller they would exceed the compiler's limit of nodes, behind which vectors are boxed. For the same reason a pass that
 * computes exponentials leaves its last elements to another one.
 */
enum F64Row {
    /** The largest x of at least one vector; a NaN may be overlooked, its exponential will not. */
    MAX {
        @Override
        double run(long x, long y, long z, int n, double a, double b) {
            DoubleVector first = loadF64(x);
            DoubleVector last = loadF64(x + (n - LANES) * BYTES);
            int i = LANES;
            for (; i <= n - 2 * LANES; i += 2 * LANES) {
                DoubleVector v = loadF64(x + i * BYTES);
                DoubleVector w = loadF64(x + (i + LANES) * BYTES);
                first = first.blend(v, v.compare(VectorOperators.GT, first));
                last = last.blend(w, w.compare(VectorOperators.GT, last));
            }
            if (i <= n - LANES) {
                DoubleVector v = loadF64(x + i * BYTES);
                first = first.blend(v, v.compare(VectorOperators.GT, first));
            }
            return first.max(last).reduceLanes(VectorOperators.MAX);
        }
    },
    /** {@code y = e^(x - a)}, where y may be x; gives their sum. */
    EXP_SUM {
        @Override
        double run(long x, long y, long z, int n, double a, double b) {
            DoubleVector sum = loadF64(NativeMemory.ZEROS);
            int i = 0;
            for (; i <= n - LANES; i += LANES) {
                DoubleVector e = Exp.of(loadF64(x + i * BYTES).sub(a));
                sum = sum.add(e);
                storeF64(e, y + i * BYTES);
            }
            double total = LaneSum.of(sum);
            return i < n ? total + EXP_SUM_TAIL.pass(x + i * BYTES, y + i * BYTES, 0, n - i, a, 0) : total;
        }
    },
    /** {@link #EXP_SUM} of less than a vector. */
    EXP_SUM_TAIL {
        @Override
        double run(long x, long y, long z, int n, double a, double b) {
            VectorMask<Double> tail = Species.F64.indexInRange(0, n);
            DoubleVector e = Exp.of(loadF64(x, tail).sub(a));
            storeF64(e, y, tail);
            return LaneSum.of(loadF64(NativeMemory.ZEROS).add(e, tail));
        }
    },
    /** {@code y = e^x a}. */
    EXP_SCALE {
        @Override
        double run(long x, long y, long z, int n, double a, double b) {
            int i = 0;
            for (; i <= n - LANES; i += LANES) {
                storeF64(Exp.of(loadF64(x + i * BYTES)).mul(a), y + i * BYTES);
            }
            return i < n ? EXP_SCALE_TAIL.pass(x + i * BYTES, y + i * BYTES, 0, n - i, a, 0) : 0;
        }
    },
    /** {@link #EXP_SCALE} of less than a vector. */
    EXP_SCALE_TAIL {
        @Override
        double run(long x, long y, long z, int n, double a, double b) {
            VectorMask<Double> tail = Species.F64.indexInRange(0, n);
            storeF64(Exp.of(loadF64(x, tail)).mul(a), y, tail);
            return 0;
        }
    },
    /** {@code y = x a}, where y may be x. */
    SCALE {
        @Override
        double run(long x, long y, long z, int n, double a, double b) {
            int i = 0;
            for (; i <= n - LANES; i += LANES) {
                storeF64(loadF64(x + i * BYTES).mul(a), y + i * BYTES);
            }
            if (i < n) {
                VectorMask<Double> tail = Species.F64.indexInRange(i, n);
                storeF64(loadF64(x + i * BYTES, tail).mul(a), y + i * BYTES, tail);
            }
            return 0;
        }
    },
    /** {@code y = x - a - b}. */
    SUBTRACT {
        @Override
        double run(long x, long y, long z, int n, double a, double b) {
            int i = 0;
            for (; i <= n - LANES; i += LANES) {
                storeF64(loadF64(x + i * BYTES).sub(a).sub(b), y + i * BYTES);
            }
            if (i < n) {
                VectorMask<Double> tail = Species.F64.indexInRange(i, n);
                storeF64(loadF64(x + i * BYTES, tail).sub(a).sub(b), y + i * BYTES, tail);
            }
            return 0;
        }
    },
    /** The sum of x. */
    SUM {
        @Override
        double run(long x, long y, long z, int n, double a, double b) {
            DoubleVector sum = loadF64(NativeMemory.ZEROS);
            int i = 0;
            for (; i <= n - LANES; i += LANES) {
                sum = sum.add(loadF64(x + i * BYTES));
            }
            if (i < n) {
                sum = sum.add(loadF64(x + i * BYTES, Species.F64.indexInRange(i, n)));
            }
            return LaneSum.of(sum);
        }
    },
    /** The sum of x y. */
    DOT {
        @Override
        double run(long x, long y, long z, int n, double a, double b) {
            DoubleVector sum = loadF64(NativeMemory.ZEROS);
            int i = 0;
            for (; i <= n - LANES; i += LANES) {
                sum = loadF64(x + i * BYTES).fma(loadF64(y + i * BYTES), sum);
            }
            if (i < n) {
                VectorMask<Double> tail = Species.F64.indexInRange(i, n);
                sum = loadF64(x + i * BYTES, tail).fma(loadF64(y + i * BYTES, tail), sum);
            }
            return LaneSum.of(sum);
        }
    },
    /** {@code z = (x - a) y b}, where z may be x. */
    CENTERED_PRODUCT {
        @Override
        double run(long x, long y, long z, int n, double a, double b) {
            int i = 0;
            for (; i <= n - LANES; i += LANES) {
                DoubleVector centered = loadF64(x + i * BYTES).sub(a);
                storeF64(centered.mul(loadF64(y + i * BYTES)).mul(b), z + i * BYTES);
            }
            if (i < n) {
                VectorMask<Double> tail = Species.F64.indexInRange(i, n);
                DoubleVector centered = loadF64(x + i * BYTES, tail).sub(a);
                storeF64(centered.mul(loadF64(y + i * BYTES, tail)).mul(b), z + i * BYTES, tail);
            }
            return 0;
        }
    },
    /** {@code z = x - e^y a}. */
    SUBTRACT_EXP {
        @Override
        double run(long x, long y, long z, int n, double a, double b) {
            int i = 0;
            for (; i <= n - LANES; i += LANES) {
                DoubleVector e = Exp.of(loadF64(y + i * BYTES));
                storeF64(loadF64(x + i * BYTES).sub(e.mul(a)), z + i * BYTES);
            }
            return i < n ? SUBTRACT_EXP_TAIL.pass(x + i * BYTES, y + i * BYTES, z + i * BYTES, n - i, a, 0) : 0;
        }
    },
    /** {@link #SUBTRACT_EXP} of less than a vector. */
    SUBTRACT_EXP_TAIL {
        @Override
        double run(long x, long y, long z, int n, double a, double b) {
            VectorMask<Double> tail = Species.F64.indexInRange(0, n);
            DoubleVector e = Exp.of(loadF64(y, tail));
            storeF64(loadF64(x, tail).sub(e.mul(a)), z, tail);
            return 0;
        }
    };

    private static final F64Row[] PASSES = values();
    private static final int LANES = Species.F64_LANES;
    private static final long BYTES = Double.BYTES;

    abstract double run(long x, long y, long z, int n, double a, double b);

    /** Goes over rows of {@code n} elements; operands that a pass has no use for are 0. */
    @SuppressWarnings("EnumOrdinal") // the array keeps this a virtual call: see above
    double pass(long x, long y, long z, int n, double a, double b) {
        return PASSES[ordinal()].run(x, y, z, n, a, b);
    }
}
