package dev.lanewise.cuda;

import static dev.lanewise.cuda.Near.assertNearOfLargest;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.autograd.Gradients;
import dev.lanewise.cuda.api.HostDriver;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.Op;
import dev.lanewise.tensor.op.sequence.Attention;
import dev.lanewise.tensor.op.sequence.AttentionGrad;
import dev.lanewise.tensor.spi.Backends;
import dev.lanewise.tensor.spi.StepRecorder;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Attention over several tiles of queries and keys, against the decomposition in double precision. */
@ExtendWith(HostCuda.class)
final class AttentionOnHostTest {
    private static final Device CUDA = Device.cuda(0);

    private final Random random = new Random(2);
    /** Numbers that the type holds exactly, on the host. */
    private Tensor numbers(DType dtype, long... sizes) {
        double[] values = new double[(int) Shape.of(sizes).elements()];
        Arrays.setAll(values, i -> random.nextGaussian());
        return Tensor.of(values, sizes).to(dtype);
    }

    /** Hides every third key of each query, and all keys of queries whose number is a multiple of {@code blind}. */
    private Tensor mask(DType dtype, int l, int s, int blind) {
        double[] values = new double[l * s];
        Arrays.setAll(
                values,
                i -> i % s % 3 == 1 || blind > 0 && i / s % blind == 0
                        ? Double.NEGATIVE_INFINITY
                        : random.nextGaussian());
        return Tensor.of(values, l, s).to(dtype);
    }

    static Stream<Arguments> problems() {
        return Stream.of(
                // causal, {queries, keys, columns of queries and keys, columns of values, heads}, masked
                Arguments.of(false, new int[] {70, 150, 16, 16, 1}, false),
                Arguments.of(true, new int[] {150, 70, 33, 20, 1}, false),
                Arguments.of(true, new int[] {66, 131, 20, 40, 1}, true),
                Arguments.of(false, new int[] {65, 1, 64, 64, 2}, true),
                Arguments.of(true, new int[] {130, 130, 100, 72, 1}, false),
                Arguments.of(false, new int[] {3, 80, 1, 128, 2}, true));
    }

    @ParameterizedTest
    @MethodSource("problems")
    void manyTilesGiveWhatTheDecompositionGives(boolean causal, int[] sizes, boolean masked) {
        for (DType dtype : new DType[] {DType.F32, DType.F64}) {
            check(dtype, new Attention(0.3, causal), sizes, masked);
        }
    }

    /** Sums are made in single precision; operands and results are rounded, and with them what the gradient is given. */
    @ParameterizedTest
    @EnumSource(names = {"F16", "BF16"})
    void narrowTypes(DType dtype) {
        check(dtype, new Attention(0.3, true), new int[] {70, 150, 16, 40, 1}, true);
        check(dtype, new Attention(0.1, false), new int[] {66, 66, 72, 34, 2}, false);
    }

    private void check(DType dtype, Attention op, int[] sizes, boolean masked) {
        Tensor q = numbers(dtype, sizes[4], sizes[0], sizes[2]);
        Tensor k = numbers(dtype, sizes[4], sizes[1], sizes[2]);
        Tensor v = numbers(dtype, sizes[4], sizes[1], sizes[3]);
        Tensor[] in = masked ? new Tensor[] {q, k, v, mask(dtype, sizes[0], sizes[1], 0)} : new Tensor[] {q, k, v};
        Tensor[] y = launch(1, op, in);
        assertClose(y, op.decompose(wide(in)), dtype);

        Tensor g = numbers(dtype, sizes[4], sizes[0], sizes[3]);
        Tensor[] all = {g, q, k, v, y[0].to(Device.CPU), y[1].to(Device.CPU)};
        if (masked) {
            all = Arrays.copyOf(all, 7);
            all[6] = in[3];
        }
        AttentionGrad grad = new AttentionGrad(op);
        assertClose(launch(2, grad, all), grad.decompose(wide(all)), dtype);
    }

    private static Tensor[] wide(Tensor[] operands) {
        return Arrays.stream(operands).map(x -> x.to(DType.F64)).toArray(Tensor[]::new);
    }

    /** Runs an operation on the device, which takes so many launches. */
    private static Tensor[] launch(int launches, Op op, Tensor... operands) {
        Tensor[] in = Arrays.stream(operands).map(x -> x.to(CUDA)).toArray(Tensor[]::new);
        return launched(launches, op, in);
    }

    private static Tensor[] launched(int launches, Op op, Tensor... in) {
        long before = HostCudaProvider.driver().launches();
        Tensor[] results = Tensor.applyAll(op, in);
        assertThat(HostCudaProvider.driver().launches() - before).isEqualTo(launches);
        return results;
    }

    private static void assertClose(Tensor[] results, Tensor[] expected, DType dtype) {
        double tolerance = switch (dtype) {
            case F64 -> 1e-12;
            case F32 -> 1e-5;
            case F16 -> 0x1p-9;
            default -> 0x1p-6;
        };
        for (int i = 0; i < results.length; i++) {
            assertNearOfLargest(results[i], expected[i].toDoubleArray(), tolerance, 1, "result " + i + " in " + dtype);
        }
    }

