package dev.lanewise.onnx;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Quantized operators, with their exact integer results. */
final class QuantizationOps {
    private QuantizationOps() {}

    static void register(Map<String, Operator> all) {
        all.put("QuantizeLinear", c -> Call.out(quantize(c)));
        all.put("DequantizeLinear", c -> Call.out(dequantize(c)));
        all.put("DynamicQuantizeLinear", QuantizationOps::dynamic);
        all.put("MatMulInteger", c -> Call.out(matmul(c)));
        all.put("QLinearMatMul", c -> Call.out(qlinearMatmul(c)));
        all.put("QLinearConv", c -> Call.out(qlinearConv(c)));
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
        ElementType to =
                c.has(2) ? c.type(2) : ElementType.of(c.i("output_dtype", 0) == 0 ? 2 : c.i("output_dtype", 2));
        int axis = axis(c, x);
        long block = c.i("block_size", 0);
        DType wide = x.dtype() == DType.F64 ? DType.F64 : DType.F32;
        Tensor scale = fitted(c.x(1), x, axis, block).to(wide);
        Tensor ratio = x.to(wide).div(scale);
        if (to.isFloating()) {
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
        double most = Math.scalb(1.0, to.isUnsigned() ? to.bits() : to.bits() - 1) - 1;
        double least = to.isUnsigned() ? 0 : -most - 1;
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
        DType out = asked == 0 ? given.dtype() : ElementType.of(asked).carrier();
        return OnnxValue.of(shifted.mul(scale).to(out));
    }

    private static OnnxValue[] dynamic(Call c) {
        Tensor x = c.x();
        float least = Math.min(0, (float) x.amin().item());
        float most = Math.max(0, (float) x.amax().item());
        float scale = (most - least) / 255;
        float zero = scale == 0 ? 0 : (float) Math.rint(Math.clamp(-least / scale, 0, 255));
        Tensor ratio = x.div(Host.scalar(scale).to(x.device()));
        OnnxValue y = quantized(ratio, Host.scalar(zero).to(x.device()), ElementType.UINT8);
        return Call.out(
                y,
                OnnxValue.of(Host.scalar(scale).to(x.device())),
                OnnxValue.of(Host.scalar(zero).to(DType.U8).to(x.device())));
    }

    /** Whole numbers minus their zero point: one for all, or one for each slice of a dimension. */
    static Tensor shifted(Tensor x, @Nullable Tensor zero, int dim) {
        return shifted(x, zero, dim, DType.I32);
    }

    /** The same in a type that holds the differences; F32 is exact for those of 8-bit numbers. */
    static Tensor shifted(Tensor x, @Nullable Tensor zero, int dim, DType type) {
        Tensor wide = x.to(type);
        if (zero == null) {
            return wide;
        }
        Tensor points = zero.to(type);
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

    /** The largest 8-bit number minus its zero point. */
    private static final double LARGEST = 255;

    /**
     * How many rows of a matrix of whole numbers a product may take at once so that F32 holds the sums exactly: all of
     * them if no column's sum exceeds the limit.
     */
    static long rowsAtOnce(Tensor matrix) {
        if (matrix.shape().isEmpty()) {
            return EXACT;
        }
        double most = matrix.abs().to(DType.F64).sum(0).amax().item();
        return most * LARGEST < 0x1p24 ? Math.max(EXACT, matrix.shape().size(0)) : EXACT;
    }

    /** The exact product of small whole numbers, as I32. */
    static Tensor product(Tensor a, Tensor b) {
        return product(a.to(DType.F32), b.to(DType.F32), EXACT);
    }

    /**
     * The exact product of small whole numbers in F32, as I32.
     *
     * @param atOnce how many rows of b are taken at once
     */
    static Tensor product(Tensor left, Tensor right, long atOnce) {
        int last = left.shape().rank() - 1;
        int rows = Math.max(0, right.shape().rank() - 2);
        long k = left.shape().size(last);
        if (k <= atOnce) {
            return left.matmul(right).to(DType.I32);
        }
        Tensor sum = null;
        for (long start = 0; start < k; start += atOnce) {
            long size = Math.min(atOnce, k - start);
            Tensor part = left.narrow(last, start, size)
                    .matmul(right.narrow(rows, start, size))
                    .to(DType.I32);
            sum = sum == null ? part : sum.add(part);
        }
        return sum == null ? left.matmul(right).to(DType.I32) : sum;
    }

    private static Tensor matmul(Call c) {
        int rank = c.x().shape().rank();
        return product(shifted(c.x(), c.maybe(2), rank > 1 ? -2 : -1), shifted(c.x(1), c.maybe(3), -1));
    }

    private static OnnxValue qlinearMatmul(Call c) {
        Tensor a = c.x();
        Tensor b = c.x(3);
        Tensor sum = product(shifted(a, c.x(2), a.shape().rank() > 1 ? -2 : -1), shifted(b, c.x(5), -1));
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
