package dev.lanewise.tensor.internal;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;

/**
 * Discrete Fourier transforms of pairs {@code [..., n, 2]}, as products with small matrices: a size {@code a b} takes b
 * transforms of size a, factors, and a transforms of size b (Cooley and Tukey 1965).
 */
public final class FourierTransform {
    /** A transform of up to this size is one product. */
    private static final long LARGEST_MATRIX = 64;

    /** A prime factor above makes the transform a convolution of a power of 2 (Bluestein 1970). */
    private static final long LARGEST_PRIME = 512;

    private FourierTransform() {}

    /** Pairs of F32 or F64 along a dimension with elements. */
    public static void checkPairs(String op, Tensor x) {
        int rank = x.shape().rank();
        if (rank < 2 || x.shape().size(rank - 1) != 2 || x.shape().size(rank - 2) == 0 || !isWide(x)) {
            throw new TensorException(op + ": input " + x.spec()
                    + " (expected pairs [..., n, 2] of F32 or F64, n of 1 or more); stack real and imaginary parts");
        }
    }

    /** Numbers of F32 or F64. */
    public static void checkReal(String op, Tensor x) {
        int rank = x.shape().rank();
        if (rank < 1 || x.shape().size(rank - 1) == 0 || !isWide(x)) {
            throw new TensorException(
                    op + ": input " + x.spec() + " (expected [..., n] of F32 or F64, n of 1 or more); cast it?");
        }
    }

    private static boolean isWide(Tensor x) {
        return x.dtype() == DType.F32 || x.dtype() == DType.F64;
    }

    /** The transform, or the one with the other sign. */
    public static Tensor of(Tensor pairs, boolean inverse) {
        Complex z = new Complex(pairs.select(-1, 0), pairs.select(-1, 1));
        Complex y = transform(z, inverse ? 1 : -1);
        return Tensor.stack(-1, y.re, y.im);
    }

    /** The real numbers of n / 2 + 1 pairs. */
    public static Tensor real(Tensor pairs, long n) {
        int rank = pairs.shape().rank();
        long half = pairs.shape().size(rank - 2);
        if (n < 1 || n / 2 + 1 != half) {
            throw new TensorException("irfft: " + half + " pairs for " + n + " numbers (expected " + (n / 2 + 1)
                    + "); give the size that rfft was called with");
        }
        long mirrored = n - half;
        Tensor re = pairs.select(-1, 0);
        Tensor im = pairs.select(-1, 1);
        // the mirror image of all but the first and, of an even size, the last
        Tensor all = Tensor.cat(-1, re, re.narrow(-1, 1, mirrored).flip(-1));
        Tensor imaginary =
                Tensor.cat(-1, im, im.narrow(-1, 1, mirrored).flip(-1).neg());
        Complex z = new Complex(all, imaginary);
        return transform(z, 1).re.div(n);
    }

    /** The positions of windows {@code [frames, size]}. */
    public static Tensor windows(long length, int size, int hop, Device device) {
        Tensor starts =
                Tensor.arange((length - size) / hop + 1, DType.I64, device).mul((long) hop);
        return starts.unsqueeze(1).add(Tensor.arange(size, DType.I64, device));
    }

    private record Complex(Tensor re, Tensor im) {
        long size() {
            return re.shape().size(re.shape().rank() - 1);
        }

        Complex times(Complex w) {
            return new Complex(re.mul(w.re).sub(im.mul(w.im)), re.mul(w.im).add(im.mul(w.re)));
        }

        /** A product with a symmetric matrix along the last dimension. */
        Complex product(Complex matrix) {
            return new Complex(
                    re.matmul(matrix.re).sub(im.matmul(matrix.im)),
                    re.matmul(matrix.im).add(im.matmul(matrix.re)));
        }

        Complex reshape(long... last) {
            return new Complex(split(re, last), split(im, last));
        }

        private static Tensor split(Tensor x, long... last) {
            return x.reshape(x.shape().slice(0, x.shape().rank() - 1).concat(Shape.of(last)));
        }

        Complex turned() {
            return new Complex(re.transpose(-1, -2), im.transpose(-1, -2));
        }

        Complex flat() {
            return new Complex(re.flatten(-2, -1), im.flatten(-2, -1));
        }
    }

    private static Complex transform(Complex z, int sign) {
        long n = z.size();
        if (n <= LARGEST_MATRIX) {
            return z.product(powers(n, n, n, sign, z.re));
        }
        long a = factor(n);
        if (a == n) {
            return n <= LARGEST_PRIME ? z.product(powers(n, n, n, sign, z.re)) : convolved(z, sign);
        }
        long b = n / a;
        // x[j1 b + j2] as [b, a]: transforms over j1, then factors, then transforms over j2
        Complex inner = transform(z.reshape(a, b).turned(), sign);
        Complex outer = transform(inner.times(powers(b, a, n, sign, z.re)).turned(), sign);
        // X[k1 + a k2] stands at [k1, k2]
        return outer.turned().flat();
    }

    /** The largest divisor up to the size of a matrix, or the smallest one above, or the size itself if it is prime. */
    private static long factor(long n) {
        for (long a = LARGEST_MATRIX; a > 1; a--) {
            if (n % a == 0) {
                return a;
            }
        }
        for (long a = LARGEST_MATRIX + 1; a * a <= n; a++) {
            if (n % a == 0) {
                return a;
            }
        }
        return n;
    }

    /** {@code exp(sign 2 pi i j k / n)} for j below rows and k below columns. */
    private static Complex powers(long rows, long columns, long n, int sign, Tensor like) {
        int count = Math.toIntExact(rows * columns);
        double[] re = new double[count];
        double[] im = new double[count];
        for (int i = 0; i < count; i++) {
            // the remainder first: the angle of a large product would have lost its digits
            double angle = sign * 2 * Math.PI * (i / columns * (i % columns) % n) / n;
            re[i] = Math.cos(angle);
            im[i] = Math.sin(angle);
        }
        return new Complex(tensor(re, like, rows, columns), tensor(im, like, rows, columns));
    }

    private static Tensor tensor(double[] values, Tensor like, long... sizes) {
        return Tensor.of(values, sizes).to(like.dtype()).to(like.device());
    }

    /** A transform of a prime size: with {@code j k = (j^2 + k^2 - (k - j)^2) / 2} it is a convolution. */
    private static Complex convolved(Complex z, int sign) {
        int n = Math.toIntExact(z.size());
        int m = Integer.highestOneBit(2 * n - 1) * 2;
        double[] re = new double[n];
        double[] im = new double[n];
        double[] filterRe = new double[m];
        double[] filterIm = new double[m];
        for (int j = 0; j < n; j++) {
            double angle = sign * Math.PI * ((long) j * j % (2L * n)) / n;
            re[j] = Math.cos(angle);
            im[j] = Math.sin(angle);
            filterRe[j] = re[j];
            filterIm[j] = -im[j];
            if (j > 0) {
                filterRe[m - j] = re[j];
                filterIm[m - j] = -im[j];
            }
        }
        Complex chirp = new Complex(tensor(re, z.re, n), tensor(im, z.re, n));
        Complex filter = transform(new Complex(tensor(filterRe, z.re, m), tensor(filterIm, z.re, m)), -1);
        Complex spread = z.times(chirp);
        Complex padded = new Complex(spread.re.pad(0, 0, m - n), spread.im.pad(0, 0, m - n));
        Complex product = transform(transform(padded, -1).times(filter), 1);
        Complex y = new Complex(
                product.re.narrow(-1, 0, n).div(m), product.im.narrow(-1, 0, n).div(m));
        return y.times(chirp);
    }
}
