package dev.lanewise.cpu.conv;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.cpu.conv.ConvAlgorithm.Pass;
import dev.lanewise.cpu.plan.Plans;
import dev.lanewise.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Outputs that sum little, beside large pixels of their tile that they do not see: each output's error is within rounding of the
 * magnitudes that it sums itself.
 */
class UnseenPixelsTest {
    /** Of the sum of the magnitudes of an element's products. */
    private static final double TOLERANCE = 5e-4;

    private static final int INPUTS = 20;
    private static final int OUTPUTS = 16;
    private static final int MANY = 512;
    private static final int SIDE = 13;
    private static final int TILE = 4;

    private final Random random = new Random(11);

    private interface Pixels {
        double at(int input, int y, int x);
    }

    /** A channel was pruned or never learned, and all others have one pixel in each tile. */
    @ParameterizedTest
    @ValueSource(doubles = {0, 1e-6, 1e-4, 1e-3, 1e-2, 0.1})
    void smallWeightsOfAChannel(double small) {
        double[] w = weights(small, weight -> weight / 9 % INPUTS == INPUTS - 1);
        for (int place = 0; place < TILE * TILE; place += 5) {
            int top = place / TILE;
            int left = place % TILE;
            check(w, (input, y, x) -> {
                boolean isLarge = y % TILE == top && x % TILE == left;
                return input == INPUTS - 1 ? 1 : isLarge ? 0.5 + random.nextDouble() : 0;
            });
        }
    }

    /** At one tap nearly all channels are pruned, and only that meets the pixels that some outputs see. */
    @ParameterizedTest
    @ValueSource(doubles = {0, 1e-6, 1e-3, 1e-2, 0.1})
    void smallWeightsOfATap(double small) {
        double[] w = weights(small, weight -> weight % 9 == 4 && weight / 9 % INPUTS < INPUTS - 2);
        check(w, (input, y, x) -> {
            boolean isSeen = y % TILE == 1 && x % TILE == 1 && input < INPUTS - 2;
            boolean isLarge = y % TILE == 3 && x % TILE == 3 && input >= INPUTS - 2;
            return isSeen || isLarge ? 0.5 + random.nextDouble() : 0;
        });
    }

    /** What an output of each tile sees meets the smallest weights of one kernel, scattered as they are. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4, 8, 16, 64})
    void smallestWeightsOfAKernel(int met) {
        double[] w = weights(1, weight -> false);
        int[] smallest = IntStream.range(0, INPUTS * 9)
                .boxed()
                .sorted(Comparator.comparingDouble(weight -> Math.abs(w[weight])))
                .limit(met)
                .mapToInt(Integer::intValue)
                .toArray();
        check(w, (input, y, x) -> {
            int row = (y + 1) % TILE;
            int column = (x + 1) % TILE;
            boolean isSeen = row < 3 && column < 3;
            int weight = input * 9 + row * 3 + column;
            boolean isMet = isSeen && Arrays.stream(smallest).anyMatch(one -> one == weight);
            return isMet ? 1 : isSeen ? 0 : 1 - 2 * random.nextInt(2);
        });
    }

    /** Weights of one sign over many channels, and a dim region beside a bright one. */
    @ParameterizedTest
    @ValueSource(doubles = {1e-2, 3e-3, 1e-3, 3e-4})
    void dimPixelsOfKernelsOfOneSign(double dim) {
        double[] w = weights(0, weight -> true);
        Arrays.fill(w, 0.25);
        check(w, (input, y, x) -> x < 6 ? 1 : dim);
    }

    /** As many weights of one sign as there are in late layers: what is rounded grows with the power 3/2 of their number. */
    @ParameterizedTest
    @ValueSource(doubles = {0.0146, 0.03, 1e-3})
    void dimPixelsOfManyInputs(double dim) {
        double[] w = new double[MANY * OUTPUTS * 9];
        Arrays.fill(w, 0.77f);
        check(MANY, w, (input, y, x) -> x < 6 ? 1 : dim);
    }

