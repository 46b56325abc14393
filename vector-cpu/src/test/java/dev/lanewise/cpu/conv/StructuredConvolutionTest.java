package dev.lanewise.cpu.conv;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.cpu.conv.ConvAlgorithm.Pass;
import dev.lanewise.cpu.parallel.Workers;
import dev.lanewise.cpu.plan.Plans;
import dev.lanewise.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Convolutions of operands with a structure: each element's error is within rounding of the magnitudes that it sums, however
 * little that is beside what the operands hold elsewhere.
 */
class StructuredConvolutionTest {
    /** Of the sum of the magnitudes of an element's products. */
    private static final double TOLERANCE = 5e-4;

    /** Where all products of an element have left the range of floats. */
    private static final double UNDERFLOW = 1e-38;

    /** Of gradients of weights that were wrong before kernels were proved ({@code TapProof}). */
    private static final int[] ONCE_WRONG = {1054, 1083, 1149, 1173, 1179, 1208, 1275, 1309, 1690, 1815};

    private static final int FEW = 3;
    private static final int ALL = Integer.getInteger("lanewise.structured.count", 1000);

    /** Of the weights' gradients' cases the shapes of one image in this many are large. */
    private static final int SELDOM = 20;

    private static ConvShape shape(Random random) {
        boolean large = random.nextInt(SELDOM) == 0;
        int h = 3 + random.nextInt(large ? 26 : 14);
        int w = 3 + random.nextInt(large ? 26 : 14);
        int pad = random.nextInt(3);
        h = Math.max(h, 5 - 2 * pad);
        w = Math.max(w, 5 - 2 * pad);
        int n = 1 + random.nextInt(Math.max(1, (large ? 12_000 : 2_000) / (h * w)));
        return new ConvShape(n, 16 + random.nextInt(12), h, w, 16 + random.nextInt(12), 3, 3, 1, 1, pad, pad, 1, 1, 1);
    }

    private static StructuredOperand any(Random random) {
        StructuredOperand[] all = StructuredOperand.values();
        return all[random.nextInt(StructuredOperand.DRAWN)];
    }

    private static double[] operand(StructuredOperand kind, Random r, int images, int channels, int h, int w) {
        double share = new double[] {1, 1, 0.7, 0.2, 0.05}[r.nextInt(5)];
        double scale = new double[] {1, 1, 1, 1, 1e30, 1e-30, 1e12, 1e-12}[r.nextInt(8)];
        double[] values = kind.values(r, images, channels, h, w, share, r.nextInt(3) == 0, scale);
        // as the kernels get them, and finite: infinities are HostileConvolutionTest's
        return Arrays.stream(values)
                .map(v -> (float) Math.clamp(v, -Float.MAX_VALUE, Float.MAX_VALUE))
                .toArray();
    }

    @Test
    void weightGradients() {
        assertThat(weightGradients(IntStream.concat(IntStream.rangeClosed(1, FEW), IntStream.of(ONCE_WRONG))))
                .isEmpty();
    }

    @Test
    @Tag("long")
    void manyWeightGradients() {
        assertThat(weightGradients(IntStream.range(1_000_000, 1_000_000 + ALL))).isEmpty();
    }

    /** Channels that are dead or nearly so, sums that cancel, and tiles that are alike, each with anything. */
    @Test
    void weightGradientsOfOtherStructures() {
        assertThat(weightGradientsOfOtherStructures(1, 3)).isEmpty();
    }

    @Test
    @Tag("long")
    void manyWeightGradientsOfOtherStructures() {
        assertThat(weightGradientsOfOtherStructures(1_000_000, ALL / StructuredOperand.DRAWN))
                .isEmpty();
    }

    /** What is proved, and what is computed again, depends on no order. */
    @Test
    void weightGradientsOfAnyNumberOfThreads() {
        int before = Workers.threads();
        try {
            for (int seed : IntStream.concat(IntStream.rangeClosed(1, FEW), IntStream.of(ONCE_WRONG))
                    .toArray()) {
                Workers.setThreads(1);
                float[] expected = weightGradient(seed);
                Workers.setThreads(3);
                assertThat(weightGradient(seed)).as("seed %d", seed).isEqualTo(expected);
            }
        } finally {
            Workers.setThreads(before);
        }
    }

    private static float[] weightGradient(int seed) {
        Random r = new Random(seed);
        ConvShape p = shape(r);
        StructuredOperand of = any(r);
        StructuredOperand ofGradient = r.nextInt(3) == 0 ? of : any(r);
        double[] x = operand(of, r, p.n(), p.c(), p.h(), p.w());
        double[] gy = operand(ofGradient, r, p.n(), p.k(), p.oh(), p.ow());
        return run(p, Pass.WEIGHT_GRAD, x, gy, 0, p.k() * p.c() * 9);
    }

