package dev.lanewise.tensor.op.index;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.internal.Check;
import dev.lanewise.tensor.op.Op;
import java.util.Set;

/**
 * Picks slices of one dimension by position. Operands: the tensor, and {@link DType#I64} positions of any shape, from 0;
 * the positions' shape replaces the dimension. With {@code dim} 0 and a matrix this is an embedding lookup.
 *
 * @param dim the dimension, from 0
 */
public record IndexSelect(int dim) implements Op {
    /** Checks the attributes. */
    public IndexSelect {
        Check.dim("index_select", dim);
    }

    @Override
    public String opName() {
        return "index_select";
    }

    @Override
    public Set<DType> dtypes() {
        return DType.ALL;
    }

    @Override
    public TensorSpec[] infer(TensorSpec... in) {
        Check.count(this, in, 2);
        Check.dtype(this, in[1], Set.of(DType.I64));
        Shape shape = in[0].shape();
        int d = shape.dim(dim, opName());
        return Check.one(in[0].with(shape.slice(0, d).concat(in[1].shape()).concat(shape.slice(d + 1, shape.rank()))));
    }
}