    /** Pixels that have the signs of the weights, as where a kernel was cut from a picture: all products add up. */
    @ParameterizedTest
    @ValueSource(doubles = {1e-2, 1e-3, 1e-4, 1e-5})
    void dimPixelsThatMatchTheWeights(double dim) {
        for (boolean sameSize : new boolean[] {false, true}) {
            double[] template = random.doubles(MANY, -1, 1)
                    .map(v -> (float) (sameSize ? Math.copySign(0.77f, v) : v))
                    .toArray();
            double[] w = new double[MANY * OUTPUTS * 9];
            for (int i = 0; i < w.length; i++) {
                w[i] = template[i / 9 % MANY];
            }
            check(MANY, w, (input, y, x) -> Math.signum(template[input]) * (x < 6 && y < 7 ? 1 : dim));
        }
    }

    /** Sums of a huge pixel overflow in the transforms, whose other outputs don't see it. */
    @ParameterizedTest
    @ValueSource(doubles = {1e30, 1e38, 3e38, -3e38})
    void outputsBesideAHugePixel(double huge) {
        double[] w = weights(0.01, weight -> true);
        check(w, (input, y, x) -> input == 3 && y == 6 && x == 7 ? huge : random.nextGaussian());
    }

    private interface Choice {
        boolean isSmall(int weight);
    }

    private double[] weights(double small, Choice choice) {
        double[] w = new double[OUTPUTS * INPUTS * 9];
        for (int i = 0; i < w.length; i++) {
            w[i] = (float) (random.nextGaussian() * (choice.isSmall(i) ? small : 1));
        }
        return w;
    }

    private void check(double[] w, Pixels pixels) {
        check(INPUTS, w, pixels);
    }

    private void check(int inputs, double[] w, Pixels pixels) {
        double[] x = new double[inputs * SIDE * SIDE];
        for (int i = 0; i < x.length; i++) {
            x[i] = (float) pixels.at(i / (SIDE * SIDE), i / SIDE % SIDE, i % SIDE);
        }
        double[] turned = new double[w.length];
        for (int i = 0; i < w.length; i++) {
            int k = i / 9 / inputs;
            int c = i / 9 % inputs;
            turned[(c * OUTPUTS + k) * 9 + 8 - i % 9] = w[i];
        }
        ConvShape p = new ConvShape(1, inputs, SIDE, SIDE, OUTPUTS, 3, 3, 1, 1, 1, 1, 1, 1, 1);
        double[] none = new double[OUTPUTS];
        double[] expected = ReferenceConvolution.forward(p, x, w, none);
        double[] sums = ReferenceConvolution.forward(p, magnitudes(x), magnitudes(w), none);
        compare("output", run(p, Pass.FORWARD, x, w, expected.length), expected, sums);
        ConvShape back = new ConvShape(1, OUTPUTS, SIDE, SIDE, inputs, 3, 3, 1, 1, 1, 1, 1, 1, 1);
        compare("input gradient", run(back, Pass.INPUT_GRAD, x, turned, expected.length), expected, sums);
    }

    private static double[] magnitudes(double[] values) {
        return Arrays.stream(values).map(Math::abs).toArray();
    }

    private static float[] run(ConvShape p, Pass pass, double[] first, double[] second, int count) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment to = arena.allocate(4L * count, 64);
            Plans.of(ConvProblem.of(p, pass, DType.F32))
                    .run(floats(arena, first), floats(arena, second), 0, to.address());
            return to.toArray(ValueLayout.JAVA_FLOAT);
        }
    }

    private static long floats(Arena arena, double[] values) {
        MemorySegment s = arena.allocate(4L * values.length, 64);
        for (int i = 0; i < values.length; i++) {
            s.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) values[i]);
        }
        return s.address();
    }

    private static void compare(String what, float[] actual, double[] expected, double[] sums) {
        for (int i = 0; i < expected.length; i++) {
            if (sums[i] >= Float.MAX_VALUE) {
                continue;
            }
            assertThat(Math.abs(actual[i] - expected[i]))
                    .as(
                            "%s: element %d is %s, expected %s within rounding of %s",
                            what, i, actual[i], expected[i], sums[i])
                    .isLessThanOrEqualTo(TOLERANCE * sums[i]);
        }
    }
}
