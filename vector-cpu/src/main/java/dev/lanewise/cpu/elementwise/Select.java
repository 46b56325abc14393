package dev.lanewise.cpu.elementwise;

import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.MASK;

import dev.lanewise.cpu.Species;
import dev.lanewise.cpu.memory.Access;
import dev.lanewise.cpu.memory.Scratch;
import java.lang.foreign.Arena;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorOperators;

/** {@code out = a ? b : c} for truth values a; only the width of the others matters. */
enum Select implements Loop {
    WIDTH_1(1) {
        @Override
        void elements(int from, int n, long out, long a, int aStep, long b, int bStep, long c, int cStep) {
            for (int i = from; i < n; i++) {
                byte yes = Access.i8(b + (long) i * bStep);
                byte no = Access.i8(c + (long) i * cStep);
                Access.i8(out + i, Access.i8(a + (long) i * aStep) != 0 ? yes : no);
            }
        }
    },
    WIDTH_2(2) {
        @Override
        void elements(int from, int n, long out, long a, int aStep, long b, int bStep, long c, int cStep) {
            for (int i = from; i < n; i++) {
                short yes = Access.i16(b + (long) i * bStep);
                short no = Access.i16(c + (long) i * cStep);
                Access.i16(out + 2L * i, Access.i8(a + (long) i * aStep) != 0 ? yes : no);
            }
        }
    },
    WIDTH_4(4) {
        @Override
        void elements(int from, int n, long out, long a, int aStep, long b, int bStep, long c, int cStep) {
            for (int i = from; i < n; i++) {
                int yes = Access.i32(b + (long) i * bStep);
                int no = Access.i32(c + (long) i * cStep);
                Access.i32(out + 4L * i, Access.i8(a + (long) i * aStep) != 0 ? yes : no);
            }
        }

        @Override
        void vectors(int n, long out, long a, long b, int bStep, long c, int cStep) {
            for (int i = 0; i < n; i += TruthBytes.STEP) {
                int bits = (int) TruthBytes.loadStep(a + i);
                for (int lane = 0; lane < TruthBytes.STEP; lane += Species.F32_LANES) {
                    long at = (long) i + lane;
                    IntVector truth = IntVector.broadcast(Species.I32, bits >>> lane)
                            .and(IntVector.fromMemorySegment(Species.I32, ALL, INT_LANES & MASK, Species.ORDER));
                    IntVector yes =
                            IntVector.fromMemorySegment(Species.I32, ALL, (b + at * bStep) & MASK, Species.ORDER);
                    IntVector no =
                            IntVector.fromMemorySegment(Species.I32, ALL, (c + at * cStep) & MASK, Species.ORDER);
                    no.blend(yes, truth.compare(VectorOperators.NE, 0))
                            .intoMemorySegment(ALL, (out + 4 * at) & MASK, Species.ORDER);
                }
            }
        }
    },
    WIDTH_8(8) {
        @Override
        void elements(int from, int n, long out, long a, int aStep, long b, int bStep, long c, int cStep) {
            for (int i = from; i < n; i++) {
                long yes = Access.i64(b + (long) i * bStep);
                long no = Access.i64(c + (long) i * cStep);
                Access.i64(out + 8L * i, Access.i8(a + (long) i * aStep) != 0 ? yes : no);
            }
        }

        @Override
        void vectors(int n, long out, long a, long b, int bStep, long c, int cStep) {
            for (int i = 0; i < n; i += TruthBytes.STEP) {
                long bits = TruthBytes.loadStep(a + i);
                for (int lane = 0; lane < TruthBytes.STEP; lane += Species.F64_LANES) {
                    long at = (long) i + lane;
                    LongVector truth = LongVector.broadcast(Species.I64, bits >>> lane)
                            .and(LongVector.fromMemorySegment(Species.I64, ALL, LONG_LANES & MASK, Species.ORDER));
                    LongVector yes =
                            LongVector.fromMemorySegment(Species.I64, ALL, (b + at * bStep) & MASK, Species.ORDER);
                    LongVector no =
                            LongVector.fromMemorySegment(Species.I64, ALL, (c + at * cStep) & MASK, Species.ORDER);
                    no.blend(yes, truth.compare(VectorOperators.NE, 0))
                            .intoMemorySegment(ALL, (out + 8 * at) & MASK, Species.ORDER);
                }
            }
        }
    };

    /** One vector of ints whose lane i has bit i. */
    private static final long INT_LANES;
    /** One vector of longs whose lane i has bit i. */
    private static final long LONG_LANES;

    static {
        INT_LANES = Arena.global().allocate(Species.VECTOR_BYTES, 64).address();
        LONG_LANES = Arena.global().allocate(Species.VECTOR_BYTES, 64).address();
        for (int lane = 0; lane < Species.F32_LANES; lane++) {
            Access.i32(INT_LANES + 4L * lane, 1 << lane);
        }
        for (int lane = 0; lane < Species.F64_LANES; lane++) {
            Access.i64(LONG_LANES + 8L * lane, 1L << lane);
        }
    }

    private final int width;

    /** @param width of the elements in bytes */
    Select(int width) {
        this.width = width;
    }

    static Select of(int width) {
        return switch (width) {
            case 1 -> WIDTH_1;
            case 2 -> WIDTH_2;
            case 4 -> WIDTH_4;
            default -> WIDTH_8;
        };
    }

    /** Elements {@code from} to n, one by one. */
    abstract void elements(int from, int n, long out, long a, int aStep, long b, int bStep, long c, int cStep);

    /**
     * The first n elements, a multiple of {@link TruthBytes#STEP}; an operand of step 0 is a vector of one element, or one
     * element where it is less than 4 bytes wide.
     */
    void vectors(int n, long out, long a, long b, int bStep, long c, int cStep) {
        elements(0, n, out, a, 1, b, bStep, c, cStep);
    }

    @Override
    public void run(int pattern, int n, long out, long a, long b, long c) {
        int aStep = (pattern & A_REPEATED) == 0 ? 1 : 0;
        int bStep = (pattern & B_REPEATED) == 0 ? width : 0;
        int cStep = (pattern & C_REPEATED) == 0 ? width : 0;
        int body = aStep == 0 ? 0 : n & -TruthBytes.STEP;
        if (body != 0) {
            try (Scratch repeated = Scratch.borrow(2L * Species.VECTOR_BYTES)) {
                boolean inVectors = width >= Integer.BYTES;
                long yes = inVectors && bStep == 0 ? repeat(b, repeated.address(), width) : b;
                long no = inVectors && cStep == 0 ? repeat(c, repeated.address() + Species.VECTOR_BYTES, width) : c;
                vectors(body, out, a, yes, bStep, no, cStep);
            }
        }
        elements(body, n, out, a, aStep, b, bStep, c, cStep);
    }

    /** Fills a vector with an element of 4 or 8 bytes. */
    private static long repeat(long element, long vector, int width) {
        // as pairs of 32 bits, so that C2 writes out accesses of one width
        int low = Access.i32(element);
        int high = Access.i32(element + width - Integer.BYTES);
        for (int i = 0; i < Species.VECTOR_BYTES; i += 2 * Integer.BYTES) {
            Access.i32(vector + i, low);
            Access.i32(vector + i + Integer.BYTES, high);
        }
        return vector;
    }
}
