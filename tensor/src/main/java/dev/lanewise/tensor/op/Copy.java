package dev.lanewise.tensor.op;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.internal.Check;
import java.util.Set;

/** Copies elements: into a new dense tensor, or, as an update, into an existing one of any strides. */
public enum Copy implements Op {
    /** The elements in row-major order. */
    COPY;

    @Override
    public String opName() {
        return Check.lower(this);
    }

    @Override
    public Set<DType> dtypes() {
        return DType.ALL;
    }

    @Override
    public TensorSpec[] infer(TensorSpec... in) {
        Check.count(this, in, 1);
        return Check.one(in[0]);
    }
}
