package dev.lanewise.cpu.quant;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.cpu.parallel.Workers;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.matrix.BlockFormat;
import dev.lanewise.tensor.op.matrix.DynamicQuantize;
import dev.lanewise.tensor.op.matrix.IntegerProduct;
import dev.lanewise.tensor.op.matrix.QuantizedProduct;
import dev.lanewise.tensor.op.matrix.QuantizedProduct.Kind;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Weights of few bits against what unpacking them and multiplying gives. */
class QuantizedProductsTest {
    /** Blocks of random bits whose numbers are finite and not large. */
    private static Tensor weight(BlockFormat format, int n, int blocks) {
        Random chance = new Random(format.name().hashCode());
        byte[] all = new byte[n * blocks * format.bytes()];
        float[] values = new float[format.elements()];
        byte[] block = new byte[format.bytes()];
        for (int at = 0; at < all.length; at += block.length) {
            do {
                chance.nextBytes(block);
                format.unpack(MemorySegment.ofArray(block), 0, values, 0, 1);
            } while (!isModerate(values));
            System.arraycopy(block, 0, all, at, block.length);
        }
        return Tensor.of(MemorySegment.ofArray(all), DType.U8, n, (long) blocks * format.bytes());
    }

    private static boolean isModerate(float[] values) {
        for (float value : values) {
            if (!(Math.abs(value) < 500)) {
                return false;
            }
        }
        return true;
    }

    private static int blocks(BlockFormat format) {
        // more numbers than are unpacked at a time, and a rest that is no whole vector
        return format.elements() == 1 ? 1061 : format.elements() == 32 ? 37 : 5;
    }

    @ParameterizedTest
    @EnumSource(BlockFormat.class)
    void unpackedNumbersHaveTheOraclesBits(BlockFormat format) {
        QuantizedProduct op = new QuantizedProduct(Kind.UNPACK, format);
        Tensor weight = weight(format, 7, blocks(format));
        Tensor got = Tensor.apply(op, weight);
        float[] want = op.decompose(new Tensor[] {weight})[0].toFloatArray();
        assertThat(got.toFloatArray()).containsExactly(want);
    }

    @ParameterizedTest
    @EnumSource(BlockFormat.class)
    void productsAreThoseOfTheUnpackedWeight(BlockFormat format) {
        int n = 53;
        Tensor weight = weight(format, n, blocks(format));
        Tensor wide =
                Tensor.apply(new QuantizedProduct(Kind.UNPACK, format), weight).to(DType.F64);
        long k = wide.shape().size(1);
        for (long m : new long[] {1, 2, 5, 6, 41, 530}) {
            Tensor x = new Rng(m).randn(DType.F32, m, k);
            Tensor y = Tensor.apply(new QuantizedProduct(Kind.LINEAR, format), x, weight);
            near(y, x.to(DType.F64), wide.transpose(0, 1));
            Tensor g = new Rng(m).randn(DType.F32, m, n);
            near(Tensor.apply(new QuantizedProduct(Kind.LINEAR_GRAD, format), g, weight), g.to(DType.F64), wide);
        }
    }

    /** Within some roundings of the sum of all magnitudes. */
    private static void near(Tensor got, Tensor a, Tensor b) {
        Tensor error = got.to(DType.F64).sub(a.matmul(b)).abs();
        Tensor size = a.abs().matmul(b.abs()).add(1e-30);
        assertThat(error.div(size).amax().item()).isLessThan(2e-6);
    }

    @Test
    void resultsAreTheSameBitsForAnyNumberOfThreads() {
        int threads = Workers.threads();
        try {
            for (BlockFormat format : new BlockFormat[] {BlockFormat.Q4_0, BlockFormat.Q6_K, BlockFormat.I8}) {
                Tensor weight = weight(format, 700, format.elements() == 1 ? 512 : 2);
                long k = weight.shape().size(1) / format.bytes() * format.elements();
                for (long m : new long[] {1, 3, 70}) {
                    Tensor x = new Rng(m).randn(DType.F32, m, k);
                    Workers.setThreads(1);
                    float[] one = Tensor.apply(new QuantizedProduct(Kind.LINEAR, format), x, weight)
                            .toFloatArray();
                    Workers.setThreads(4);
                    float[] four = Tensor.apply(new QuantizedProduct(Kind.LINEAR, format), x, weight)
                            .toFloatArray();
                    assertThat(Arrays.equals(one, four)).isTrue();
                }
            }
        } finally {
            Workers.setThreads(threads);
        }
    }

    @Test
    void sumsOfTheLargestBytesAreExact() {
        for (int k : new int[] {1, 255, 256, 257, 3000}) {
            Tensor a = Tensor.full(255, DType.U8, Device.CPU, 9, k);
            Tensor b = Tensor.full(255, DType.U8, Device.CPU, k, 70);
            Tensor zero = Tensor.zeros(DType.U8);
            Tensor sums = Tensor.apply(new IntegerProduct(false), a, b, zero, zero);
            assertThat(sums.toIntArray()).containsOnly(255 * 255 * k);
            Tensor most = Tensor.full(255, DType.U8, Device.CPU);
            assertThat(Tensor.apply(new IntegerProduct(false), Tensor.zeros(DType.U8, 9, k), b, most, zero)
                            .toIntArray())
                    .containsOnly(-255 * 255 * k);
        }
    }

    @Test
    void specialNumbersAreQuantizedAsTheDecompositionDoes() {
        float[][] all = {
            {},
            {0, -0f, 0},
            {1, 2, 3},
            {-1, -2, -3},
            {Float.NaN, 1, -1},
            {Float.POSITIVE_INFINITY, 1, -1},
            {Float.NEGATIVE_INFINITY, 1, -1},
            {Float.MAX_VALUE, -Float.MAX_VALUE, 1},
            {Float.MIN_VALUE, 0, -Float.MIN_VALUE},
            {127.5f, -127.5f, 0.5f, 1.5f, -0.5f}
        };
        for (float[] values : all) {
            for (int repeats : new int[] {1, 30}) {
                float[] x = new float[values.length * repeats];
                for (int i = 0; i < x.length; i++) {
                    x[i] = values[i % values.length];
                }
                Tensor[] got = Tensor.applyAll(DynamicQuantize.DYNAMIC_QUANTIZE, Tensor.of(x));
                Tensor[] want = DynamicQuantize.DYNAMIC_QUANTIZE.decompose(new Tensor[] {Tensor.of(x)});
                for (int i = 0; i < 3; i++) {
                    assertThat(got[i].to(DType.F64).toDoubleArray())
                            .as(Arrays.toString(values) + " result " + i)
                            .containsExactly(want[i].to(DType.F64).toDoubleArray());
                }
            }
        }
    }
}
