package dev.lanewise.tensor;

import dev.lanewise.tensor.internal.FourierTransform;

/**
 * Discrete Fourier transforms along the last dimension. A complex number is a pair {@code [..., 2]} of its real and imaginary
 * part, as {@code torch.view_as_real} gives it. All have gradients. A transform of size n costs {@code n} times the sum of n's
 * prime factors, and not more than a few transforms of a power of 2 where a factor is large.
 *
 * <pre>{@code
 * Tensor spectrum = Fourier.rfft(signal);                                 // [..., n] -> [..., n / 2 + 1, 2]
 * Tensor power = spectrum.square().sum(-1);
 * Tensor frames = Fourier.stft(signal, 512, 128, window, true);           // [..., 257, frames, 2]
 * }</pre>
 */
public final class Fourier {
    private Fourier() {}

    /**
     * The transform {@code X[k] = sum x[j] exp(-2 pi i j k / n)}.
     *
     * @param pairs {@code [..., n, 2]} of F32 or F64
     * @return {@code [..., n, 2]}
     * @throws TensorException if these are no pairs
     */
    public static Tensor fft(Tensor pairs) {
        FourierTransform.checkPairs("fft", pairs);
        return FourierTransform.of(pairs, false);
    }

    /**
     * The inverse transform {@code x[j] = sum X[k] exp(2 pi i j k / n) / n}.
     *
     * @param pairs {@code [..., n, 2]} of F32 or F64
     * @return {@code [..., n, 2]}
     * @throws TensorException if these are no pairs
     */
    public static Tensor ifft(Tensor pairs) {
        FourierTransform.checkPairs("ifft", pairs);
        return FourierTransform.of(pairs, true)
                .div(pairs.shape().size(pairs.shape().rank() - 2));
    }

    /**
     * The first half of the transform of real numbers; the other half is its mirror image.
     *
     * @param x {@code [..., n]} of F32 or F64
     * @return {@code [..., n / 2 + 1, 2]}
     * @throws TensorException if there are no numbers
     */
    public static Tensor rfft(Tensor x) {
        FourierTransform.checkReal("rfft", x);
        Tensor pairs = Tensor.stack(-1, x, x.zerosLike());
        return FourierTransform.of(pairs, false)
                .narrow(-2, 0, x.shape().size(x.shape().rank() - 1) / 2 + 1);
    }

    /**
     * The real numbers whose {@link #rfft} this is; imaginary parts of the first and, of an even size, the last number are left
     * out, as in PyTorch.
     *
     * @param pairs {@code [..., n / 2 + 1, 2]} of F32 or F64
     * @param n how many numbers
     * @return {@code [..., n]}
     * @throws TensorException if these are no pairs, or not those of n numbers
     */
    public static Tensor irfft(Tensor pairs, long n) {
        FourierTransform.checkPairs("irfft", pairs);
        return FourierTransform.real(pairs, n);
    }

    /**
     * The short-time transform: the {@link #rfft} of windows of a signal.
     *
     * @param x {@code [..., length]} of F32 or F64
     * @param size how many numbers a window has
     * @param hop the distance of two windows
     * @param window what the numbers of a window are multiplied by, {@code [size]}; or fewer numbers, which then count as
     *     surrounded by zeros, as PyTorch's {@code win_length} below {@code n_fft}
     * @param center whether the signal is first continued by half a window at both ends, mirrored, so that frame t is around
     *     {@code t hop}; PyTorch's default
     * @return {@code [..., size / 2 + 1, frames, 2]}
     * @throws TensorException if sizes don't fit
     */
    public static Tensor stft(Tensor x, int size, int hop, Tensor window, boolean center) {
        FourierTransform.checkReal("stft", x);
        long own = window.shape().rank() == 1 ? window.shape().size(0) : 0;
        if (size < 1 || hop < 1 || own < 1 || own > size) {
            throw new TensorException("stft: size " + size + ", hop " + hop + ", window " + window.spec()
                    + " (expected 1 or more of both and a window of 1 to " + size + " numbers); check them");
        }
        long before = (size - own) / 2;
        Tensor whole = own == size ? window : window.pad(0, before, size - own - before);
        Tensor signal = center ? x.padReflect(size / 2, size / 2) : x;
        long length = signal.shape().size(signal.shape().rank() - 1);
        if (length < size) {
            throw new TensorException("stft: " + length + " numbers for a window of " + size
                    + " (expected as many or more); take a smaller window, or center the windows");
        }
        Tensor frames = signal.indexSelect(-1, FourierTransform.windows(length, size, hop, x.device()));
        return rfft(frames.mul(whole)).transpose(-2, -3);
    }
}
