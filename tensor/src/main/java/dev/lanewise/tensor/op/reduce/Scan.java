package dev.lanewise.tensor.op.reduce;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.internal.Check;
import dev.lanewise.tensor.op.Op;
import java.util.Set;

/**
 * A running combination along one dimension; each element includes itself. Integers give {@link DType#I64}.
 *
 * @param kind how elements combine
 * @param dim the dimension, from 0
 * @param reverse whether it runs from the last element to the first
 */
public record Scan(Kind kind, int dim, boolean reverse) implements Op {
    /** Checks the attributes. */
    public Scan {
        Check.dim(Check.lower(Check.present("scan", "kind", kind)), dim);
    }

    /** The ways of combining. */
    public enum Kind {
        /** Sums. */
        CUMSUM,
        /** Products. */
        CUMPROD
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
        in[0].shape().dim(dim, opName());
        return Check.one(in[0].dtype().isFloating() ? in[0] : in[0].with(DType.I64));
    }
}
