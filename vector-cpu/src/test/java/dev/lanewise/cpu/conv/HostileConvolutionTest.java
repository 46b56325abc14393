package dev.lanewise.cpu.conv;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.lanewise.cpu.conv.ConvAlgorithm.Pass;
import dev.lanewise.cpu.parallel.Workers;
import dev.lanewise.cpu.plan.Plans;
import dev.lanewise.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Convolutions of numbers of any spread: every element's error is within rounding of the products that it sums, and what is
 * not finite comes where it is seen and nowhere else. (Padding is zeros that are seen: with an infinite weight they give
 * NaN.)
 */
class HostileConvolutionTest {
    /** Of the sum of the magnitudes of an element's products. */
    private static final double TOLERANCE = 5e-4;

    /** Where an element is one product of small factors, that of ordinary ones beside them counts. */
    private static final double ABSOLUTE = 1e-5;

    @AfterEach
    void restore() {
        Workers.setThreads(2);
    }

    /** Numbers that are hard for transforms. */
    private enum Spread {
        ONES,
        ONE_LARGE,
        LARGE_CORNER,
        ONE_INFINITE,
        NAN_CORNER,
        ONE_NAN,
        IMAGE_OF_ZEROS,
        SPARSE,
        EVERY_SIZE,
        HUGE,
        TINY,
        HALVES;

        boolean isFinite() {
            return this != ONE_INFINITE && this != NAN_CORNER && this != ONE_NAN;
        }

        double[] values(Random random, int count, int plane, int row) {
            double[] values = new double[count];
            int one = random.nextInt(Math.max(1, count));
            for (int i = 0; i < count; i++) {
                double z = random.nextGaussian();
                values[i] = (float)
                        switch (this) {
                            case ONES -> 1;
                            case ONE_LARGE -> i == one ? 1e6 : z;
                            case LARGE_CORNER -> i % plane == 0 ? 1e8 : 1;
                            case ONE_INFINITE -> i == one ? Double.NEGATIVE_INFINITY : z;
                            case NAN_CORNER -> i == plane - 1 ? Double.NaN : z;
                            case ONE_NAN -> i == one ? Double.NaN : 1;
                            case IMAGE_OF_ZEROS -> i == one ? 1e8 : 0;
                            case SPARSE -> random.nextInt(40) == 0 ? z : 0;
                            case EVERY_SIZE -> z * Math.exp(5 * random.nextGaussian());
                            case HUGE -> z * 1e18;
                            case TINY -> z * 1e-19;
                            case HALVES -> i % row < row / 2 ? z : z * 1e4;
                        };
            }
            return values;
        }
    }

