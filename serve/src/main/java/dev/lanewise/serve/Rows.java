package dev.lanewise.serve;

import dev.lanewise.nn.io.TensorData;
import dev.lanewise.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** Puts rows together, and takes them apart again. */
final class Rows {
    private Rows() {}

    /** The rows of several tensors of the same type, whose shapes differ in nothing but the first dimension. */
    static TensorData joined(List<TensorData> parts) {
        TensorData first = parts.getFirst();
        if (parts.size() == 1) {
            return first;
        }
        long bytes = 0;
        long rows = 0;
        for (TensorData part : parts) {
            bytes += part.segment().byteSize();
            rows += part.shape().size(0);
        }
        MemorySegment all = MemorySegment.ofArray(new byte[Math.toIntExact(bytes)]);
        long at = 0;
        for (TensorData part : parts) {
            MemorySegment own = part.segment();
            MemorySegment.copy(own, 0, all, at, own.byteSize());
            at += own.byteSize();
        }
        return new TensorData(first.dtype(), first.shape().with(0, rows), all);
    }

    /** Some rows of a tensor, as a part of it. */
    static TensorData of(TensorData whole, long from, long count) {
        Shape shape = whole.shape();
        long rows = shape.size(0);
        long stride = rows == 0 ? 0 : whole.segment().byteSize() / rows;
        return new TensorData(
                whole.dtype(), shape.with(0, count), whole.segment().asSlice(from * stride, count * stride));
    }
}
