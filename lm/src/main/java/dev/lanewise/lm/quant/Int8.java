package dev.lanewise.lm.quant;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Keep;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.op.matrix.IntegerProduct;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Rounding to whole numbers: {@code q = round(x / scale) + zero}, ties to even, kept in a range. All of it is computed
 * in single precision, as ONNX and PyTorch define it.
 */
public final class Int8 {
    private static final double LEAST_SCALE = 1e-12;

    private Int8() {}

    /**
     * Whole numbers with their scale and zero point: they stand for {@code (values - zero) scale}.
     *
     * @param values whole numbers of type I8, or U8 where the zero is not 0
     * @param scale one number, or one per row {@code [rows, 1]}
     * @param zero the number that means 0
     */
    public record Quantized(Tensor values, Tensor scale, double zero) {
        /** Holds the given values, none of which may be null. */
        public Quantized {
            Objects.requireNonNull(values, "values");
            Objects.requireNonNull(scale, "scale");
        }

        /** {@return the numbers that they stand for, of type F32} */
        public Tensor dequantized() {
            return values.to(DType.F32).sub(zero).mul(scale);
        }
    }

    /**
     * {@return unsigned numbers with one scale, so that 0 is exact: ONNX's DynamicQuantizeLinear}
     *
     * @param x the numbers, one or more
     * @throws TensorException if the numbers are not of a floating-point type, or there are none
     */
    public static Quantized dynamic(Tensor x) {
        return dynamic(x, 255);
    }

    /**
     * {@return unsigned numbers from 0 with one scale, so that 0 is exact}
     *
     * @param x the numbers, one or more
     * @param most the largest number: 255, or 127 for products that must not overflow 16 bits
     * @throws TensorException if the numbers are not of a floating-point type, there are none, or the largest is not from 1
     *     to 255
     */
    public static Quantized dynamic(Tensor x, int most) {
        checkFloating("int8 dynamic", x);
        if (x.shape().elements() == 0) {
            throw new TensorException("int8 dynamic: " + x.spec()
                    + " (expected one number or more, whose range is measured); use ofRange with a range of your own");
        }
        return ofRange(x, Math.min(x.amin().item(), 0), Math.max(x.amax().item(), 0), most);
    }

    /**
     * {@return unsigned numbers for a range that is known beforehand; numbers outside it are clipped}
     *
     * @param x the numbers
     * @param least the beginning of the range
     * @param greatest the end of the range
     * @param most the largest whole number
     * @throws TensorException if the numbers are not of a floating-point type, or the largest is not from 1 to 255
     */
    public static Quantized ofRange(Tensor x, double least, double greatest, int most) {
        checkFloating("int8 range", x);
        if (most < 1 || most > 255) {
            throw new TensorException(
                    "int8 range: largest number " + most + " (expected 1 to 255, those of U8); 255 is usual");
        }
        float scale = ((float) greatest - (float) least) / most;
        if (scale == 0) {
            scale = 1;
        }
        double zero = Math.max(0, Math.min(most, Math.rint(-(float) least / scale)));
        Tensor values = x.div(scale).round().add(zero).clamp(0, most).to(DType.U8);
        return new Quantized(values, Tensor.scalar(scale), zero);
    }

    /**
     * {@return signed numbers from -127 to 127 with a scale per row}
     *
     * @param x the numbers
     * @throws TensorException if the numbers are not of a floating-point type
     */
    public static Quantized perRow(Tensor x) {
        checkFloating("int8 per row", x);
        Tensor scale = x.abs().amax(-1, Keep.KEEP).div(127).clamp(LEAST_SCALE, Double.POSITIVE_INFINITY);
        return new Quantized(x.div(scale).round().clamp(-127, 127).to(DType.I8), scale, 0);
    }

    /**
     * 4-bit numbers with a scale per group of neighbours.
     *
     * @param values {@code [rows, columns]} of I8, from -8 to 7, or from 0 to 15 with zeros
     * @param scale {@code [rows, groups]}
     * @param zero {@code [rows, groups]}, all 0 where numbers are symmetric
     * @param group how many neighbours share a scale
     */
    public record Grouped(Tensor values, Tensor scale, Tensor zero, int group) {
        /** Holds the given values, none of which may be null. */
        public Grouped {
            Objects.requireNonNull(values, "values");
            Objects.requireNonNull(scale, "scale");
            Objects.requireNonNull(zero, "zero");
        }

        /** {@return the numbers that they stand for, of type F32} */
        public Tensor dequantized() {
            long rows = values.shape().size(0);
            Tensor grouped = values.to(DType.F32).reshape(rows, values.shape().size(1) / group, group);
            return grouped.sub(zero.unsqueeze(-1)).mul(scale.unsqueeze(-1)).reshape(values.shape());
        }
    }

