package dev.lanewise.tensor.op.index;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.internal.Check;
import dev.lanewise.tensor.op.Op;
import java.util.Set;

/**
 * A copy of the first operand into which elements of the third are combined at the {@link DType#I64} positions given by
 * the second: {@code out[index[i][j]][j] = src[i][j]} for {@code dim} 0. Elements for the same place are combined in
 * row-major order.
 *
 * @param kind how an element is combined
 * @param dim the dimension, from 0
 */
public record Scatter(Kind kind, int dim) implements Op {
    /** Checks the attributes. */
    public Scatter {
        Check.present("scatter", "kind", kind);
        Check.dim("scatter", dim);
    }

    /** How an element is combined with the one that is already there. */
    public enum Kind {
        /** It replaces it. */
        SET,
        /** Their sum. */
        ADD,
        /** Their product. */
        MUL,
        /** The larger one. */
        AMAX,
        /** The smaller one. */
        AMIN
    }

    @Override
    public String opName() {
        return kind == Kind.SET ? "scatter" : "scatter_" + Check.lower(kind);
    }

    @Override
    public Set<DType> dtypes() {
        return kind == Kind.SET ? DType.ALL : DType.NUMBERS;
    }

    @Override
    public TensorSpec[] infer(TensorSpec... in) {
        Check.count(this, in, 3);
        Check.dtype(this, in[0], dtypes());
        Check.sameDtype(this, in[0], in[2]);
        Check.dtype(this, in[1], Set.of(DType.I64));
        Gather.checkIndex(this, dim, in[0], in[1]);
        if (!in[1].shape().equals(in[2].shape())) {
            throw Check.failure(
                    this,
                    "positions " + in[1] + " and elements " + in[2] + " differ in shape",
                    "narrow or expand one of them");
        }
        return Check.one(in[0]);
    }
}
