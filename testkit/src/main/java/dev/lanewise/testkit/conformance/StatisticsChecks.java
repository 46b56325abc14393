package dev.lanewise.testkit.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Percentage.withPercentage;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.norm.BatchNormalization;
import dev.lanewise.tensor.op.norm.LayerNormalization;
import dev.lanewise.tensor.op.sequence.Attention;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;

/** What normalizations and attention of 16-bit operands save for their gradients is F32: checked against doubles. */
final class StatisticsChecks {
    private final Device device;

    StatisticsChecks(Device device) {
        this.device = device;
    }

    Stream<DynamicNode> all() {
        return Stream.of(DType.BF16, DType.F16)
                .flatMap(dtype -> Stream.of(
                        DynamicTest.dynamicTest(dtype + " layer normalization", () -> layerNormalization(dtype)),
                        DynamicTest.dynamicTest(dtype + " batch normalization", () -> batchNormalization(dtype)),
                        DynamicTest.dynamicTest(dtype + " attention", () -> attention(dtype))));
    }

    private Tensor narrow(DType dtype, double mean, double deviation, long... sizes) {
        double[] values = new double[(int) Shape.of(sizes).elements()];
        Random random = new Random(5);
        Arrays.setAll(values, i -> mean + deviation * random.nextGaussian());
        return Tensor.of(values, sizes).to(dtype).to(device);
    }

    private static double[] doubles(Tensor tensor) {
        return tensor.to(DType.F64).toDoubleArray();
    }

    private static void assertStatistic(Tensor actual, double[] expected) {
        assertThat(actual.dtype()).isEqualTo(DType.F32);
        double[] values = doubles(actual);
        assertThat(values).hasSameSizeAs(expected);
        for (int i = 0; i < expected.length; i++) {
            assertThat(values[i]).as("element %d", i).isCloseTo(expected[i], withPercentage(1e-3));
        }
    }

    /** A mean of 300 in BF16 is off by up to 1, a deviation by up to 0.4%. */
    private void layerNormalization(DType dtype) {
        Tensor x = narrow(dtype, 300, 20, 6, 96);
        double[] values = doubles(x);
        double[] means = new double[6];
        double[] reciprocals = new double[6];
        for (int row = 0; row < 6; row++) {
            double[] own = Arrays.copyOfRange(values, row * 96, (row + 1) * 96);
            double mean = Arrays.stream(own).average().orElseThrow();
            double variance =
                    Arrays.stream(own).map(v -> (v - mean) * (v - mean)).sum() / 96;
            means[row] = mean;
            reciprocals[row] = 1 / Math.sqrt(variance + 0.5);
        }
        Tensor[] results = Tensor.applyAll(new LayerNormalization(1, 0.5), new Tensor[] {x});
        assertThat(results[0].dtype()).isEqualTo(dtype);
        assertStatistic(results[1], means);
        assertStatistic(results[2], reciprocals);
    }

    private void batchNormalization(DType dtype) {
        Tensor x = narrow(dtype, 300, 20, 8, 3, 16);
        double[] values = doubles(x);
        double[] means = new double[3];
        double[] variances = new double[3];
        for (int channel = 0; channel < 3; channel++) {
            int c = channel;
            double[] own = IntStream.range(0, values.length)
                    .filter(i -> i / 16 % 3 == c)
                    .mapToDouble(i -> values[i])
                    .toArray();
            double mean = Arrays.stream(own).average().orElseThrow();
            means[c] = mean;
            variances[c] = Arrays.stream(own).map(v -> (v - mean) * (v - mean)).sum() / own.length;
        }
        Tensor scale = narrow(dtype, 1, 0.1, 3);
        Tensor[] results = Tensor.applyAll(new BatchNormalization(0.5), new Tensor[] {x, scale, scale});
        assertThat(results[0].dtype()).isEqualTo(dtype);
        assertStatistic(results[1], means);
        assertStatistic(results[2], variances);
    }

    /** Of scores between 4 and 100: in BF16 the largest would be off by up to 0.25, 28% of every probability. */
    private void attention(DType dtype) {
        Tensor q = narrow(dtype, 1, 0.5, 9, 16);
        Tensor k = narrow(dtype, 1, 0.5, 12, 16).mul(1.5);
        double[] queries = doubles(q);
        double[] keys = doubles(k);
        double[] expected = new double[9];
        for (int row = 0; row < 9; row++) {
            double[] scores = new double[12];
            for (int column = 0; column < 12; column++) {
                for (int i = 0; i < 16; i++) {
                    scores[column] += queries[row * 16 + i] * keys[column * 16 + i] * 2;
                }
            }
            double top = Arrays.stream(scores).max().orElseThrow();
            expected[row] = top
                    + Math.log(Arrays.stream(scores).map(s -> Math.exp(s - top)).sum());
        }
        assertThat(expected[0]).isGreaterThan(32);
        Tensor[] results = Tensor.applyAll(new Attention(2, false), new Tensor[] {q, k, k});
        assertThat(results[0].dtype()).isEqualTo(dtype);
        assertStatistic(results[1], expected);
    }
}
