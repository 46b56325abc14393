// Generated from src/main/templates/norm/Row.java.template: do not edit.
package dev.lanewise.cpu.norm;

import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.MASK;

import dev.lanewise.cpu.LaneSum;
import dev.lanewise.cpu.Species;
import dev.lanewise.cpu.memory.NativeMemory;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/**
 * Single passes over rows in single precision.
 *
 * <p>{@link #pass} chooses one by an array's element and so stays a virtual call. Inlined one after the other into their
 * caller they would exceed the compiler's limit of nodes, behind which vectors are boxed. For the same reason a pass that
 * computes exponentials leaves its last elements to another one.
 */
enum F32Row {
    /** The largest x of at least one vector; a NaN may be overlooked, its exponential will not. */
    MAX {
        @Override
        float run(long x, long y, long z, int n, float a, float b) {
            FloatVector first = FloatVector.fromMemorySegment(Species.F32, ALL, x & MASK, Species.ORDER);
            FloatVector last = FloatVector.fromMemorySegment(Species.F32, ALL, (x + (n - LANES) * BYTES) & MASK, Species.ORDER);
            int i = LANES;
            for (; i <= n - 2 * LANES; i += 2 * LANES) {
                FloatVector v = FloatVector.fromMemorySegment(Species.F32, ALL, (x + i * BYTES) & MASK, Species.ORDER);
                FloatVector w = FloatVector.fromMemorySegment(Species.F32, ALL, (x + (i + LANES) * BYTES) & MASK, Species.ORDER);
                first = first.blend(v, v.compare(VectorOperators.GT, first));
                last = last.blend(w, w.compare(VectorOperators.GT, last));
            }
            if (i <= n - LANES) {
                FloatVector v = FloatVector.fromMemorySegment(Species.F32, ALL, (x + i * BYTES) & MASK, Species.ORDER);
                first = first.blend(v, v.compare(VectorOperators.GT, first));
            }
            return first.max(last).reduceLanes(VectorOperators.MAX);
        }
    },
    /** {@code y = e^(x - a)}, where y may be x; gives their sum. */
    EXP_SUM {
        @Override
        float run(long x, long y, long z, int n, float a, float b) {
            FloatVector sum = FloatVector.fromMemorySegment(Species.F32, ALL, NativeMemory.ZEROS & MASK, Species.ORDER);
            int i = 0;
            for (; i <= n - LANES; i += LANES) {
                FloatVector e = Exp.of(FloatVector.fromMemorySegment(Species.F32, ALL, (x + i * BYTES) & MASK, Species.ORDER).sub(a));
                sum = sum.add(e);
                e.intoMemorySegment(ALL, (y + i * BYTES) & MASK, Species.ORDER);
            }
            float total = LaneSum.of(sum);
            return i < n ? total + EXP_SUM_TAIL.pass(x + i * BYTES, y + i * BYTES, 0, n - i, a, 0) : total;
        }
    },
    /** {@link #EXP_SUM} of less than a vector. */
    EXP_SUM_TAIL {
        @Override
        float run(long x, long y, long z, int n, float a, float b) {
            VectorMask<Float> tail = Species.F32.indexInRange(0, n);
            FloatVector e = Exp.of(FloatVector.fromMemorySegment(Species.F32, ALL, x & MASK, Species.ORDER, tail).sub(a));
            e.intoMemorySegment(ALL, y & MASK, Species.ORDER, tail);
            return SUM.pass(y, 0, 0, n, 0, 0);
        }
    },
    /** {@code y = e^x a}. */
    EXP_SCALE {
        @Override
        float run(long x, long y, long z, int n, float a, float b) {
            int i = 0;
            for (; i <= n - LANES; i += LANES) {
                Exp.of(FloatVector.fromMemorySegment(Species.F32, ALL, (x + i * BYTES) & MASK, Species.ORDER)).mul(a).intoMemorySegment(ALL, (y + i * BYTES) & MASK, Species.ORDER);
            }
            return i < n ? EXP_SCALE_TAIL.pass(x + i * BYTES, y + i * BYTES, 0, n - i, a, 0) : 0;
        }
    },
    /** {@link #EXP_SCALE} of less than a vector. */
    EXP_SCALE_TAIL {
        @Override
        float run(long x, long y, long z, int n, float a, float b) {
            VectorMask<Float> tail = Species.F32.indexInRange(0, n);
            Exp.of(FloatVector.fromMemorySegment(Species.F32, ALL, x & MASK, Species.ORDER, tail)).mul(a).intoMemorySegment(ALL, y & MASK, Species.ORDER, tail);
            return 0;
        }
    },
    /** {@code y = x a}, where y may be x. */
    SCALE {
        @Override
        float run(long x, long y, long z, int n, float a, float b) {
            int i = 0;
            for (; i <= n - LANES; i += LANES) {
                FloatVector.fromMemorySegment(Species.F32, ALL, (x + i * BYTES) & MASK, Species.ORDER).mul(a).intoMemorySegment(ALL, (y + i * BYTES) & MASK, Species.ORDER);
            }
            if (i < n) {
                VectorMask<Float> tail = Species.F32.indexInRange(i, n);
                FloatVector.fromMemorySegment(Species.F32, ALL, (x + i * BYTES) & MASK, Species.ORDER, tail).mul(a).intoMemorySegment(ALL, (y + i * BYTES) & MASK, Species.ORDER, tail);
            }
            return 0;
        }
    },
    /** {@code y = x - a - b}. */
    SUBTRACT {
        @Override
        float run(long x, long y, long z, int n, float a, float b) {
            int i = 0;
            for (; i <= n - LANES; i += LANES) {
                FloatVector.fromMemorySegment(Species.F32, ALL, (x + i * BYTES) & MASK, Species.ORDER).sub(a).sub(b).intoMemorySegment(ALL, (y + i * BYTES) & MASK, Species.ORDER);
            }
            if (i < n) {
                VectorMask<Float> tail = Species.F32.indexInRange(i, n);
                FloatVector.fromMemorySegment(Species.F32, ALL, (x + i * BYTES) & MASK, Species.ORDER, tail).sub(a).sub(b).intoMemorySegment(ALL, (y + i * BYTES) & MASK, Species.ORDER, tail);
            }
            return 0;
        }
    },
    /** The sum of x. */
    SUM {
        @Override
        float run(long x, long y, long z, int n, float a, float b) {
            FloatVector sum = FloatVector.fromMemorySegment(Species.F32, ALL, NativeMemory.ZEROS & MASK, Species.ORDER);
            int i = 0;
            for (; i <= n - LANES; i += LANES) {
                sum = sum.add(FloatVector.fromMemorySegment(Species.F32, ALL, (x + i * BYTES) & MASK, Species.ORDER));
            }
            if (i < n) {
                sum = sum.add(FloatVector.fromMemorySegment(Species.F32, ALL, (x + i * BYTES) & MASK, Species.ORDER, Species.F32.indexInRange(i, n)));
            }
            return LaneSum.of(sum);
        }
    },
    /** The sum of x y. */
    DOT {
        @Override
        float run(long x, long y, long z, int n, float a, float b) {
            FloatVector sum = FloatVector.fromMemorySegment(Species.F32, ALL, NativeMemory.ZEROS & MASK, Species.ORDER);
            int i = 0;
            for (; i <= n - LANES; i += LANES) {
                sum = FloatVector.fromMemorySegment(Species.F32, ALL, (x + i * BYTES) & MASK, Species.ORDER).fma(FloatVector.fromMemorySegment(Species.F32, ALL, (y + i * BYTES) & MASK, Species.ORDER), sum);
            }
            if (i < n) {
                VectorMask<Float> tail = Species.F32.indexInRange(i, n);
                sum = FloatVector.fromMemorySegment(Species.F32, ALL, (x + i * BYTES) & MASK, Species.ORDER, tail).fma(FloatVector.fromMemorySegment(Species.F32, ALL, (y + i * BYTES) & MASK, Species.ORDER, tail), sum);
            }
            return LaneSum.of(sum);
        }
    },
    /** {@code z = (x - a) y b}, where z may be x. */
    CENTERED_PRODUCT {
        @Override
        float run(long x, long y, long z, int n, float a, float b) {
            int i = 0;
            for (; i <= n - LANES; i += LANES) {
                FloatVector centered = FloatVector.fromMemorySegment(Species.F32, ALL, (x + i * BYTES) & MASK, Species.ORDER).sub(a);
                centered.mul(FloatVector.fromMemorySegment(Species.F32, ALL, (y + i * BYTES) & MASK, Species.ORDER)).mul(b).intoMemorySegment(ALL, (z + i * BYTES) & MASK, Species.ORDER);
            }
            if (i < n) {
                VectorMask<Float> tail = Species.F32.indexInRange(i, n);
                FloatVector centered = FloatVector.fromMemorySegment(Species.F32, ALL, (x + i * BYTES) & MASK, Species.ORDER, tail).sub(a);
                centered.mul(FloatVector.fromMemorySegment(Species.F32, ALL, (y + i * BYTES) & MASK, Species.ORDER, tail)).mul(b).intoMemorySegment(ALL, (z + i * BYTES) & MASK, Species.ORDER, tail);
            }
            return 0;
        }
    },
    /** {@code z = x - e^y a}. */
    SUBTRACT_EXP {
        @Override
        float run(long x, long y, long z, int n, float a, float b) {
            int i = 0;
            for (; i <= n - LANES; i += LANES) {
                FloatVector e = Exp.of(FloatVector.fromMemorySegment(Species.F32, ALL, (y + i * BYTES) & MASK, Species.ORDER));
                FloatVector.fromMemorySegment(Species.F32, ALL, (x + i * BYTES) & MASK, Species.ORDER).sub(e.mul(a)).intoMemorySegment(ALL, (z + i * BYTES) & MASK, Species.ORDER);
            }
            return i < n ? SUBTRACT_EXP_TAIL.pass(x + i * BYTES, y + i * BYTES, z + i * BYTES, n - i, a, 0) : 0;
        }
    },
    /** {@link #SUBTRACT_EXP} of less than a vector. */
    SUBTRACT_EXP_TAIL {
        @Override
        float run(long x, long y, long z, int n, float a, float b) {
            VectorMask<Float> tail = Species.F32.indexInRange(0, n);
            FloatVector e = Exp.of(FloatVector.fromMemorySegment(Species.F32, ALL, y & MASK, Species.ORDER, tail));
            FloatVector.fromMemorySegment(Species.F32, ALL, x & MASK, Species.ORDER, tail).sub(e.mul(a)).intoMemorySegment(ALL, z & MASK, Species.ORDER, tail);
            return 0;
        }
    };

    private static final F32Row[] PASSES = values();
    private static final int LANES = Species.F32_LANES;
    private static final long BYTES = Float.BYTES;

    abstract float run(long x, long y, long z, int n, float a, float b);

    /** Goes over rows of {@code n} elements; operands that a pass has no use for are 0. */
    @SuppressWarnings("EnumOrdinal") // the array keeps this a virtual call: see above
    float pass(long x, long y, long z, int n, float a, float b) {
        return PASSES[ordinal()].run(x, y, z, n, a, b);
    }
}