    static Stream<ConvShape> shapes() {
        return Stream.of(
                new ConvShape(2, 16, 12, 12, 20, 3, 3, 1, 1, 1, 1, 1, 1, 1),
                new ConvShape(1, 32, 9, 30, 16, 3, 3, 1, 1, 0, 2, 1, 1, 1),
                new ConvShape(2, 16, 11, 6, 16, 3, 3, 1, 1, 0, 0, 1, 1, 1),
                new ConvShape(7, 17, 8, 7, 18, 3, 3, 1, 1, 1, 1, 1, 1, 1),
                new ConvShape(1, 24, 5, 5, 272, 3, 3, 1, 1, 1, 1, 1, 1, 1));
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void pixelsOfAnySpread(ConvShape p) {
        for (Spread spread : Spread.values()) {
            check(p, spread, Spread.ONES, "pixels " + spread + ", constant kernels");
            check(p, spread, null, "pixels " + spread);
        }
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void kernelsOfAnySpread(ConvShape p) {
        for (Spread spread : Spread.values()) {
            if (spread.isFinite()) {
                check(p, Spread.ONES, spread, "kernels " + spread + ", constant pixels");
                check(p, null, spread, "kernels " + spread);
            }
        }
    }

    @Test
    void kernelsThatAreNotFinite() {
        ConvShape p = new ConvShape(2, 16, 11, 6, 24, 3, 3, 1, 1, 0, 0, 1, 1, 1);
        Random random = new Random(9);
        for (Spread spread : Spread.values()) {
            double[] x = Spread.ONES.values(random, p.n() * p.c() * p.h() * p.w(), p.h() * p.w(), p.w());
            double[] w = spread.values(random, p.k() * p.c() * 9, 9, 3);
            double[] expected = ReferenceConvolution.forward(p, x, w, new double[p.k()]);
            MemorySegment y = floats(new double[expected.length]);
            run(p, Pass.FORWARD, floats(x), floats(w), MemorySegment.NULL, y);
            compare(
                    "kernels " + spread,
                    y.toArray(ValueLayout.JAVA_FLOAT),
                    expected,
                    ReferenceConvolution.forward(p, x, magnitudes(w), new double[p.k()]));
        }
    }

    private static void run(
            ConvShape p, Pass pass, MemorySegment first, MemorySegment second, MemorySegment third, MemorySegment out) {
        try {
            Plans.of(ConvProblem.of(p, pass, DType.F32))
                    .run(first.address(), second.address(), third.address(), out.address());
        } finally {
            Reference.reachabilityFence(first);
            Reference.reachabilityFence(second);
            Reference.reachabilityFence(third);
            Reference.reachabilityFence(out);
        }
    }

    /** For the gradients {@code pixels} are also those of the output's gradient; null for plain ones. */
    private static void check(ConvShape p, Spread pixels, Spread kernels, String what) {
        Random random = new Random(7);
        double[] x = values(random, pixels, p.n() * p.c() * p.h() * p.w(), p.h() * p.w(), p.w());
        double[] gy = values(random, pixels, p.n() * p.k() * p.oh() * p.ow(), p.oh() * p.ow(), p.ow());
        double[] w = values(random, kernels, p.k() * p.c() * 9, 9, 3);
        double[] plain = values(random, null, x.length, p.h() * p.w(), p.w());
        double[] bias = new double[p.k()];
        MemorySegment xs = floats(x);
        MemorySegment ws = floats(w);
        MemorySegment gys = floats(gy);
        MemorySegment plains = floats(plain);
        double[] plainGradient = values(random, null, gy.length, p.oh() * p.ow(), p.ow());
        MemorySegment plainGradients = floats(plainGradient);
        float[][] first = null;
        for (int threads : new int[] {1, 3}) {
            Workers.setThreads(threads);
            MemorySegment y = floats(new double[gy.length]);
            MemorySegment gx = floats(new double[x.length]);
            MemorySegment gw = floats(new double[w.length]);
            MemorySegment gw2 = floats(new double[w.length]);
            MemorySegment gw3 = floats(new double[w.length]);
            run(p, Pass.FORWARD, xs, ws, floats(bias), y);
            run(p, Pass.INPUT_GRAD, gys, ws, MemorySegment.NULL, gx);
            run(p, Pass.WEIGHT_GRAD, xs, gys, MemorySegment.NULL, gw);
            run(p, Pass.WEIGHT_GRAD, plains, gys, MemorySegment.NULL, gw2);
            run(p, Pass.WEIGHT_GRAD, xs, plainGradients, MemorySegment.NULL, gw3);
            float[][] results = Stream.of(y, gx, gw, gw2, gw3)
                    .map(s -> s.toArray(ValueLayout.JAVA_FLOAT))
                    .toArray(float[][]::new);
            assertThat(first == null || Arrays.deepEquals(first, results)).isTrue();
            first = results;
        }
        compare(
                what + ", forward",
                first[0],
                ReferenceConvolution.forward(p, x, w, bias),
                ReferenceConvolution.forward(p, magnitudes(x), magnitudes(w), bias));
        compare(
                what + ", input gradient",
                first[1],
                ReferenceConvolution.inputGrad(p, gy, w),
                ReferenceConvolution.inputGrad(p, magnitudes(gy), magnitudes(w)));
        compare(
                what + ", weight gradient of plain gradients",
                first[4],
                ReferenceConvolution.weightGrad(p, x, plainGradient),
                ReferenceConvolution.weightGrad(p, magnitudes(x), magnitudes(plainGradient)));
        if (pixels != null && !pixels.isFinite() && p.padH() + p.padW() > 0) {
            return;
        }
        compare(
                what + ", weight gradient",
                first[2],
                ReferenceConvolution.weightGrad(p, x, gy),
                ReferenceConvolution.weightGrad(p, magnitudes(x), magnitudes(gy)));
        compare(
                what + ", weight gradient of plain pixels",
                first[3],
                ReferenceConvolution.weightGrad(p, plain, gy),
                ReferenceConvolution.weightGrad(p, magnitudes(plain), magnitudes(gy)));
    }

    private static double[] values(Random random, Spread spread, int count, int plane, int row) {
        if (spread != null) {
            return spread.values(random, count, plane, row);
        }
        return random.doubles(count, -1, 1).map(v -> (float) v).toArray();
    }

    private static double[] magnitudes(double[] values) {
        return Arrays.stream(values).map(Math::abs).toArray();
    }

    private static MemorySegment floats(double[] values) {
        MemorySegment s = Arena.ofAuto().allocate(Math.max(4, 4L * values.length), 64);
        for (int i = 0; i < values.length; i++) {
            s.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) values[i]);
        }
        return s;
    }

    private static void compare(String what, float[] actual, double[] expected, double[] sums) {
        double least = what.contains("SPARSE") ? ABSOLUTE : 0;
        for (int i = 0; i < expected.length; i++) {
            boolean agrees = Double.isFinite(expected[i])
                    ? Math.abs(actual[i] - expected[i]) <= TOLERANCE * sums[i] + least
                    : Double.compare(actual[i], expected[i]) == 0;
            if (!agrees) {
                fail("%s: element %d is %s, expected %s within rounding of %s"
                        .formatted(what, i, actual[i], expected[i], sums[i]));
            }
        }
    }
}
