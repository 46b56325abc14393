package dev.lanewise.testkit;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.op.index.Pad;
import dev.lanewise.tensor.op.index.Scatter;
import dev.lanewise.tensor.op.view.Slice;

/** Joining, padding, and picking and placing by position. */
final class ReferenceIndexing {
    private ReferenceIndexing() {}

    static void cat(int dim, Elements[] in, Elements out) {
        long start = 0;
        for (Elements part : in) {
            for (long i = 0; i < part.count(); i++) {
                long[] at = part.index(i);
                long[] target = at.clone();
                target[dim] += start;
                out.copy(part, at, target);
            }
            start += part.shape().size(dim);
        }
    }

    static void pad(Pad op, Elements x, Elements out) {
        for (long i = 0; i < out.count(); i++) {
            out.set(op.value(), out.index(i));
        }
        for (long i = 0; i < x.count(); i++) {
            long[] at = x.index(i);
            long[] target = at.clone();
            for (int d = 0; d < target.length; d++) {
                target[d] += op.before().get(d);
            }
            out.copy(x, at, target);
        }
    }

    static void sliceGrad(Slice slice, Elements g, Elements out) {
        clear(out);
        for (long i = 0; i < g.count(); i++) {
            long[] at = g.index(i);
            long[] target = at.clone();
            target[slice.dim()] = slice.start() + slice.step() * at[slice.dim()];
            out.copy(g, at, target);
        }
    }

    static void indexSelect(int dim, Elements x, Elements index, Elements out) {
        for (long i = 0; i < out.count(); i++) {
            long[] at = out.index(i);
            long position = index.integer(part(at, dim, index.shape().rank()));
            check("index_select", position, x.shape().size(dim));
            out.copy(x, replace(at, dim, index.shape().rank(), position), at);
        }
    }

    static void indexAdd(int dim, Elements slices, Elements index, Elements out) {
        clear(out);
        for (long i = 0; i < slices.count(); i++) {
            long[] at = slices.index(i);
            long position = index.integer(part(at, dim, index.shape().rank()));
            check("index_add", position, out.shape().size(dim));
            combine(Scatter.Kind.ADD, out, replace(at, dim, index.shape().rank(), position), slices, at);
        }
    }

    static void gather(int dim, Elements x, Elements index, Elements out) {
        for (long i = 0; i < out.count(); i++) {
            long[] at = out.index(i);
            long position = index.integer(at);
            check("gather", position, x.shape().size(dim));
            out.copy(x, replace(at, dim, 1, position), at);
        }
    }

    static void scatter(Scatter op, Elements[] in, Elements out) {
        if (out.dtype() == DType.F16 || out.dtype() == DType.BF16) {
            // computed in F32: a product that leaves the range of 16 bits may come back
            Elements wide = Elements.of(
                    Tensor.full(0, DType.F32, Device.CPU, out.shape().toArray()));
            scatter(op, in, wide);
            ReferenceElementwise.copy(wide, out);
            return;
        }
        ReferenceElementwise.copy(in[0], out);
        Elements index = in[1];
        for (long i = 0; i < index.count(); i++) {
            long[] at = index.index(i);
            long position = index.integer(at);
            check(op.opName(), position, out.shape().size(op.dim()));
            combine(op.kind(), out, replace(at, op.dim(), 1, position), in[2], at);
        }
    }

    private static void combine(Scatter.Kind kind, Elements out, long[] target, Elements source, long[] at) {
        if (out.dtype().isFloating()) {
            double a = out.real(target);
            double b = source.real(at);
            out.set(
                    switch (kind) {
                        case SET -> b;
                        case ADD -> a + b;
                        case MUL -> a * b;
                        case AMAX -> Math.max(a, b);
                        case AMIN -> Math.min(a, b);
                    },
                    target);
        } else {
            long a = out.integer(target);
            long b = source.integer(at);
            out.set(
                    switch (kind) {
                        case SET -> b;
                        case ADD -> a + b;
                        case MUL -> a * b;
                        case AMAX -> Math.max(a, b);
                        case AMIN -> Math.min(a, b);
                    },
                    target);
        }
    }

    private static void clear(Elements out) {
        for (long i = 0; i < out.count(); i++) {
            out.set(0L, out.index(i));
        }
    }

    private static long[] part(long[] index, int from, int length) {
        long[] part = new long[length];
        System.arraycopy(index, from, part, 0, length);
        return part;
    }

    /** The coordinates with {@code length} of them from {@code dim} on replaced by one. */
    private static long[] replace(long[] index, int dim, int length, long position) {
        long[] replaced = new long[index.length - length + 1];
        System.arraycopy(index, 0, replaced, 0, dim);
        replaced[dim] = position;
        System.arraycopy(index, dim + length, replaced, dim + 1, index.length - dim - length);
        return replaced;
    }

    private static void check(String op, long position, long size) {
        if (position < 0 || position >= size) {
            throw new TensorException(op + ": position " + position + " is outside a dimension of size " + size
                    + " (expected 0 to " + (size - 1) + "); check the index tensor");
        }
    }
}
