package dev.lanewise.testkit.conformance;

import dev.lanewise.tensor.DType;
import java.util.random.RandomGenerator;

/** The kinds of numbers that an operand holds. */
enum Spread {
    /** From -3 to 3. */
    ORDINARY {
        @Override
        double next(RandomGenerator random) {
            return 6 * random.nextDouble() - 3;
        }
    },
    /** Few whole numbers, so that many are equal. */
    TIES {
        @Override
        double next(RandomGenerator random) {
            return random.nextInt(-2, 3);
        }
    },
    /** Mostly zeros of both signs. */
    ZEROS {
        @Override
        double next(RandomGenerator random) {
            int n = random.nextInt(8);
            return n < 5 ? 0 : n == 5 ? -0.0 : n == 6 ? 1 : -1;
        }
    },
    /** The same number everywhere. */
    CONSTANT {
        @Override
        double next(RandomGenerator random) {
            return 0.1;
        }
    },
    /** Of very different magnitudes. */
    WIDE {
        @Override
        double next(RandomGenerator random) {
            return (random.nextBoolean() ? 1 : -1) * Math.pow(10, 16 * random.nextDouble() - 8);
        }
    },
    /** Ordinary numbers with an occasional infinity or NaN. */
    NON_FINITE {
        @Override
        double next(RandomGenerator random) {
            return random.nextInt(12) == 0 ? NON_NUMBERS[random.nextInt(3)] : ORDINARY.next(random);
        }
    },
    /** Everything at the edges of the types. */
    EXTREME {
        @Override
        double next(RandomGenerator random) {
            return EDGES[random.nextInt(EDGES.length)];
        }
    };

    private static final double[] NON_NUMBERS = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY};
    private static final double[] EDGES = {
        0.0,
        -0.0,
        1e-38,
        -1e-38,
        1e-45,
        0x1p-24,
        6e-5,
        88,
        -88,
        89.5,
        -104,
        1e30,
        -1e30,
        65504,
        65520,
        Double.POSITIVE_INFINITY,
        Double.NEGATIVE_INFINITY,
        Double.NaN,
        3.4e38,
        -3.4e38,
        0.5,
        -0.5,
        1,
        -1,
        1e-7,
        20,
        -20,
        300.75,
        1.5,
        -2.5
    };
    private static final long[] WHOLE_EDGES = {
        Long.MIN_VALUE, Long.MAX_VALUE, Integer.MIN_VALUE, Integer.MAX_VALUE, 1L << 53, 127, 128, 255, 63, 64, 33
    };

    abstract double next(RandomGenerator random);

    /** A number of a type that holds whole ones. */
    long nextWhole(RandomGenerator random, DType dtype) {
        if (dtype == DType.BOOL) {
            return random.nextInt(2);
        }
        if ((this == EXTREME || this == WIDE) && random.nextInt(3) == 0) {
            return WHOLE_EDGES[random.nextInt(WHOLE_EDGES.length)];
        }
        return this == CONSTANT ? 3 : random.nextInt(dtype == DType.U8 ? 0 : -9, 10);
    }
}
