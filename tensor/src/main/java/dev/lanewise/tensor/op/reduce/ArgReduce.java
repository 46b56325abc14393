package dev.lanewise.tensor.op.reduce;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.internal.Check;
import dev.lanewise.tensor.op.Op;
import java.util.Set;

/**
 * The position of an extreme element along one dimension, as {@link DType#I64}: that of the first of equal ones; NaN
 * takes precedence over all.
 *
 * @param kind which extreme
 * @param dim the dimension, from 0
 * @param keepDim whether it stays with size 1
 */
public record ArgReduce(Kind kind, int dim, boolean keepDim) implements Op {
    /** Checks the attributes. */
    public ArgReduce {
        Check.dim(Check.lower(Check.present("arg_reduce", "kind", kind)), dim);
    }

    /** The extremes. */
    public enum Kind {
        /** The largest. */
        ARGMAX,
        /** The smallest. */
        ARGMIN
    }

    @Override
    public String opName() {
        return Check.lower(kind);
    }

    @Override
    public Set<DType> dtypes() {
        return DType.NUMBERS;
    }

    @Override
    public TensorSpec[] infer(TensorSpec... in) {
        Check.count(this, in, 1);
        Check.dtype(this, in[0], dtypes());
        Shape shape = in[0].shape();
        if (shape.size(shape.dim(dim, opName())) <= 0) {
            throw Check.failure(
                    this, "dimension " + dim + " of " + in[0] + " is empty", "an empty set has no extreme element");
        }
        return Check.one(new TensorSpec(DType.I64, keepDim ? shape.with(dim, 1) : shape.without(dim)));
    }
}
