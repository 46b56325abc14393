package dev.lanewise.tensor.op.index;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.internal.Check;
import dev.lanewise.tensor.internal.Sizes;
import dev.lanewise.tensor.op.Op;
import java.util.Set;

/**
 * Concatenates one or more tensors along a dimension.
 *
 * @param dim the dimension, from 0
 */
public record Cat(int dim) implements Op {
    /** Checks the attributes. */
    public Cat {
        Check.dim("cat", dim);
    }

    @Override
    public String opName() {
        return "cat";
    }

    @Override
    public Set<DType> dtypes() {
        return DType.ALL;
    }

    @Override
    public TensorSpec[] infer(TensorSpec... in) {
        Check.count(this, in, 1, Integer.MAX_VALUE);
        Check.sameDtype(this, in);
        in[0].shape().dim(dim, opName());
        long size = 0;
        for (TensorSpec spec : in) {
            if (!(spec.shape().rank() == in[0].shape().rank()
                    && spec.shape().with(dim, 0).equals(in[0].shape().with(dim, 0)))) {
                throw Check.failure(
                        this,
                        "sizes differ outside dimension " + dim + ": " + in[0] + " and " + spec,
                        "all other dimensions must agree");
            }
            size = Sizes.add(opName(), size, spec.shape().size(dim));
        }
        return Check.one(in[0].with(in[0].shape().with(dim, size)));
    }
}
