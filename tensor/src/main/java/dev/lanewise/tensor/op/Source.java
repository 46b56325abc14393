package dev.lanewise.tensor.op;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.internal.Check;
import java.util.Set;

/** Operations without operands: they make a tensor from their attributes alone. */
public sealed interface Source extends Op {
    /** {@return type and shape of the result} */
    TensorSpec spec();

    @Override
    default Set<DType> dtypes() {
        return DType.ALL;
    }

    @Override
    default TensorSpec[] infer(TensorSpec... in) {
        Check.count(this, in, 0);
        return Check.one(spec());
    }

    /**
     * A tensor whose elements are all equal.
     *
     * @param value the element; converted as by {@link Cast}
     * @param spec type and shape
     */
    record Fill(Number value, TensorSpec spec) implements Source {
        /** Checks that neither is null. */
        public Fill {
            Check.present("full", "value", value);
            Check.present("full", "type and shape", spec);
        }

        @Override
        public String opName() {
            return "full";
        }
    }

    /**
     * {@code start + i * step} along one dimension.
     *
     * @param start the first element
     * @param step the distance
     * @param spec type and shape, of rank 1
     */
    record Range(double start, double step, TensorSpec spec) implements Source {
        /** Checks the numbers and the rank. */
        public Range {
            Check.number("arange", "start", start);
            Check.number("arange", "step", step);
            if (Check.present("arange", "type and shape", spec).shape().rank() != 1) {
                throw new TensorException("arange: " + spec + " (expected rank 1); reshape the result");
            }
        }

        @Override
        public String opName() {
            return "arange";
        }
    }

    /**
     * Random numbers from Philox 4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"): element i
     * depends only on seed, counter and i, so the result is the same on every device and for any number of threads.
     *
     * @param distribution what the numbers follow
     * @param seed the key
     * @param counter the first block; see {@link Distribution#blocks}
     * @param a lower bound, for {@link Distribution#INTEGER}; else 0
     * @param b upper bound, exclusive, for {@link Distribution#INTEGER}; else 0
     * @param spec type and shape
     */
    record Random(Distribution distribution, long seed, long counter, long a, long b, TensorSpec spec)
            implements Source {
        /** The type must fit the distribution. */
        public Random {
            Check.present("random", "distribution", distribution);
            Check.present("random", "type and shape", spec);
            Set<DType> allowed = distribution == Distribution.INTEGER ? DType.INTEGERS : DType.FLOATING;
            if (!allowed.contains(spec.dtype())) {
                throw new TensorException(Check.lower(distribution) + ": does not give " + spec + " (expected one of "
                        + allowed + "); cast the result with to(DType." + spec.dtype() + ")");
            }
            if (distribution == Distribution.INTEGER && a >= b) {
                throw new TensorException(
                        "randint: empty range from " + a + " to " + b + " (exclusive); the upper bound must be larger");
            }
        }

        @Override
        public String opName() {
            return switch (distribution) {
                case UNIFORM -> "rand";
                case NORMAL -> "randn";
                case INTEGER -> "randint";
            };
        }
    }

    /**
     * What random numbers follow. One Philox block is four 32-bit words. Types of up to 32 bits take one word per
     * element; {@link DType#F64} and {@link #INTEGER} take two (low word first).
     */
    enum Distribution {
        /**
         * Uniform on [0, 1): as many upper bits of a word as the type has of precision, scaled: 24 bits times 2^-24,
         * for F16 11 times 2^-11, for BF16 8 times 2^-8, for F64 53 bits of two words times 2^-53.
         */
        UNIFORM,
        /**
         * Standard normal by the Box-Muller transform: a pair of uniform numbers u, v gives {@code sqrt(-2 log(1 - u))}
         * times {@code cos(2 pi v)} and {@code sin(2 pi v)} for two neighbouring elements.
         */
        NORMAL,
        /** Uniform integers on [a, b): the upper half of the 128-bit product of a 64-bit word and b - a, plus a. */
        INTEGER;

        /**
         * {@return how many blocks a tensor takes}
         *
         * @param spec type and shape of the tensor
         */
        public long blocks(TensorSpec spec) {
            boolean twoWords = this == INTEGER || spec.dtype() == DType.F64;
            long elements = spec.shape().elements();
            return twoWords ? (elements + 1) / 2 : (elements + 3) / 4;
        }
    }
}
