package dev.lanewise.cuda;

import static dev.lanewise.cuda.Near.assertNearOfLargest;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.cuda.api.HostDriver;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Reduction;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.Op;
import dev.lanewise.tensor.op.conv.AveragePooling2d;
import dev.lanewise.tensor.op.conv.AveragePooling2dGrad;
import dev.lanewise.tensor.op.conv.MaxPooling2d;
import dev.lanewise.tensor.op.conv.MaxPooling2dGrad;
import dev.lanewise.tensor.op.conv.PoolingWindow;
import dev.lanewise.tensor.op.norm.BatchNormalization;
import dev.lanewise.tensor.op.norm.BatchNormalizationGrad;
import dev.lanewise.tensor.op.norm.CrossEntropy;
import dev.lanewise.tensor.op.norm.CrossEntropyGrad;
import dev.lanewise.tensor.op.norm.LayerNormalization;
import dev.lanewise.tensor.op.norm.LayerNormalizationGrad;
import dev.lanewise.tensor.op.norm.Softmax;
import dev.lanewise.tensor.op.norm.SoftmaxGrad;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Pooling and batch normalization plane by plane, and results that don't depend on where operands lie. */
@ExtendWith(HostCuda.class)
final class PlanesOnHostTest {
    private static final Device CUDA = Device.cuda(0);

    private final Random random = new Random(7);

    private Tensor floats(DType dtype, long... sizes) {
        float[] values = new float[(int) Shape.of(sizes).elements()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return Tensor.of(values, sizes).to(dtype).to(CUDA);
    }

    /** Numbers of which many are equal, with some NaN. */
    private Tensor ties(DType dtype, long... sizes) {
        float[] values = new float[(int) Shape.of(sizes).elements()];
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextInt(40) == 0 ? Float.NaN : random.nextInt(3) - 1;
        }
        return Tensor.of(values, sizes).to(dtype).to(CUDA);
    }

    private static byte[] bytes(Tensor tensor) {
        byte[] bytes = new byte[(int) tensor.spec().bytes()];
        tensor.copyTo(MemorySegment.ofArray(bytes));
        return bytes;
    }

    private static double tolerance(DType dtype) {
        return switch (dtype) {
            case F64 -> 1e-12;
            case F32 -> 1e-5;
            case F16 -> 2e-3;
            default -> 0.02;
        };
    }

    /** Results on the device, after they are found to be those of the CPU. */
    private static Tensor[] asOnTheCpu(Op op, double tolerance, Tensor... operands) {
        Tensor[] results = Tensor.applyAll(op, operands);
        Tensor[] expected = Tensor.applyAll(
                op, Arrays.stream(operands).map(x -> x.to(Device.CPU)).toArray(Tensor[]::new));
        for (int i = 0; i < results.length; i++) {
            double[] want = expected[i].to(DType.F64).toDoubleArray();
            String what = "result " + i + " of " + op;
            assertThat(results[i].dtype()).isEqualTo(expected[i].dtype());
            if (tolerance == 0) {
                assertThat(results[i].to(DType.F64).toDoubleArray()).as(what).isEqualTo(want);
            } else {
                assertNearOfLargest(results[i], want, tolerance, 1e-3, what);
            }
        }
        return results;
    }

    /**
     * Windows of 2 by 2 side by side, in whole packs and not, also with rows and columns that no window reaches; windows
     * that overlap, that leave gaps, and that begin in the padding or end outside.
     */
    @ParameterizedTest
    @CsvSource({
        "F32, 3, 2, 6, 16, 2, 2, 0, false",
        "F32, 2, 3, 40, 72, 2, 2, 0, false",
        "BF16, 2, 2, 8, 32, 2, 2, 0, false",
        "F16, 5, 7, 2, 16, 2, 2, 0, true",
        "F64, 2, 2, 4, 4, 2, 2, 0, false",
        "F32, 2, 3, 7, 9, 2, 2, 0, false",
        "F32, 2, 3, 7, 9, 2, 2, 0, true",
        "F32, 2, 3, 8, 16, 2, 2, 1, false",
        "F32, 300, 1, 4, 6, 2, 2, 0, false",
        "F16, 2, 2, 13, 11, 3, 2, 1, false",
        "F32, 1, 2, 20, 600, 3, 1, 1, false",
        "F64, 2, 2, 9, 10, 2, 3, 1, true"
    })
    void poolingOfAllPlanes(
            DType dtype, int n, int c, int h, int w, int kernel, int stride, int padding, boolean ceil) {
        PoolingWindow window = new PoolingWindow(kernel, kernel, stride, stride, padding, padding, ceil);
        Tensor x = floats(dtype, n, c, h, w);
        for (boolean oneThread : new boolean[] {false, true}) {
            HostCudaProvider.driver().oneThread(oneThread);
            for (Tensor input : List.of(x, ties(dtype, n, c, h, w))) {
                MaxPooling2d max = new MaxPooling2d(window);
                Tensor[] greatest = asOnTheCpu(max, 0, input);
                Tensor g = floats(dtype, greatest[0].shape().toArray());
                asOnTheCpu(new MaxPooling2dGrad(max.pool(), h, w), tolerance(dtype), g, greatest[1]);
            }
            for (boolean counted : new boolean[] {false, true}) {
                AveragePooling2d mean = new AveragePooling2d(window, counted);
                Tensor y = asOnTheCpu(mean, tolerance(dtype), x)[0];
                Tensor g = floats(dtype, y.shape().toArray());
                asOnTheCpu(new AveragePooling2dGrad(mean, h, w), tolerance(dtype), g);
            }
        }
    }

