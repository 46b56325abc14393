package dev.lanewise.cuda.dnn;

import dev.lanewise.cuda.api.Cudnn.Convolution;
import dev.lanewise.cuda.api.Cudnn.Extent;
import dev.lanewise.cuda.api.Cudnn.Format;
import dev.lanewise.cuda.api.Cudnn.MathType;
import dev.lanewise.cuda.api.DataType;
import dev.lanewise.cuda.runtime.Settings;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.op.conv.Convolution2d;

/**
 * What determines how cuDNN convolves, except the direction.
 *
 * @param convolution padding, strides, dilation, groups
 * @param type the elements' type
 * @param format the order of dimensions in memory
 * @param math the multiply-adds allowed
 * @param input {@code [n, c, h, w]}
 * @param filter {@code [k, c / groups, r, s]}
 * @param output {@code [n, k, oh, ow]}
 */
record Geometry(
        Convolution convolution, DataType type, Format format, MathType math, Sizes input, Sizes filter, Sizes output) {
    /** Tensor cores read this many 16-bit channels at once. */
    private static final int CHANNELS_OF_TENSOR_CORES = 8;

    /** Four sizes, whatever their order in memory: of the batch, the channels, the height and the width. */
    record Sizes(int n, int c, int h, int w) {
        static Sizes of(Shape shape) {
            return new Sizes(
                    Math.toIntExact(shape.size(0)),
                    Math.toIntExact(shape.size(1)),
                    Math.toIntExact(shape.size(2)),
                    Math.toIntExact(shape.size(3)));
        }

        int[] toArray() {
            return new int[] {n, c, h, w};
        }

        /** Strides of the same order of sizes for an order in memory. */
        int[] strides(Format format) {
            return switch (format) {
                case NCHW -> new int[] {c * h * w, h * w, w, 1};
                case NHWC -> new int[] {h * w * c, 1, w * c, c};
            };
        }
    }

    static Geometry of(Convolution2d op, DType dtype, Shape input, Shape filter, Shape output) {
        for (Shape shape : new Shape[] {input, filter, output}) {
            if (shape.elements() > Integer.MAX_VALUE) {
                throw new TensorException(op.opName() + ": " + shape.elements() + " elements in " + shape
                        + " (cuDNN takes at most " + Integer.MAX_VALUE + "); use smaller batches");
            }
        }
        Convolution convolution = new Convolution(
                new Extent(op.paddingH(), op.paddingW()),
                new Extent(op.strideH(), op.strideW()),
                new Extent(op.dilationH(), op.dilationW()),
                op.groups());
        Sizes w = Sizes.of(filter);
        boolean cores = dtype.bytes() == 2
                && w.c() % CHANNELS_OF_TENSOR_CORES == 0
                && w.n() / op.groups() % CHANNELS_OF_TENSOR_CORES == 0;
        return new Geometry(
                convolution,
                type(dtype),
                cores ? Format.NHWC : Format.NCHW,
                math(dtype),
                Sizes.of(input),
                w,
                Sizes.of(output));
    }

    /** The elements' type as cuDNN numbers it. */
    static DataType type(DType dtype) {
        return switch (dtype) {
            case F32 -> DataType.F32;
            case F64 -> DataType.F64;
            case F16 -> DataType.F16;
            case BF16 -> DataType.BF16;
            case I8, U8, I32, I64, BOOL ->
                throw new IllegalArgumentException("cuDNN of " + dtype + " (expected a floating-point type)");
        };
    }

    /** The multiply-adds that the settings allow. */
    static MathType math(DType dtype) {
        if (dtype.bytes() == 2) {
            return MathType.TENSOR_CORES;
        }
        return dtype == DType.F32 && Settings.tf32() ? MathType.TF32 : MathType.FMA;
    }

    /** What products are summed in. */
    DataType compute() {
        return compute(type);
    }

    /** What products of elements of a type are summed in. */
    static DataType compute(DataType type) {
        return type == DataType.F64 ? DataType.F64 : DataType.F32;
    }
}