    /** {@code [n, l, heads, e]} seen as {@code [n, heads, l, e]}. */
    private Tensor[] heads(int l, int e) {
        return Stream.generate(() -> numbers(DType.F32, 2, l, 3, e).to(CUDA).transpose(1, 2))
                .limit(3)
                .toArray(Tensor[]::new);
    }

    @Test
    void transposedHeadsAreReadWhereTheyLie() {
        Attention op = new Attention(0.5, true);
        for (int columns : new int[] {8, 7}) {
            Tensor[] views = heads(70, columns);
            Tensor[] dense = Arrays.stream(views).map(Tensor::contiguous).toArray(Tensor[]::new);
            Tensor[] y = launched(1, op, views);
            assertThat(bytes(y[0])).isEqualTo(bytes(Tensor.applyAll(op, dense)[0]));
            Tensor g = heads(70, columns)[0];
            Tensor[] all = {g, views[0], views[1], views[2], y[0], y[1]};
            Tensor[] copies = {g.contiguous(), dense[0], dense[1], dense[2], y[0], y[1]};
            Tensor[] grads = launched(2, new AttentionGrad(op), all);
            Tensor[] expected = Tensor.applyAll(new AttentionGrad(op), copies);
            for (int i = 0; i < grads.length; i++) {
                assertThat(bytes(grads[i])).isEqualTo(bytes(expected[i]));
            }
        }
    }

    private static byte[] bytes(Tensor tensor) {
        byte[] bytes = new byte[(int) tensor.spec().bytes()];
        tensor.copyTo(MemorySegment.ofArray(bytes));
        return bytes;
    }

    @ParameterizedTest
    @EnumSource(names = {"F32", "F16"})
    void sameBitsInAnyOrderOfThreads(DType dtype) {
        Attention op = new Attention(0.5, true);
        Tensor[] in =
                Stream.generate(() -> numbers(dtype, 70, 9).to(CUDA)).limit(4).toArray(Tensor[]::new);
        byte[][] expected = null;
        for (HostDriver.Order order : HostDriver.Order.values()) {
            HostCudaProvider.driver().order(order);
            Tensor[] y = Tensor.applyAll(op, in[0], in[1], in[2]);
            Tensor[] grads = Tensor.applyAll(new AttentionGrad(op), in[3], in[0], in[1], in[2], y[0], y[1]);
            byte[][] bits = Stream.of(y, grads)
                    .flatMap(Arrays::stream)
                    .map(AttentionOnHostTest::bytes)
                    .toArray(byte[][]::new);
            expected = expected == null ? bits : expected;
            assertThat(bits).as("%s", order).isDeepEqualTo(expected);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"F32", "F64", "F16", "BF16"})
    void aQueryThatSeesNothingGivesNothing(DType dtype) {
        Attention op = new Attention(0.5, false);
        Tensor[] in = {numbers(dtype, 70, 8), numbers(dtype, 70, 8), numbers(dtype, 70, 8), mask(dtype, 70, 70, 10)};
        Tensor[] y = launch(1, op, in);
        assertClose(y, op.decompose(wide(in)), dtype);
        assertThat(y[0].narrow(0, 10, 1).to(DType.F64).toDoubleArray()).containsOnly(0);
        assertThat(y[1].narrow(0, 10, 1).to(DType.F64).item()).isEqualTo(Double.NEGATIVE_INFINITY);

        Tensor g = numbers(dtype, 70, 8);
        Tensor[] all = {g, in[0], in[1], in[2], y[0].to(Device.CPU), y[1].to(Device.CPU), in[3]};
        AttentionGrad grad = new AttentionGrad(op);
        Tensor[] grads = launch(2, grad, all);
        assertClose(grads, grad.decompose(wide(all)), dtype);
        assertThat(grads[0].narrow(0, 10, 1).to(DType.F64).toDoubleArray()).containsOnly(0);
    }

    @ParameterizedTest
    @EnumSource(names = {"F32", "F64", "F16", "BF16"})
    void noKeysGiveNothing(DType dtype) {
        Attention op = new Attention(0.5, true);
        Tensor queries = numbers(dtype, 2, 70, 8).to(CUDA);
        Tensor none = numbers(dtype, 2, 0, 8).to(CUDA);
        Tensor[] y = Tensor.applyAll(op, queries, none, none);
        assertThat(y[0].to(DType.F64).toDoubleArray()).hasSize(2 * 70 * 8).containsOnly(0);
        assertThat(y[1].to(DType.F64).toDoubleArray()).hasSize(2 * 70).containsOnly(Double.NEGATIVE_INFINITY);
        Tensor[] grads = Tensor.applyAll(new AttentionGrad(op), queries, queries, none, none, y[0], y[1]);
        assertThat(grads[0].to(DType.F64).toDoubleArray()).hasSize(2 * 70 * 8).containsOnly(0);
    }