    @Test
    void outputsAndInputGradients() {
        assertThat(outputs(1, FEW)).isEmpty();
    }

    @Test
    @Tag("long")
    void manyOutputsAndInputGradients() {
        assertThat(outputs(1_000_000, ALL)).isEmpty();
    }

    private static List<String> weightGradients(IntStream seeds) {
        List<String> wrong = new ArrayList<>();
        for (int seed : seeds.toArray()) {
            Random r = new Random(seed);
            ConvShape p = shape(r);
            StructuredOperand of = any(r);
            StructuredOperand ofGradient = r.nextInt(3) == 0 ? of : any(r);
            weightGradient(seed, r, p, of, ofGradient, wrong);
        }
        return wrong;
    }

    private static List<String> weightGradientsOfOtherStructures(int firstSeed, int count) {
        List<String> wrong = new ArrayList<>();
        StructuredOperand[] all = StructuredOperand.values();
        for (int i = StructuredOperand.DRAWN; i < all.length; i++) {
            for (int seed = firstSeed; seed < firstSeed + count; seed++) {
                Random r = new Random(seed);
                ConvShape p = shape(r);
                StructuredOperand other = all[r.nextInt(all.length)];
                boolean isInput = r.nextBoolean();
                weightGradient(seed, r, p, isInput ? all[i] : other, isInput ? other : all[i], wrong);
            }
        }
        return wrong;
    }

    private static void weightGradient(
            int seed, Random r, ConvShape p, StructuredOperand of, StructuredOperand ofGradient, List<String> wrong) {
        double[] x = operand(of, r, p.n(), p.c(), p.h(), p.w());
        double[] gy = operand(ofGradient, r, p.n(), p.k(), p.oh(), p.ow());
        compare(
                seed + ": weight gradient of " + of + " and " + ofGradient + ", " + p,
                run(p, Pass.WEIGHT_GRAD, x, gy, 0, p.k() * p.c() * 9),
                ReferenceConvolution.weightGrad(p, x, gy),
                ReferenceConvolution.weightGrad(p, magnitudes(x), magnitudes(gy)),
                wrong);
    }

    private static List<String> outputs(int firstSeed, int count) {
        List<String> wrong = new ArrayList<>();
        for (int seed = firstSeed; seed < firstSeed + count; seed++) {
            Random r = new Random(seed);
            ConvShape p = shape(r);
            StructuredOperand of = any(r);
            StructuredOperand ofKernels = any(r);
            double[] x = operand(of, r, p.n(), p.c(), p.h(), p.w());
            double[] gy = operand(of, r, p.n(), p.k(), p.oh(), p.ow());
            // a kernel's planes lie beside each other, so that its structure goes on
            double[] w = operand(ofKernels, r, 1, p.k(), p.c(), 9);
            double[] none = new double[p.k()];
            String what = seed + ": %s of " + of + " with kernels " + ofKernels + ", " + p;
            compare(
                    what.formatted("output"),
                    run(p, Pass.FORWARD, x, w, p.k(), gy.length),
                    ReferenceConvolution.forward(p, x, w, none),
                    ReferenceConvolution.forward(p, magnitudes(x), magnitudes(w), none),
                    wrong);
            compare(
                    what.formatted("input gradient"),
                    run(p, Pass.INPUT_GRAD, gy, w, 0, x.length),
                    ReferenceConvolution.inputGrad(p, gy, w),
                    ReferenceConvolution.inputGrad(p, magnitudes(gy), magnitudes(w)),
                    wrong);
        }
        return wrong;
    }

    private static float[] run(ConvShape p, Pass pass, double[] first, double[] second, int biases, int count) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment to = arena.allocate(4L * count, 64);
            long bias = biases == 0 ? 0 : arena.allocate(4L * biases, 64).address();
            Plans.of(ConvProblem.of(p, pass, DType.F32))
                    .run(floats(arena, first), floats(arena, second), bias, to.address());
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

    private static double[] magnitudes(double[] values) {
        return Arrays.stream(values).map(Math::abs).toArray();
    }

    /** Adds a line if an element is not within rounding; sums near the end of floats may overflow. */
    private static void compare(String what, float[] actual, double[] expected, double[] sums, List<String> wrong) {
        double worst = 0;
        int at = 0;
        for (int i = 0; i < expected.length; i++) {
            double error = Math.abs(actual[i] - expected[i]) / (sums[i] + UNDERFLOW / TOLERANCE);
            if (sums[i] < Float.MAX_VALUE && !(error <= worst)) {
                worst = error;
                at = i;
            }
        }
        if (!(worst <= TOLERANCE)) {
            wrong.add("%s: element %d is %s, expected %s within rounding of %s: %.1e"
                    .formatted(what, at, actual[at], expected[at], sums[at], worst));
        }
    }
}
