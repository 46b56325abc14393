package dev.lanewise.tensor.internal;

import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.op.Copy;
import dev.lanewise.tensor.op.Op;
import dev.lanewise.tensor.op.view.Expand;
import dev.lanewise.tensor.op.view.Permute;
import dev.lanewise.tensor.op.view.Reshape;
import dev.lanewise.tensor.op.view.Slice;
import dev.lanewise.tensor.spi.Storage;
import org.jspecify.annotations.Nullable;

/** Strides and offsets of views. */
final class Views {
    private Views() {}

    /** The view of a tensor; copies only for a reshape that its strides don't allow. */
    static StridedTensor apply(Op.View view, StridedTensor x, TensorSpec result) {
        return switch (view) {
            case Reshape reshape -> reshape(x, result);
            case Permute permute -> permute(permute, x, result);
            case Expand expand -> expand(x, result);
            case Slice slice -> {
                long[] strides = x.strides();
                long offset = Storage.offset(x) + slice.start() * strides[slice.dim()];
                if (slice.length() > 1) {
                    // otherwise the step may be any number and is never used
                    strides[slice.dim()] *= slice.step();
                }
                yield new StridedTensor(
                        Storage.buffer(x),
                        result,
                        strides,
                        result.shape().isEmpty() ? Storage.offset(x) : offset,
                        null);
            }
        };
    }

    private static StridedTensor reshape(StridedTensor x, TensorSpec result) {
        long[] strides = reshapedStrides(x.shape(), x.stridesView(), result.shape());
        if (strides != null) {
            return new StridedTensor(Storage.buffer(x), result, strides, Storage.offset(x), null);
        }
        StridedTensor dense = (StridedTensor) Dispatch.run(Copy.COPY, x.withOrigin(null));
        return new StridedTensor(Storage.buffer(dense), result, result.shape().rowMajorStrides(), 0, null);
    }

    private static StridedTensor permute(Permute permute, StridedTensor x, TensorSpec result) {
        long[] strides = new long[x.shape().rank()];
        for (int i = 0; i < strides.length; i++) {
            strides[i] = x.stride(permute.dims().get(i));
        }
        return new StridedTensor(Storage.buffer(x), result, strides, Storage.offset(x), null);
    }

    private static StridedTensor expand(StridedTensor x, TensorSpec result) {
        int rank = result.shape().rank();
        int added = rank - x.shape().rank();
        long[] strides = new long[rank];
        for (int d = added; d < rank; d++) {
            boolean repeated = x.shape().size(d - added) == 1 && result.shape().size(d) != 1;
            strides[d] = repeated ? 0 : x.stride(d - added);
        }
        return new StridedTensor(Storage.buffer(x), result, strides, Storage.offset(x), null);
    }

    /**
     * The strides under which a strided tensor can be seen with another shape, or null if it must be copied. Dimensions
     * are grouped as in NumPy's {@code _attempt_nocopy_reshape}: each group of old dimensions must be dense in itself.
     */
    static long @Nullable [] reshapedStrides(Shape from, long[] strides, Shape to) {
        if (from.elements() == 0) {
            return to.rowMajorStrides();
        }
        long[] result = new long[to.rank()];
        int i = 0;
        int j = 0;
        while (i < from.rank() || j < to.rank()) {
            int firstOld = i;
            int firstNew = j;
            long oldSize = i < from.rank() ? from.size(i++) : 1;
            long newSize = j < to.rank() ? to.size(j++) : 1;
            while (oldSize != newSize) {
                if (oldSize < newSize) {
                    oldSize *= from.size(i++);
                } else {
                    newSize *= to.size(j++);
                }
            }
            long inner = innerStride(from, strides, firstOld, i);
            if (inner < 0) {
                return null;
            }
            for (int d = j - 1; d >= firstNew; d--) {
                result[d] = inner;
                inner *= to.size(d);
            }
        }
        return result;
    }

    /** The stride of the last of a group of old dimensions that is dense in itself, or -1 if it isn't. */
    private static long innerStride(Shape from, long[] strides, int first, int end) {
        long inner = -1;
        long expected = -1;
        for (int d = end - 1; d >= first; d--) {
            if (from.size(d) == 1) {
                continue;
            }
            if (inner < 0) {
                inner = strides[d];
            } else if (strides[d] != expected) {
                return -1;
            }
            expected = strides[d] * from.size(d);
        }
        return inner < 0 ? 1 : inner;
    }
}
