package dev.lanewise.tensor.op.elementwise;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.internal.Check;
import dev.lanewise.tensor.op.Op;
import java.util.Set;

/** Elementwise functions of three operands whose shapes broadcast. */
public enum Ternary implements Op {
    /** {@code condition ? a : b}: the operands are a {@link DType#BOOL} condition and two tensors of one type. */
    WHERE;

    private final String opName = Check.lower(this);

    @Override
    public String opName() {
        return opName;
    }

    @Override
    public Set<DType> dtypes() {
        return Set.of(DType.BOOL);
    }

    @Override
    public TensorSpec[] infer(TensorSpec... in) {
        Check.count(this, in, 3);
        Check.dtype(this, in[0], dtypes());
        Check.sameDtype(this, in[1], in[2]);
        Shape branches = Shape.broadcast(opName(), in[1].shape(), in[2].shape());
        return Check.one(in[1].with(Shape.broadcast(opName(), in[0].shape(), branches)));
    }
}
