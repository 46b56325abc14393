package dev.lanewise.tensor.internal;

import dev.lanewise.tensor.Autocast;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Keep;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.spi.Origins;
import java.util.Arrays;
import java.util.function.UnaryOperator;

/** Norms and deviations, whose intermediate powers may leave the range of a type that can hold the result. */
public final class Magnitudes {
    /** Bounds, by type, between which the squares of magnitudes, and sums of many squares, stay in range. */
    private record Ordinary(double least, double most) {
        static final Ordinary SINGLE = new Ordinary(1e-14, 1e14);
        static final Ordinary DOUBLE = new Ordinary(1e-140, 1e140);
    }

    private Magnitudes() {}

    /**
     * A function computed in F32 where the type has 16 bits, with its result rounded to the type; inside
     * {@link Autocast} the result stays F32, as for sums.
     */
    public static Tensor inF32(Tensor x, UnaryOperator<Tensor> function) {
        boolean narrow = x.dtype() == DType.F16 || x.dtype() == DType.BF16;
        if (!narrow) {
            return function.apply(x);
        }
        Tensor wide = function.apply(x.to(DType.F32));
        return Autocast.current() == null ? wide.to(x.dtype()) : wide;
    }

    /** The variance along dimensions. */
    public static Tensor var(Tensor x, int[] dims, double correction, boolean keepDims) {
        Tensor squares = x.sub(x.mean(dims, Keep.KEEP)).square();
        return squares.sum(dims, Keep.when(keepDims)).div(freedom(x, dims, correction));
    }

    /** The standard deviation along dimensions. */
    public static Tensor std(Tensor x, int[] dims, double correction, boolean keepDims) {
        double freedom = freedom(x, dims, correction);
        if (freedom == 0) {
            // NaN, and so is its gradient
            return var(x, dims, correction, keepDims).sqrt();
        }
        return norm(x.sub(x.mean(dims, Keep.KEEP)), 2, dims, keepDims).div(Math.sqrt(freedom));
    }

    private static double freedom(Tensor x, int[] dims, double correction) {
        return Math.max(count(x, dims) - correction, 0);
    }

    private static long count(Tensor x, int[] dims) {
        return Arrays.stream(dims).mapToLong(dim -> x.shape().size(dim)).reduce(1, (a, b) -> a * b);
    }

    /** The norm of any order along dimensions. */
    public static Tensor norm(Tensor x, double p, int[] dims, boolean keepDims) {
        if (p == 0) {
            return x.ne(0).to(x.dtype()).sum(dims, Keep.when(keepDims));
        }
        Tensor magnitude = p == 2 ? x : x.abs();
        if (Double.isInfinite(p)) {
            return p > 0 ? magnitude.amax(dims, Keep.when(keepDims)) : magnitude.amin(dims, Keep.when(keepDims));
        }
        if (p == 1) {
            return magnitude.sum(dims, Keep.when(keepDims));
        }
        if (count(x, dims) == 0) {
            return finiteNorm(magnitude, p, dims, keepDims);
        }
        Tensor scale = scale(x, p, dims);
        Tensor norm = finiteNorm(magnitude.div(scale), p, dims, true).mul(scale);
        return keepDims ? norm : norm.squeeze(dims);
    }

    private static Tensor finiteNorm(Tensor x, double p, int[] dims, boolean keepDims) {
        if (p == 2) {
            return root(x.square().sum(dims, Keep.when(keepDims)), 0.5);
        }
        // powers have no finite slope at 0, or none at all, so nothing is differentiated there
        Tensor zero = x.eq(0);
        Tensor powers = zero.where(x.zerosLike(), zero.where(x.onesLike(), x).pow(p));
        Tensor root = root(powers.sum(dims, Keep.when(keepDims)), 1 / p);
        // a negative power of 0 is infinite, which makes the norm 0
        return p > 0 ? root : zero.any(dims, Keep.when(keepDims)).where(root.zerosLike(), root);
    }

    /** A power of a sum of powers; of 0 it is 0 (or, for a negative one, infinite), with the gradient 0. */
    private static Tensor root(Tensor sum, double exponent) {
        Tensor zero = sum.eq(0);
        Tensor safe = zero.where(sum.onesLike(), sum);
        Tensor root = exponent == 0.5 ? safe.sqrt() : safe.pow(exponent);
        return zero.where(Tensor.full(Math.pow(0, exponent), sum.dtype(), sum.device()), root);
    }

    /**
     * A constant to divide by so that powers stay in range: 1 for ordinary magnitudes, which leaves every bit as it is;
     * otherwise the dominant magnitude, which is the largest, or for negative powers the smallest.
     */
    private static Tensor scale(Tensor x, double p, int[] dims) {
        Ordinary ordinary = x.dtype() == DType.F64 ? Ordinary.DOUBLE : Ordinary.SINGLE;
        // of the gradient too, which takes a negative power further
        double reach = 2 / (p > 0 ? p : 1 - p);
        Tensor magnitude = Origins.withOrigin(x, null).abs();
        Tensor most = p > 0 ? magnitude.amax(dims, Keep.KEEP) : magnitude.amin(dims, Keep.KEEP);
        Tensor small = most.gt(0).and(most.lt(Math.min(Math.pow(ordinary.least, reach), 1)));
        Tensor large = most.lt(Double.POSITIVE_INFINITY).and(most.gt(Math.pow(ordinary.most, reach)));
        return small.or(large).where(most, Tensor.full(1, x.dtype(), x.device()));
    }

    /** What lies a part of the way along the sorted elements of a dimension. */
    public static Tensor quantile(Tensor x, double q, int dim, boolean keepDim) {
        long last = x.shape().size(dim) - 1;
        Tensor sorted = x.sort(dim).values();
        double place = q * last;
        long below = (long) place;
        double part = place - below;
        Tensor result = part == 0
                ? sorted.narrow(dim, below, 1)
                : between(sorted.narrow(dim, below, 1), sorted.narrow(dim, below + 1, 1), part);
        // NaN stands at the end
        Tensor greatest = sorted.narrow(dim, last, 1);
        Tensor known = greatest.ne(greatest).where(greatest, result);
        return keepDim ? known : known.squeeze(dim);
    }

    /** A difference that is not finite says nothing of the numbers between. */
    private static Tensor between(Tensor from, Tensor to, double part) {
        Tensor difference = to.sub(from);
        Tensor finite = difference.abs().lt(Double.POSITIVE_INFINITY);
        Tensor shares = from.mul(1 - part).add(to.mul(part));
        return finite.where(from.add(difference.mul(part)), shares);
    }
}
