package dev.lanewise.cpu.conv;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.cpu.OpCheck;
import dev.lanewise.cpu.conv.ConvAlgorithm.Pass;
import dev.lanewise.cpu.parallel.Workers;
import dev.lanewise.cpu.plan.Kernel;
import dev.lanewise.cpu.plan.PlanCheck;
import dev.lanewise.cpu.plan.Plans;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.Window;
import dev.lanewise.tensor.op.conv.Convolution2d;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class ConvolutionTest {
    private static final double TOLERANCE = 3e-4;

    /** Bytes before every operand: no vector of theirs begins where memory does. */
    private static final long SHIFT = 64;

    @AfterEach
    void restore() {
        System.clearProperty(ConvAlgorithm.PROPERTY);
        Workers.setThreads(2);
    }

    static Stream<ConvShape> shapes() {
        List<ConvShape> shapes = new ArrayList<>(List.of(
                square(2, 1, 28, 32, 3, 1, 0),
                square(2, 32, 26, 64, 3, 1, 0),
                square(2, 1, 28, 6, 5, 1, 2),
                square(2, 6, 14, 16, 5, 1, 0),
                square(1, 64, 32, 64, 3, 1, 1),
                square(1, 128, 16, 128, 3, 1, 1),
                square(2, 256, 8, 64, 3, 1, 1),
                square(2, 24, 6, 272, 3, 1, 1),
                square(3, 64, 4, 64, 3, 1, 1),
                square(2, 64, 32, 128, 1, 2, 0),
                square(2, 64, 16, 32, 1, 1, 0),
                square(9, 24, 9, 40, 3, 2, 1),
                square(8, 128, 3, 64, 3, 1, 1),
                square(1, 3, 64, 64, 7, 2, 3),
                square(3, 16, 16, 48, 3, 2, 1),
                square(3, 16, 8, 20, 3, 2, 1),
                square(1, 3, 1, 2, 1, 1, 0),
                square(0, 3, 8, 4, 3, 1, 1),
                square(1, 5, 7, 7, 7, 1, 3),
                square(9, 6, 5, 20, 5, 1, 0),
                square(33, 20, 4, 1, 4, 1, 0),
                new ConvShape(1, 70, 3, 2, 65, 3, 2, 4, 1, 0, 0, 1, 1, 1),
                square(3, 3, 35, 18, 16, 16, 0),
                square(9, 20, 6, 17, 1, 1, 0),
                square(9, 40, 3, 5, 3, 1, 1),
                new ConvShape(2, 12, 17, 19, 12, 3, 3, 1, 1, 1, 1, 1, 1, 12),
                new ConvShape(2, 12, 33, 18, 24, 3, 3, 2, 2, 1, 1, 1, 1, 12),
                new ConvShape(2, 20, 6, 6, 20, 3, 3, 1, 1, 1, 1, 1, 1, 20),
                new ConvShape(1, 20, 6, 6, 40, 5, 5, 1, 1, 2, 2, 1, 1, 20),
                new ConvShape(3, 7, 3, 3, 7, 5, 5, 1, 1, 2, 2, 1, 1, 7),
                new ConvShape(1, 9, 14, 14, 9, 3, 3, 2, 2, 1, 1, 1, 1, 9),
                new ConvShape(3, 90, 40, 45, 90, 3, 3, 2, 2, 1, 1, 1, 1, 90),
                new ConvShape(2, 60, 64, 31, 60, 3, 3, 1, 1, 1, 1, 1, 1, 60),
                new ConvShape(40, 8, 5, 9, 8, 2, 5, 2, 1, 0, 3, 1, 1, 8),
                new ConvShape(2, 12, 7, 6, 12, 2, 2, 3, 3, 1, 0, 1, 1, 12),
                new ConvShape(0, 8, 5, 5, 8, 3, 3, 1, 1, 1, 1, 1, 1, 8),
                new ConvShape(1, 5, 1, 40, 5, 1, 7, 1, 1, 0, 6, 1, 2, 5),
                new ConvShape(2, 12, 9, 21, 18, 3, 2, 1, 3, 2, 0, 2, 1, 3),
                new ConvShape(1, 4, 40, 37, 6, 1, 5, 1, 2, 0, 2, 1, 3, 2),
                new ConvShape(1, 20, 35, 35, 20, 3, 3, 3, 3, 0, 0, 1, 1, 1),
                new ConvShape(1, 20, 35, 35, 20, 2, 2, 3, 3, 1, 1, 2, 2, 1)));
        Random random = new Random(4);
        while (shapes.size() < 120) {
            shapes.add(randomShape(random));
        }
        return shapes.stream();
    }

    private static ConvShape square(int n, int c, int h, int k, int r, int stride, int pad) {
        return new ConvShape(n, c, h, h, k, r, r, stride, stride, pad, pad, 1, 1, 1);
    }

    private static ConvShape randomShape(Random random) {
        int groups = random.nextInt(3) == 0 ? 1 + random.nextInt(4) : 1;
        int r = 1 + random.nextInt(5);
        int s = random.nextBoolean() ? r : 1 + random.nextInt(5);
        int dilationH = 1 + random.nextInt(4) / 3;
        int dilationW = 1 + random.nextInt(4) / 3;
        int padH = random.nextInt(r + 1);
        int padW = random.nextInt(s + 1);
        int h = Math.max(1, (r - 1) * dilationH + 1 - 2 * padH) + random.nextInt(30);
        int w = Math.max(1, (s - 1) * dilationW + 1 - 2 * padW) + random.nextInt(45);
        return new ConvShape(
                1 + random.nextInt(4),
                groups * (1 + random.nextInt(9)),
                h,
                w,
                groups * (1 + random.nextInt(35)),
                r,
                s,
                1 + random.nextInt(3),
                1 + random.nextInt(3),
                padH,
                padW,
                dilationH,
                dilationW,
                groups);
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void everyAlgorithmAgreesWithTheDefinition(ConvShape p) {
        Case data = Case.of(p);
        for (String algorithm : new String[] {"", "direct", "depthwise", "winograd", "pixels", "gemm"}) {
            force(algorithm);
            data.check(algorithm);
        }
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void resultsAreTheSameBitsForAnyNumberOfThreads(ConvShape p) {
        Case data = Case.of(p);
        for (String algorithm : new String[] {"direct", "depthwise", "winograd", "pixels", "gemm"}) {
            force(algorithm);
            List<float[]> first = null;
            for (int threads : new int[] {1, 2, 5}) {
                Workers.setThreads(threads);
                List<float[]> results = data.results();
                first = first == null ? results : first;
                for (int i = 0; i < 3; i++) {
                    assertThat(Arrays.equals(results.get(i), first.get(i)))
                            .as("%s, result %d, %d threads", algorithm, i, threads)
                            .isTrue();
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void doublesAgreeWithTheDefinition(ConvShape p) {
        Case.of(p).checkDoubles();
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void plansDependOnTheirProblemsAloneAndHoldNoOperand(ConvShape p) {
        Case data = Case.of(p);
        for (String algorithm : new String[] {"", "direct", "depthwise", "winograd", "pixels", "gemm"}) {
            force(algorithm);
            for (Pass pass : Pass.values()) {
                PlanCheck.dependsOnItsProblemAlone(ConvProblem.of(p, pass, DType.F32), ConvAlgorithm.PROPERTY);
            }
            if (p.hashCode() % 8 == 0) {
                data.results();
                for (Pass pass : Pass.values()) {
                    PlanCheck.holdsNoMemory(Plans.of(ConvProblem.of(p, pass, DType.F32)));
                }
            }
        }
        PlanCheck.dependsOnItsProblemAlone(ConvProblem.of(p, Pass.FORWARD, DType.F64), ConvAlgorithm.PROPERTY);
    }

    @Test
    void eachForcedAlgorithmHasItsPlan() {
        Convolution2d conv = new Convolution2d(1, 1);
        Tensor x = OpCheck.random(new Random(1), DType.F32, OpCheck.Layout.DENSE, 1, 16, 9, 9);
        Tensor w = OpCheck.random(new Random(1), DType.F32, OpCheck.Layout.DENSE, 16, 16, 3, 3);
        for (Pass pass : Pass.values()) {
            force("");
            Kernel quickest = Plans.of(Convolutions.Call.of(conv, x, w, pass));
            force("gemm");
            Kernel forced = Plans.of(Convolutions.Call.of(conv, x, w, pass));
            assertThat(forced).isNotSameAs(quickest);
            assertThat(Plans.of(Convolutions.Call.of(conv, x, w, pass))).isSameAs(forced);
            PlanCheck.dependsOnItsProblemAlone(Convolutions.Call.of(conv, x, w, pass), ConvAlgorithm.PROPERTY);
            force("");
            assertThat(Plans.of(Convolutions.Call.of(conv, x, w, pass))).isSameAs(quickest);
        }
    }

    /** In 16 bits the ReLU comes before the rounding, so that what is too small for them does not become -0. */
    @ParameterizedTest
    @EnumSource(names = {"F32", "F64", "F16", "BF16"})
    void reluInTheResultsPlaceGivesTheBitsOfTheTwoOperations(DType type) {
        Random random = new Random(2);
        Window window = Window.of(3).stride(2).padding(1);
        for (OpCheck.Layout layout : OpCheck.Layout.values()) {
            Tensor x = OpCheck.random(random, type, layout, 3, 8, 9, 7);
            Tensor w = OpCheck.random(random, type, layout, 12, 4, 3, 3);
            Tensor bias = OpCheck.random(random, type, layout, 12);
            Tensor nan = Tensor.of(1f, Float.NaN, 1e-6f).to(type).reshape(3, 1, 1, 1);
            for (Tensor input : List.of(x, x.mul(nan), x.narrow(0, 0, 0))) {
                for (Tensor added : new Tensor[] {bias, null}) {
                    float[] expected = floats(input.conv2d(w, added, window, 2).relu());
                    assertThat(floats(input.conv2dRelu(w, added, window, 2))).isEqualTo(expected);
                }
            }
        }
    }

    /** The elements; of 16-bit types 0 instead of -0. */
    private static float[] floats(Tensor tensor) {
        Tensor wide = tensor.to(DType.F32);
        return (tensor.dtype().bytes() == 2 ? wide.add(0) : wide).toFloatArray();
    }

    /** Padding is zeros that are seen forward; a gradient sees none. */
    @Test
    void infiniteWeightsOfADepthwiseConvolutionMeetThePadding() {
        Random random = new Random(5);
        Tensor x = OpCheck.random(random, DType.F32, OpCheck.Layout.DENSE, 2, 40, 7, 6);
        Tensor weight = OpCheck.random(random, DType.F32, OpCheck.Layout.DENSE, 40, 1, 3, 3);
        Tensor infinite = Tensor.full(Float.POSITIVE_INFINITY, DType.F32, Device.CPU, 40, 1, 3, 3);
        Tensor large = weight.gt(1.0).where(infinite, weight);
        Window window = Window.of(3).padding(1);
        float[] quickest = x.conv2d(large, null, window, 40).toFloatArray();
        force("gemm");
        float[] expected = x.conv2d(large, null, window, 40).toFloatArray();
        assertThat(expected).contains(Float.NaN);
        for (int i = 0; i < expected.length; i++) {
            assertThat(Float.isNaN(quickest[i])).as("element %d", i).isEqualTo(Float.isNaN(expected[i]));
        }
    }

    @Test
    void kernelLargerThanThePaddedInputIsAnError() {
        assertThatThrownBy(() -> square(1, 1, 2, 1, 5, 1, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("larger than the padded input");
    }

    @Test
    void algorithmThatIsNoneIsAnError() {
        force("fast");
        ConvShape shape = square(1, 1, 4, 1, 3, 1, 1);
        assertThatThrownBy(() -> ConvProblem.of(shape, Pass.FORWARD, DType.F32))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("lanewise.cpu.conv: 'fast'");
    }

    private static void force(String algorithm) {
        if (algorithm.isEmpty()) {
            System.clearProperty(ConvAlgorithm.PROPERTY);
        } else {
            System.setProperty(ConvAlgorithm.PROPERTY, algorithm);
        }
    }

    private static void compare(String what, float[] actual, double[] expected, double tolerance) {
        for (int i = 0; i < expected.length; i++) {
            double bound = tolerance * (1 + Math.abs(expected[i]));
            if (!(Math.abs(actual[i] - expected[i]) <= bound)) {
                throw new AssertionError(
                        "%s: element %d is %s, expected %s".formatted(what, i, actual[i], expected[i]));
            }
        }
    }

    /** Random operands of a shape, scaled so that results are of the order of one, and the results by definition. */
    private static final class Case {
        /** Every test asks for each shape, and the results by definition take longer than all kernels. */
        private static final Map<ConvShape, Case> CASES = new HashMap<>();

        final ConvShape p;
        final double[] xs;
        final double[] ws;
        final double[] bs;
        final double[] gys;
        final MemorySegment x;
        final MemorySegment w;
        final MemorySegment b;
        final MemorySegment gy;
        final double[] forward;
        final double[] inputGrad;
        final double[] weightGrad;

        static Case of(ConvShape p) {
            return CASES.computeIfAbsent(p, Case::new);
        }

        private Case(ConvShape p) {
            this.p = p;
            Random random = new Random(p.hashCode());
            xs = values(random, p.n() * p.c() * p.h() * p.w(), 1);
            ws = values(random, p.k() * (int) p.reduction(), 1 / Math.sqrt(p.reduction()));
            bs = values(random, p.k(), 1);
            gys = values(random, p.n() * p.k() * p.oh() * p.ow(), 1 / Math.sqrt(p.oh() * p.ow()));
            x = floats(xs);
            w = floats(ws);
            b = floats(bs);
            gy = floats(gys);
            forward = ReferenceConvolution.forward(p, xs, ws, bs);
            inputGrad = ReferenceConvolution.inputGrad(p, gys, ws);
            weightGrad = ReferenceConvolution.weightGrad(p, xs, gys);
        }

        private static double[] values(Random random, int count, double scale) {
            double[] values = new double[count];
            Arrays.setAll(values, i -> (float) (random.nextGaussian() * scale));
            return values;
        }

        private static MemorySegment floats(double[] values) {
            MemorySegment s = Arena.global().allocate(SHIFT + 4L * values.length, 64);
            for (int i = 0; i < values.length; i++) {
                s.set(ValueLayout.JAVA_FLOAT, SHIFT + 4L * i, (float) values[i]);
            }
            return s;
        }

        /** Memory for a result, filled with NaN: what it held must not matter. */
        private static MemorySegment result(long bytes) {
            MemorySegment s = Arena.global().allocate(SHIFT + bytes, 64);
            s.fill((byte) 0xff);
            return s;
        }

        private static float[] read(MemorySegment s) {
            return s.asSlice(SHIFT).toArray(ValueLayout.JAVA_FLOAT);
        }

        private Kernel plan(Pass pass, DType type) {
            return Plans.of(ConvProblem.of(p, pass, type));
        }

        private static long at(MemorySegment s) {
            return s.address() + SHIFT;
        }

        List<float[]> results() {
            MemorySegment y = result(4L * forward.length);
            MemorySegment gx = result(4L * inputGrad.length);
            MemorySegment gw = result(4L * weightGrad.length);
            plan(Pass.FORWARD, DType.F32).run(at(x), at(w), at(b), at(y));
            plan(Pass.INPUT_GRAD, DType.F32).run(at(gy), at(w), 0, at(gx));
            plan(Pass.WEIGHT_GRAD, DType.F32).run(at(x), at(gy), 0, at(gw));
            return List.of(read(y), read(gx), read(gw));
        }

        void check(String algorithm) {
            List<float[]> results = results();
            compare(algorithm + " forward", results.get(0), forward, TOLERANCE);
            compare(algorithm + " input gradient", results.get(1), inputGrad, TOLERANCE);
            compare(algorithm + " weight gradient", results.get(2), weightGrad, TOLERANCE);
        }

        void checkDoubles() {
            MemorySegment y = result(8L * forward.length);
            MemorySegment gx = result(8L * inputGrad.length);
            MemorySegment gw = result(8L * weightGrad.length);
            MemorySegment xd = doubles(xs);
            MemorySegment wd = doubles(ws);
            MemorySegment gyd = doubles(gys);
            plan(Pass.FORWARD, DType.F64).run(at(xd), at(wd), at(doubles(bs)), at(y));
            plan(Pass.INPUT_GRAD, DType.F64).run(at(gyd), at(wd), 0, at(gx));
            plan(Pass.WEIGHT_GRAD, DType.F64).run(at(xd), at(gyd), 0, at(gw));
            compareDoubles(y, forward);
            compareDoubles(gx, inputGrad);
            compareDoubles(gw, weightGrad);
        }

        private static MemorySegment doubles(double[] values) {
            MemorySegment s = Arena.global().allocate(SHIFT + 8L * values.length, 64);
            MemorySegment.copy(values, 0, s, ValueLayout.JAVA_DOUBLE, SHIFT, values.length);
            return s;
        }

        private static void compareDoubles(MemorySegment actual, double[] expected) {
            for (int i = 0; i < expected.length; i++) {
                double value = actual.get(ValueLayout.JAVA_DOUBLE, SHIFT + 8L * i);
                if (!(Math.abs(value - expected[i]) <= 1e-11 * (1 + Math.abs(expected[i])))) {
                    throw new AssertionError("F64: element %d is %s, expected %s".formatted(i, value, expected[i]));
                }
            }
        }
    }
}
