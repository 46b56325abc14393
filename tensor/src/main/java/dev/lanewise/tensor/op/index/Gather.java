package dev.lanewise.tensor.op.index;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.internal.Check;
import dev.lanewise.tensor.op.Op;
import java.util.Set;

/**
 * For every element of the {@link DType#I64} positions, the first operand's element whose coordinates are the same
 * except along one dimension, where the position is used: {@code out[i][j] = x[index[i][j]][j]} for {@code dim} 0.
 *
 * @param dim the dimension, from 0
 */
public record Gather(int dim) implements Op {
    /** Checks the attributes. */
    public Gather {
        Check.dim("gather", dim);
    }

    @Override
    public String opName() {
        return "gather";
    }

    @Override
    public Set<DType> dtypes() {
        return DType.ALL;
    }

    @Override
    public TensorSpec[] infer(TensorSpec... in) {
        Check.count(this, in, 2);
        Check.dtype(this, in[1], Set.of(DType.I64));
        checkIndex(this, dim, in[0], in[1]);
        return Check.one(in[0].with(in[1].shape()));
    }

    static void checkIndex(Op op, int dim, TensorSpec x, TensorSpec index) {
        Shape shape = x.shape();
        Shape positions = index.shape();
        shape.dim(dim, op.opName());
        boolean fits = shape.rank() == positions.rank();
        for (int d = 0; fits && d < shape.rank(); d++) {
            fits = d == dim || positions.size(d) <= shape.size(d);
        }
        if (!fits) {
            throw Check.failure(
                    op,
                    "positions " + index + " don't fit " + x + " outside dimension " + dim,
                    "they need the same rank and no larger sizes");
        }
    }
}
