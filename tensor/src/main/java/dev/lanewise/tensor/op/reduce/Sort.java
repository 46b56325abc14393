package dev.lanewise.tensor.op.reduce;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.internal.Check;
import dev.lanewise.tensor.op.Op;
import java.util.Set;

/**
 * Sorts along one dimension, stably; NaN counts as larger than everything. Results: the values, and their positions
 * before sorting as {@link DType#I64}.
 *
 * @param dim the dimension, from 0
 * @param descending largest first
 */
public record Sort(int dim, boolean descending) implements Op {
    /** Checks the attributes. */
    public Sort {
        Check.dim("sort", dim);
    }

    @Override
    public String opName() {
        return "sort";
    }

    @Override
    public Set<DType> dtypes() {
        return DType.ALL;
    }

    @Override
    public TensorSpec[] infer(TensorSpec... in) {
        Check.count(this, in, 1);
        in[0].shape().dim(dim, opName());
        return new TensorSpec[] {in[0], in[0].with(DType.I64)};
    }
}
