package dev.lanewise.tensor.op.view;

import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.internal.Check;
import dev.lanewise.tensor.op.Op;

/**
 * Every {@code step}-th element of one dimension.
 *
 * @param dim the dimension, from 0
 * @param start the first position
 * @param length how many elements
 * @param step the distance between elements, at least 1
 */
public record Slice(int dim, long start, long length, long step) implements Op.View {
    /** Checks the attributes. */
    public Slice {
        Check.dim("slice", dim);
    }

    @Override
    public String opName() {
        return "slice";
    }

    @Override
    public TensorSpec[] infer(TensorSpec... in) {
        Check.count(this, in, 1);
        long size = in[0].shape().size(in[0].shape().dim(dim, opName()));
        if (!(step >= 1
                && start >= 0
                && length >= 0
                && (length == 0 ? start <= size : start < size && length - 1 <= (size - 1 - start) / step))) {
            throw Check.failure(
                    this,
                    length + " elements from " + start + " in steps of " + step + " leave dimension " + dim + " of "
                            + in[0],
                    "stay between 0 and " + size + " with a step of 1 or more");
        }
        return Check.one(in[0].with(in[0].shape().with(dim, length)));
    }
}
