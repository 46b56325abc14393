package dev.lanewise.onnx.op;

import dev.lanewise.onnx.ElementType;
import dev.lanewise.onnx.OnnxValue;
import dev.lanewise.onnx.format.Elements;
import dev.lanewise.onnx.format.MiniFloat;
import dev.lanewise.onnx.run.Call;
import dev.lanewise.onnx.run.Operator;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.matrix.DynamicQuantize;
import dev.lanewise.tensor.op.matrix.IntegerProduct;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Quantized operators, with their exact integer results. */
public final class QuantizationOps {
    private QuantizationOps() {}

    static @Nullable Operator find(String name) {
        return switch (name) {
            case "QuantizeLinear" -> c -> Call.out(quantize(c));
            case "DequantizeLinear" -> c -> Call.out(dequantize(c));
            case "DynamicQuantizeLinear" -> QuantizationOps::dynamic;
            case "MatMulInteger" -> c -> Call.out(matmul(c));
            case "QLinearMatMul" -> c -> Call.out(qlinearMatmul(c));
            case "QLinearConv" -> c -> Call.out(qlinearConv(c));
            default -> null;
        };
    }

    /** A scale or zero point fitted to the tensor: one for all, for each slice of an axis, or for each block. */
    private static Tensor fitted(Tensor parameter, Tensor x, int axis, long block) {
        if (parameter.shape().elements() == 1 && block == 0) {
            return parameter.reshape();
        }
        int rank = x.shape().rank();
        if (parameter.shape().rank() <= 1) {
            long[] sizes = new long[rank];
            Arrays.fill(sizes, 1);
            sizes[axis] = parameter.shape().elements();
            return parameter.reshape(sizes);
        }
        long size = block > 0 ? block : x.shape().size(axis) / parameter.shape().size(axis);
        Tensor repeated = parameter.unsqueeze(axis + 1);
        Tensor wide = repeated.expand(repeated.shape().with(axis + 1, size));
        long blocks = parameter.shape().size(axis);
        Tensor merged = wide.reshape(parameter.shape().with(axis, blocks * size));
        return merged.narrow(axis, 0, x.shape().size(axis));
    }

    private static OnnxValue quantize(Call c) {
        Tensor x = c.x();
        ElementType to = c.has(2) ? c.type(2) : Elements.type(c.i("output_dtype", 0) == 0 ? 2 : c.i("output_dtype", 2));
        int axis = axis(c, x);
        long block = c.i("block_size", 0);
        DType wide = x.dtype() == DType.F64 ? DType.F64 : DType.F32;
        Tensor scale = fitted(c.x(1), x, axis, block).to(wide);
        Tensor ratio = x.to(wide).div(scale);
        if (Elements.isFloating(to)) {
            return new OnnxValue.Numbers(to, MiniFloat.of(to).round(ratio, c.flag("saturate", true)));
        }
        Tensor zero = c.maybe(2);
        return quantized(ratio, zero == null ? null : fitted(zero, x, axis, block), to);
    }

    private static int axis(Call c, Tensor x) {
        return x.shape().rank() == 0
                ? 0
                : (int) Math.clamp(
                        c.i("axis", 1) < 0 ? c.i("axis", 1) + x.shape().rank() : c.i("axis", 1),
                        0,
                        x.shape().rank() - 1L);
    }

    /** The ratio rounded, shifted and clipped to the type's range. */
    static OnnxValue quantized(Tensor ratio, @Nullable Tensor zero, ElementType to) {
        Tensor rounded = ratio.round();
        Tensor shifted = zero == null ? rounded : rounded.add(zero.to(rounded.dtype()));
        double most = Math.scalb(1.0, Elements.isUnsigned(to) ? Elements.bits(to) : Elements.bits(to) - 1) - 1;
        double least = Elements.isUnsigned(to) ? 0 : -most - 1;
        return new OnnxValue.Numbers(to, shifted.clamp(least, most).to(to.carrier()));
    }

    private static OnnxValue dequantize(Call c) {
        Tensor x = c.x();
        int axis = axis(c, x);
        long block = c.i("block_size", 0);
        Tensor given = c.x(1);
        DType wide = given.dtype() == DType.F64 ? DType.F64 : DType.F32;
        Tensor scale = fitted(given, x, axis, block).to(wide);
        Tensor zero = c.maybe(2);
        Tensor shifted = x.dtype().isFloating() ? x.to(wide) : x.to(DType.I64).to(wide);
        if (zero != null) {
            Tensor points = fitted(zero, x, axis, block);
            shifted = x.dtype().isFloating()
                    ? shifted.sub(points.to(wide))
                    : x.to(DType.I32).sub(points.to(DType.I32)).to(wide);
        }
        long asked = c.i("output_dtype", 0);
        DType out = asked == 0 ? given.dtype() : Elements.type(asked).carrier();
        return OnnxValue.of(shifted.mul(scale).to(out));
    }

    private static OnnxValue[] dynamic(Call c) {
        Tensor[] results = Tensor.applyAll(DynamicQuantize.DYNAMIC_QUANTIZE, c.x().to(DType.F32));
        return Call.out(
                new OnnxValue.Numbers(ElementType.UINT8, results[0]),
                OnnxValue.of(results[1]),
                OnnxValue.of(results[2]));
    }

    /** Whole numbers minus their zero point: one for all, or one for each slice of a dimension. */
    static Tensor shifted(Tensor x, @Nullable Tensor zero, int dim) {
        Tensor wide = x.to(DType.I32);
        if (zero == null) {
            return wide;
        }
        Tensor points = zero.to(DType.I32);
        int rank = x.shape().rank();
        if (zero.shape().elements() == 1) {
            return wide.sub(points.reshape());
        }
        if (zero.shape().rank() == rank) {
            return wide.sub(points);
        }
        long[] sizes = new long[rank];
        Arrays.fill(sizes, 1);
        sizes[dim < 0 ? dim + rank : dim] = zero.shape().elements();
        return wide.sub(points.reshape(sizes));
    }

