package dev.lanewise.testkit.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Fourier;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the reference cases leave out: large prime factors, and ways back. */
final class FourierTest {
    private static double[] bySums(double[] x) {
        int n = x.length;
        double[] pairs = new double[2 * n];
        for (int k = 0; k < n; k++) {
            for (int j = 0; j < n; j++) {
                double angle = -2 * Math.PI * ((long) j * k % n) / n;
                pairs[2 * k] += x[j] * Math.cos(angle);
                pairs[2 * k + 1] += x[j] * Math.sin(angle);
            }
        }
        return pairs;
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 67, 134, 521, 1042, 1024, 1155})
    void transformsAreTheirSums(long n) {
        Tensor x = new Rng(n).randn(DType.F64, n);
        Tensor pairs = Tensor.stack(-1, x, x.zerosLike());
        double[] want = bySums(x.toDoubleArray());
        Tensor got = Fourier.fft(pairs);
        assertThat(got.flatten().toDoubleArray()).containsExactly(want, within(1e-9));
        assertThat(Fourier.ifft(got).flatten().toDoubleArray())
                .containsExactly(pairs.flatten().toDoubleArray(), within(1e-11));
        assertThat(Fourier.irfft(Fourier.rfft(x), n).toDoubleArray()).containsExactly(x.toDoubleArray(), within(1e-11));
    }

    @Test
    void misfitsAreNamed() {
        assertThatThrownBy(() -> Fourier.fft(Tensor.ones(4)))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("[..., n, 2]");
        assertThatThrownBy(() -> Fourier.rfft(Tensor.arange(4)))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("cast it?");
        assertThatThrownBy(() -> Fourier.irfft(Tensor.ones(3, 2), 7)).isInstanceOf(TensorException.class);
        assertThatThrownBy(() -> Fourier.stft(Tensor.ones(4), 8, 2, Tensor.ones(8), false))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("center");
        assertThatThrownBy(() -> Fourier.stft(Tensor.ones(9), 4, 2, Tensor.ones(5), false))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("a window of 1 to 4 numbers");
    }
}
