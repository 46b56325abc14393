package dev.lanewise.tensor.op.index;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.internal.Check;
import dev.lanewise.tensor.op.Op;
import java.util.Set;

/**
 * The gradient of {@link IndexSelect}: zeros, to which slices are added at positions, in the positions' order. Operands:
 * the slices as {@link IndexSelect} gives them, and the {@link DType#I64} positions.
 *
 * @param dim the dimension, from 0
 * @param size its size in the result
 */
public record IndexAdd(int dim, long size) implements Op {
    /** Checks the attributes. */
    public IndexAdd {
        Check.dim("index_add", dim);
    }

    @Override
    public String opName() {
        return "index_add";
    }

    @Override
    public Set<DType> dtypes() {
        return DType.NUMBERS;
    }

    @Override
    public TensorSpec[] infer(TensorSpec... in) {
        Check.count(this, in, 2);
        Check.dtype(this, in[0], dtypes());
        Check.dtype(this, in[1], Set.of(DType.I64));
        Shape slices = in[0].shape();
        Shape index = in[1].shape();
        if (!(dim <= slices.rank() - index.rank()
                && slices.slice(dim, dim + index.rank()).equals(index))) {
            throw Check.failure(
                    this,
                    "slices " + in[0] + " don't hold positions " + in[1] + " at dimension " + dim,
                    "give slices of the shape that index_select gives");
        }
        return Check.one(in[0].with(
                slices.slice(0, dim).concat(Shape.of(size)).concat(slices.slice(dim + index.rank(), slices.rank()))));
    }
}
