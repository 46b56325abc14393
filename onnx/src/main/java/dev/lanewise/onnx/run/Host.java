package dev.lanewise.onnx.run;

import dev.lanewise.onnx.OnnxValue;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleBinaryOperator;
import java.util.function.LongBinaryOperator;
import java.util.function.UnaryOperator;

/** Elements as Java arrays, for functions that no tensor operation computes. */
public final class Host {
    private Host() {}

    public static double[] doubles(Tensor x) {
        return x.to(DType.F64).contiguous().toDoubleArray();
    }

    public static long[] longs(Tensor x) {
        return x.to(DType.I64).contiguous().toLongArray();
    }

    public static Tensor of(double[] values, Tensor like, long... sizes) {
        return Tensor.of(values, sizes).to(like.dtype()).to(like.device());
    }

    public static Tensor of(double[] values, DType dtype, Device device, long... sizes) {
        return Tensor.of(values, sizes).to(dtype).to(device);
    }

    public static Tensor of(long[] values, Tensor like, long... sizes) {
        return Tensor.of(values, sizes).to(like.dtype()).to(like.device());
    }

    /** A scalar whole number. */
    public static Tensor scalar(long value) {
        return Tensor.full(value, DType.I64, Device.CPU);
    }

    /** A scalar real number. */
    public static Tensor scalar(float value) {
        return Tensor.full(value, DType.F32, Device.CPU);
    }

    /** A scalar truth value. */
    public static Tensor scalar(boolean value) {
        return Tensor.full(value ? 1 : 0, DType.U8, Device.CPU).to(DType.BOOL);
    }

    /** Whole numbers as a vector. */
    public static Tensor vector(long[] values, Device device) {
        return Tensor.of(values, values.length).to(device);
    }

    /** A function of two whole numbers, elementwise; shapes broadcast. */
    public static Tensor wholes(Tensor a, Tensor b, LongBinaryOperator function) {
        Shape shape = Shape.broadcast("onnx", a.shape(), b.shape());
        long[] left = longs(a.expand(shape));
        long[] right = longs(b.expand(shape));
        for (int i = 0; i < left.length; i++) {
            left[i] = function.applyAsLong(left[i], right[i]);
        }
        return of(left, a, shape.toArray());
    }

    /** A function of two real numbers, elementwise; shapes broadcast. */
    public static Tensor reals(Tensor a, Tensor b, DoubleBinaryOperator function) {
        Shape shape = Shape.broadcast("onnx", a.shape(), b.shape());
        double[] left = doubles(a.expand(shape));
        double[] right = doubles(b.expand(shape));
        for (int i = 0; i < left.length; i++) {
            left[i] = function.applyAsDouble(left[i], right[i]);
        }
        return of(left, a, shape.toArray());
    }

    /** A value rearranged by a function of its elements' positions or of its tensor. */
    public static OnnxValue moved(OnnxValue value, UnaryOperator<Tensor> move) {
        return switch (value) {
            case OnnxValue.Numbers numbers -> new OnnxValue.Numbers(numbers.type(), move.apply(numbers.tensor()));
            case OnnxValue.Texts texts -> {
                long count = texts.values().size();
                Tensor positions = move.apply(Tensor.arange(count).reshape(texts.shape()));
                List<String> moved = new ArrayList<>();
                for (long position : longs(positions)) {
                    moved.add(texts.values().get((int) position));
                }
                yield new OnnxValue.Texts(positions.shape(), moved);
            }
            default -> throw new IllegalArgumentException("a tensor is needed, not " + value.describe());
        };
    }

    /** The dimensions from first (inclusive) to end (exclusive). */
    public static int[] range(int first, int end) {
        int[] dims = new int[Math.max(0, end - first)];
        for (int i = 0; i < dims.length; i++) {
            dims[i] = first + i;
        }
        return dims;
    }

    public static int[] ints(long[] values) {
        int[] ints = new int[values.length];
        for (int i = 0; i < ints.length; i++) {
            ints[i] = Math.toIntExact(values[i]);
        }
        return ints;
    }

    /** The product of sizes. */
    public static long product(long[] sizes, int from, int to) {
        long product = 1;
        for (int i = from; i < to; i++) {
            product = Math.multiplyExact(product, sizes[i]);
        }
        return product;
    }
}