    /** Sums of 256 products of 9-bit numbers are below 2^24: F32 holds them exactly. */
    private static final long EXACT = 256;

    /** The exact product of small whole numbers, as I32. */
    private static Tensor product(Tensor a, Tensor b) {
        Tensor left = a.to(DType.F32);
        Tensor right = b.to(DType.F32);
        int last = left.shape().rank() - 1;
        int rows = Math.max(0, right.shape().rank() - 2);
        long k = left.shape().size(last);
        Tensor sum = null;
        for (long start = 0; start < k; start += EXACT) {
            long size = Math.min(EXACT, k - start);
            Tensor part = left.narrow(last, start, size)
                    .matmul(right.narrow(rows, start, size))
                    .to(DType.I32);
            sum = sum == null ? part : sum.add(part);
        }
        return sum == null ? left.matmul(right).to(DType.I32) : sum;
    }

    /** The exact product of numbers of 8 bits less their zero points, as I32: by their own operation where it has the form. */
    static Tensor product(Tensor a, Tensor b, @Nullable Tensor aZero, @Nullable Tensor bZero) {
        if (!hasKernel(a, b, aZero, bZero)) {
            return product(shifted(a, aZero, a.shape().rank() > 1 ? -2 : -1), shifted(b, bZero, -1));
        }
        return Tensor.apply(new IntegerProduct(false), a, b, zero(a, aZero), zero(b, bZero));
    }

    private static boolean hasKernel(Tensor a, Tensor b, @Nullable Tensor aZero, @Nullable Tensor bZero) {
        return isByte(a)
                && isByte(b)
                && a.shape().rank() > 0
                && b.shape().rank() == 2
                && (aZero == null || aZero.dtype() == a.dtype() && aZero.shape().elements() == 1)
                && (bZero == null || bZero.dtype() == b.dtype() && isPerColumn(bZero, b));
    }

    private static boolean isPerColumn(Tensor x, Tensor b) {
        return x.shape().elements() == 1 || x.shape().equals(Shape.of(b.shape().size(1)));
    }

    private static boolean isByte(Tensor x) {
        return x.dtype() == DType.U8 || x.dtype() == DType.I8;
    }

    private static Tensor zero(Tensor x, @Nullable Tensor zero) {
        return zero == null ? Tensor.full(0, x.dtype(), x.device()) : zero;
    }

    /**
     * Mul(Cast(MatMulInteger(a, b, aZero, bZero)), scale), and what is added to that: inputs 0 to 3, the scale, and perhaps a bias.
     */
    public static Tensor scaledProduct(Call c) {
        Tensor a = c.x();
        Tensor b = c.x(1);
        Tensor scale = c.x(4);
        Tensor bias = c.maybe(5);
        boolean whole = hasKernel(a, b, c.maybe(2), c.maybe(3))
                && scale.dtype() == DType.F32
                && scale.shape().rank() < Math.max(2, a.shape().rank())
                && isPerColumn(scale, b);
        boolean adds = bias != null
                && bias.dtype() == DType.F32
                && bias.shape().equals(Shape.of(b.shape().size(1)));
        if (!whole) {
            Tensor product = product(a, b, c.maybe(2), c.maybe(3)).to(DType.F32).mul(scale);
            return bias == null ? product : product.add(bias);
        }
        List<Tensor> operands = new ArrayList<>(List.of(a, b, zero(a, c.maybe(2)), zero(b, c.maybe(3)), scale));
        if (bias != null && adds) {
            operands.add(bias);
        }
        Tensor product = Tensor.apply(new IntegerProduct(true), operands.toArray(Tensor[]::new));
        return bias == null || adds ? product : product.add(bias);
    }

    private static Tensor matmul(Call c) {
        return product(c.x(), c.x(1), c.maybe(2), c.maybe(3));
    }

    private static OnnxValue qlinearMatmul(Call c) {
        Tensor a = c.x();
        Tensor sum = product(a, c.x(3), c.x(2), c.x(5));
        Tensor scaleA = column(c.x(1).to(DType.F64), a.shape().rank());
        Tensor ratio = sum.to(DType.F64).mul(scaleA).mul(c.x(4).to(DType.F64)).div(c.x(6).to(DType.F64));
        return quantized(ratio, c.x(7), c.type(7));
    }

    private static Tensor column(Tensor scale, int rank) {
        return scale.shape().rank() == 1 && scale.shape().elements() > 1 && rank > 1 ? scale.unsqueeze(1) : scale;
    }

    private static OnnxValue qlinearConv(Call c) {
        Tensor x = shifted(c.x(), c.x(2), 0).to(DType.F64);
        Tensor w = shifted(c.x(3), c.x(5), 0).to(DType.F64);
        Tensor bias = c.maybe(8);
        Tensor sum = ConvolutionOps.conv(c, x, w, bias == null ? null : bias.to(DType.F64));
        Tensor scaleW = c.x(4).to(DType.F64);
        Tensor perChannel = scaleW.shape().elements() > 1
                ? NormalizationOps.channels(scaleW, sum.shape().rank())
                : scaleW.reshape();
        Tensor factor = perChannel
                .mul(c.x(1).to(DType.F64).reshape())
                .div(c.x(6).to(DType.F64).reshape());
        return quantized(sum.mul(factor), c.x(7).reshape(), c.type(7));
    }
}