    @ParameterizedTest
    @EnumSource(names = {"F16", "BF16"})
    void logarithmsOfSumsAreInSinglePrecision(DType dtype) {
        Tensor[] in = {
            Tensor.full(10, dtype, CUDA, 3, 8).contiguous(),
            Tensor.full(10, dtype, CUDA, 7, 8).contiguous(),
            numbers(dtype, 7, 8).to(CUDA)
        };
        Tensor logSums = Tensor.applyAll(new Attention(0.125, false), in)[1];
        assertThat(logSums.toFloatArray()).containsOnly(new float[] {(float) (100 + Math.log(7))}, within(1e-5f));
    }

    @Test
    void sizesOfZero() {
        Attention op = new Attention(1, false);
        AttentionGrad grad = new AttentionGrad(op);
        Tensor none = numbers(DType.F32, 5, 0);
        Tensor[] y = launch(1, op, numbers(DType.F32, 3, 0), none, numbers(DType.F32, 5, 4));
        assertThat(y[1].toFloatArray()).containsOnly(new float[] {(float) Math.log(5)}, within(1e-6f));
        y = launch(1, op, numbers(DType.F32, 3, 2), numbers(DType.F32, 5, 2), none);
        assertThat(y[1].toFloatArray()).doesNotContain(Float.NaN).hasSize(3);

        Tensor queries = numbers(DType.F32, 0, 4);
        Tensor keys = numbers(DType.F32, 5, 4);
        y = launch(0, op, queries, keys, keys);
        Tensor[] grads = launch(1, grad, queries, queries, keys, keys, y[0].to(Device.CPU), y[1].to(Device.CPU));
        assertThat(grads[1].toFloatArray()).hasSize(20).containsOnly(0);
        assertThat(grads[2].toFloatArray()).hasSize(20).containsOnly(0);
        launch(0, op, numbers(DType.F32, 0, 3, 4), numbers(DType.F32, 0, 5, 4), numbers(DType.F32, 0, 5, 4));
    }

    @Test
    void headsTooWideForTheKernelsRunAsTheDecomposition() {
        Attention op = new Attention(0.1, true);
        Tensor[] in = {numbers(DType.F32, 9, 130), numbers(DType.F32, 9, 130), numbers(DType.F32, 9, 130)};
        assertThat(Backends.of(CUDA).supports(op, in)).isFalse();
        Tensor[] y = Tensor.applyAll(op, in[0].to(CUDA), in[1].to(CUDA), in[2].to(CUDA));
        assertClose(y, op.decompose(wide(in)), DType.F32);
    }

    /** Watched operands get their gradients in two launches; the mask's comes from the decomposition. */
    @Test
    void gradientsThroughAutograd() {
        Tensor[] in = {
            numbers(DType.F64, 4, 3), numbers(DType.F64, 6, 3), numbers(DType.F64, 6, 2), numbers(DType.F64, 4, 6)
        };
        double[][] expected = gradients(Device.CPU, in);
        double[][] actual = gradients(CUDA, in);
        for (int i = 0; i < in.length; i++) {
            assertThat(actual[i]).containsExactly(expected[i], within(1e-12));
        }
    }

    private static double[][] gradients(Device device, Tensor[] operands) {
        Tensor[] in =
                Arrays.stream(operands).map(x -> Autograd.watch(x.to(device))).toArray(Tensor[]::new);
        Tensor y = Tensor.applyAll(new Attention(0.7, false), in)[0];
        Gradients gradients = Autograd.gradients(y.square().sum());
        return Arrays.stream(in).map(x -> gradients.of(x).toDoubleArray()).toArray(double[][]::new);
    }

    @Test
    void recordedStepsGiveWhatStepsGiveThatRunAsTheyAre() {
        Tensor[] in = Stream.generate(() -> numbers(DType.F32, 40, 8).to(CUDA))
                .limit(3)
                .toArray(Tensor[]::new);
        @Nullable Tensor[] result = new Tensor[3];
        Runnable step = () -> {
            try (Scope inner = Scope.open("step")) {
                Tensor[] watched = Arrays.stream(in).map(Autograd::watch).toArray(Tensor[]::new);
                Tensor y = Tensor.applyAll(new Attention(0.7, true), watched)[0];
                Gradients gradients = Autograd.gradients(y.square().sum());
                for (int i = 0; i < result.length; i++) {
                    result[i] = inner.keep(gradients.of(watched[i]));
                }
            }
        };
        step.run();
        byte[][] expected =
                Arrays.stream(result).map(AttentionOnHostTest::bytes).toArray(byte[][]::new);
        try (StepRecorder recorder = Backends.of(CUDA).recorder().orElseThrow()) {
            recorder.warmUp(step);
            recorder.replay(recorder.record(step));
            assertThat(Arrays.stream(result).map(AttentionOnHostTest::bytes).toArray(byte[][]::new))
                    .isDeepEqualTo(expected);
        }
    }
}