    /**
     * Rounds a weight to 4 bits in groups.
     *
     * @param weight {@code [rows, columns]}, whose columns the group divides
     * @param group how many neighbours share a scale
     * @param symmetric whether 0 stands for 0; otherwise each group has its own zero
     * @return whole numbers with their scales and zero points
     * @throws TensorException if the weight is not a matrix of a floating-point type whose columns the group divides
     */
    public static Grouped groups(Tensor weight, int group, boolean symmetric) {
        checkFloating("int4 groups", weight);
        if (weight.shape().rank() != 2 || group < 1 || weight.shape().size(1) % group != 0) {
            throw new TensorException("int4 groups: " + weight.spec() + " in groups of " + group
                    + " (expected [rows, columns], with columns that the group divides); take another group");
        }
        long rows = weight.shape().size(0);
        Tensor blocks = weight.reshape(rows, weight.shape().size(1) / group, group);
        if (symmetric) {
            Tensor scale = blocks.abs().amax(-1).div(7).clamp(LEAST_SCALE, Double.POSITIVE_INFINITY);
            Tensor values = blocks.div(scale.unsqueeze(-1)).round().clamp(-8, 7);
            return new Grouped(values.reshape(weight.shape()).to(DType.I8), scale, scale.zerosLike(), group);
        }
        Tensor least = blocks.amin(-1).clamp(Double.NEGATIVE_INFINITY, 0);
        Tensor greatest = blocks.amax(-1).clamp(0, Double.POSITIVE_INFINITY);
        Tensor scale = greatest.sub(least).div(15).clamp(LEAST_SCALE, Double.POSITIVE_INFINITY);
        Tensor zero = least.neg().div(scale).round().clamp(0, 15);
        Tensor values =
                blocks.div(scale.unsqueeze(-1)).round().add(zero.unsqueeze(-1)).clamp(0, 15);
        return new Grouped(values.reshape(weight.shape()).to(DType.I8), scale, zero, group);
    }

    /**
     * Sums of products of whole numbers, exactly: {@code (a - zero) b^T}.
     *
     * @param a {@code [n, k]} of U8 or I8
     * @param zero the whole number that means 0, of the same type
     * @param b {@code [m, k]} of I8
     * @return {@code [n, m]} of F64
     * @throws TensorException if the tensors are not whole numbers of these types, or their widths differ
     */
    public static Tensor product(Tensor a, double zero, Tensor b) {
        Tensor point = Tensor.full(zero, DType.F64, a.device()).to(a.dtype());
        Tensor none = Tensor.full(0, b.dtype(), b.device());
        return Tensor.apply(new IntegerProduct(false), a, b.transpose(0, 1), point, none)
                .to(DType.F64);
    }

    /**
     * {@return the rounded numbers, with the gradient of the unrounded ones where they are in range (Bengio et al.
     * 2013, arXiv:1308.3432): for quantization-aware training}
     *
     * @param x the numbers
     * @param scale one number, or a tensor that broadcasts
     * @param zero the whole number that means 0
     * @param least the smallest whole number
     * @param most the largest
     * @throws TensorException if the numbers are not of a floating-point type, or the scale does not broadcast to them
     */
    public static Tensor fake(Tensor x, Tensor scale, double zero, double least, double most) {
        return Autograd.apply(new Fake(scale, zero, least, most), x);
    }

    private static void checkFloating(String what, Tensor x) {
        if (!x.dtype().isFloating()) {
            throw new TensorException(what + ": " + x.spec()
                    + " (expected a floating-point type, whose numbers are rounded); cast it by to(DType.F32)");
        }
    }

    private record Fake(Tensor scale, double zero, double least, double most) implements Autograd.CustomOp {
        @Override
        public String name() {
            return "fake_quantize";
        }

        private Tensor whole(Tensor x) {
            // PyTorch multiplies by the inverse, in single precision
            return x.mul(scale.reciprocal()).round().add(zero);
        }

        @Override
        public Tensor forward(Tensor[] inputs) {
            return whole(inputs[0]).clamp(least, most).sub(zero).mul(scale);
        }

        @Override
        public @Nullable Tensor[] backward(Tensor upstream, Tensor[] inputs, Tensor output) {
            Tensor whole = whole(inputs[0]);
            Tensor inside = whole.ge(least).and(whole.le(most));
            return new @Nullable Tensor[] {inside.to(upstream.dtype()).mul(upstream)};
        }
    }
}