    /** Planes in whole packs and not, in many parts by images and within planes, and channels that are neighbours. */
    @ParameterizedTest
    @CsvSource({
        "F32, 3, 5, 16",
        "F32, 2, 3, 9001",
        "F32, 2, 3, 9000",
        "BF16, 40, 2, 1000",
        "F16, 5, 40, 49",
        "F64, 9, 3, 1024",
        "F32, 9000, 3, 1",
        "BF16, 3000, 37, 1",
        "F16, 4, 64, 1",
        "F64, 1, 4, 2"
    })
    void batchNormalizationOfAllPlanes(DType dtype, int n, int channels, int plane) {
        Tensor x = floats(dtype, n, channels, plane).add(3);
        Tensor weight = floats(dtype, channels);
        BatchNormalization norm = new BatchNormalization(0.1);
        double tolerance = 3 * tolerance(dtype);
        for (boolean oneThread : new boolean[] {false, true}) {
            HostCudaProvider.driver().oneThread(oneThread);
            Tensor[] y = asOnTheCpu(norm, oneThread ? 10 * tolerance : tolerance, x, weight, floats(dtype, channels));
            Tensor g = floats(dtype, n, channels, plane);
            asOnTheCpu(new BatchNormalizationGrad(norm), 10 * tolerance, g, x, weight, y[1], y[2]);
        }
    }

    /** The same elements as a view that begins one element later in memory. */
    private static Tensor shifted(Tensor x) {
        long n = x.shape().elements();
        Tensor flat = Tensor.cat(0, x.reshape(n).narrow(0, 0, 1), x.reshape(n));
        return flat.narrow(0, 1, n).reshape(x.shape().toArray());
    }

    private static void assertSameBitsAnywhere(Op op, Tensor... operands) {
        Tensor[] expected = Tensor.applyAll(op, operands);
        Tensor[] results = Tensor.applyAll(
                op, Arrays.stream(operands).map(PlanesOnHostTest::shifted).toArray(Tensor[]::new));
        for (int i = 0; i < expected.length; i++) {
            assertThat(bytes(results[i])).as("result %d of %s", i, op).isEqualTo(bytes(expected[i]));
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"F32", "F64", "BF16", "F16"})
    void addressesOfOperandsChangeNoBit(DType dtype) {
        Tensor x = floats(dtype, 5, 72);
        Tensor g = floats(dtype, 5, 72);
        Tensor weight = floats(dtype, 72);
        for (boolean log : new boolean[] {false, true}) {
            Softmax softmax = new Softmax(1, log);
            assertSameBitsAnywhere(softmax, x);
            assertSameBitsAnywhere(new SoftmaxGrad(softmax), g, Tensor.applyAll(softmax, new Tensor[] {x})[0]);
        }
        LayerNormalization norm = new LayerNormalization(1, 0.1);
        assertSameBitsAnywhere(norm, x, weight, weight);
        Tensor[] y = Tensor.applyAll(norm, new Tensor[] {x, weight, weight});
        assertSameBitsAnywhere(new LayerNormalizationGrad(norm), g, x, y[1], y[2], weight);
        CrossEntropy loss = new CrossEntropy(Reduction.MEAN, -100, 0.1);
        Tensor classes = Tensor.of(new long[] {0, 71, 3, 4, 5}).to(CUDA);
        Tensor[] losses = Tensor.applyAll(loss, new Tensor[] {x, classes, weight.abs()});
        assertSameBitsAnywhere(loss, x, classes, weight.abs());
        assertSameBitsAnywhere(new CrossEntropyGrad(loss), losses[0], losses[1], classes, weight.abs());
        Tensor planes = floats(dtype, 3, 4, 8, 16);
        BatchNormalization batch = new BatchNormalization(0.1);
        Tensor scale = floats(dtype, 4);
        Tensor[] normalized = Tensor.applyAll(batch, new Tensor[] {planes, scale, scale});
        assertSameBitsAnywhere(batch, planes, scale, scale);
        Tensor upstream = floats(dtype, 3, 4, 8, 16);
        assertSameBitsAnywhere(
                new BatchNormalizationGrad(batch), upstream, planes, scale, normalized[1], normalized[2]);
        PoolingWindow window = new PoolingWindow(2, 2, 2, 2, 0, 0, false);
        assertSameBitsAnywhere(new MaxPooling2d(window), planes);
        assertSameBitsAnywhere(new AveragePooling2d(window, true), planes);
    }

    /** All threads of a block leave their sums for each other. */
    @Test
    void batchNormalizationIsTheSameInAnyOrderOfThreads() {
        Tensor x = floats(DType.F32, 6, 40, 50);
        Tensor weight = floats(DType.F32, 40);
        BatchNormalization norm = new BatchNormalization(0.1);
        byte[] expected = bytes(Tensor.applyAll(norm, new Tensor[] {x, weight, weight})[1]);
        for (HostDriver.Order order : HostDriver.Order.values()) {
            HostCudaProvider.driver().order(order);
            assertThat(bytes(Tensor.applyAll(norm, new Tensor[] {x, weight, weight})[1]))
                    .as("%s", order)
                    .isEqualTo(expected);
        }
    }
}
