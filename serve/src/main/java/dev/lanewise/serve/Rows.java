package dev.lanewise.serve;

import dev.lanewise.nn.io.TensorData;
import dev.lanewise.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** Puts rows together, and takes them apart again. */
final class Rows {
    private Rows() {}

    /**
     * The rows of several tensors of the same type, whose shapes differ in nothing but the first dimension. Sequences,
     * {@code [rows, length]}, may differ in length: all get zeros at their ends up to the longest.
     */
    static TensorData joined(List<TensorData> several) {
        if (several.size() == 1) {
            return several.getFirst();
        }
        List<TensorData> parts = sameLength(several);
        TensorData first = parts.getFirst();
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

    private static List<TensorData> sameLength(List<TensorData> parts) {
        if (parts.getFirst().shape().rank() != 2) {
            return parts;
        }
        long longest = 0;
        for (TensorData part : parts) {
            longest = Math.max(longest, part.shape().size(1));
        }
        long length = longest;
        return parts.stream().map(part -> padded(part, length)).toList();
    }

    private static TensorData padded(TensorData data, long length) {
        Shape shape = data.shape();
        if (shape.size(1) == length) {
            return data;
        }
        long unit = data.dtype().bytes();
        long own = shape.size(1) * unit;
        MemorySegment all = MemorySegment.ofArray(new byte[Math.toIntExact(shape.size(0) * length * unit)]);
        for (long row = 0; row < shape.size(0); row++) {
            MemorySegment.copy(data.segment(), row * own, all, row * length * unit, own);
        }
        return new TensorData(data.dtype(), shape.with(1, length), all);
    }

    /** The beginning of a tensor along one of its dimensions, copied. */
    static TensorData cut(TensorData data, int dim, long size) {
        Shape shape = data.shape();
        long inner = data.dtype().bytes();
        for (int after = dim + 1; after < shape.rank(); after++) {
            inner *= shape.size(after);
        }
        long outer = 1;
        for (int before = 0; before < dim; before++) {
            outer *= shape.size(before);
        }
        long from = shape.size(dim) * inner;
        long to = size * inner;
        MemorySegment kept = MemorySegment.ofArray(new byte[Math.toIntExact(outer * to)]);
        for (long i = 0; i < outer; i++) {
            MemorySegment.copy(data.segment(), i * from, kept, i * to, to);
        }
        return new TensorData(data.dtype(), shape.with(dim, size), kept);
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
