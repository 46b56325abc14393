package dev.lanewise.testkit.conformance;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/** Random choices of hostile cases. The same seed and number give the same choices. */
final class Dice {
    /** What sizes are computed from: sums and products of these leave the range of their type. */
    private static final long[] HOSTILE = {
        Long.MIN_VALUE,
        Long.MIN_VALUE + 1,
        -(1L << 62),
        -(1L << 32),
        Integer.MIN_VALUE,
        -2,
        -1,
        0,
        Integer.MAX_VALUE,
        1L << 50,
        1L << 58,
        1L << 61,
        1L << 62,
        Long.MAX_VALUE - 63,
        Long.MAX_VALUE - 1,
        Long.MAX_VALUE
    };

    private static final double[] HOSTILE_REALS = {
        0,
        -0.0,
        -1,
        1e-30,
        1e30,
        Double.MAX_VALUE,
        Double.MIN_VALUE,
        Double.NaN,
        Double.POSITIVE_INFINITY,
        Double.NEGATIVE_INFINITY,
        0x1p53 + 2,
        300.5,
        -129
    };

    private final RandomGenerator random;

    Dice(long seed, long number) {
        // neighbouring numbers have nothing in common
        random = new SplittableRandom(seed * 0x9E3779B97F4A7C15L ^ new SplittableRandom(number).nextLong());
    }

    RandomGenerator random() {
        return random;
    }

    int below(int bound) {
        return random.nextInt(bound);
    }

    /** A number between two, both included. */
    int between(int least, int most) {
        return random.nextInt(least, most + 1);
    }

    boolean chance(double probability) {
        return random.nextDouble() < probability;
    }

    <T> T one(List<T> choices) {
        return choices.get(below(choices.size()));
    }

    <T> T one(Collection<T> choices) {
        return one(List.copyOf(choices));
    }

    /** A type among those given, mostly one of the first two. */
    DType dtype(Collection<DType> allowed) {
        List<DType> types = allowed.stream().sorted().toList();
        return chance(0.4) ? types.get(below(Math.min(2, types.size()))) : one(types);
    }

    /** The size of a dimension: small, sometimes 0 or beyond a vector. */
    long size() {
        double u = random.nextDouble();
        return u < 0.04 ? 0 : u < 0.2 ? 1 : u < 0.75 ? between(2, 6) : u < 0.97 ? between(7, 20) : between(31, 70);
    }

    /** A shape of at most some hundred elements, rarely of thousands. */
    Shape shape(int leastRank, int mostRank) {
        long most = chance(0.01) ? 20_000 : 600;
        long[] sizes = new long[between(leastRank, mostRank)];
        long elements = 1;
        for (int d = 0; d < sizes.length; d++) {
            long size = size();
            sizes[d] = elements * size <= most ? size : 1;
            elements *= Math.max(sizes[d], 1);
        }
        return Shape.of(sizes);
    }

    /** A shape that broadcasts to the given one. */
    Shape narrower(Shape shape) {
        long[] sizes = shape.toArray();
        for (int d = 0; d < sizes.length; d++) {
            sizes[d] = chance(0.25) ? 1 : sizes[d];
        }
        int dropped = chance(0.3) ? below(sizes.length + 1) : 0;
        return Shape.of(sizes).slice(dropped, sizes.length);
    }

    /** Some of the dimensions of a rank, in order. */
    List<Integer> dims(int rank) {
        List<Integer> dims = new ArrayList<>();
        for (int d = 0; d < rank; d++) {
            if (chance(0.5)) {
                dims.add(d);
            }
        }
        return dims;
    }

    /** A whole number that no size should be. */
    long hostile() {
        long number = HOSTILE[below(HOSTILE.length)];
        return chance(0.2) ? number + between(-3, 3) : number;
    }

    double hostileReal() {
        return HOSTILE_REALS[below(HOSTILE_REALS.length)];
    }

    /** A factor or summand, whole where the type is. */
    double number(DType dtype) {
        return dtype.isFloating() ? between(-12, 12) / 4.0 : between(-4, 4);
    }
}
