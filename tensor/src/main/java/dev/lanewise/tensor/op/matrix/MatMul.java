package dev.lanewise.tensor.op.matrix;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.internal.Check;
import dev.lanewise.tensor.op.Op;
import java.util.Set;

/** Matrix products. */
public enum MatMul implements Op {
    /** {@code [..., m, k] x [..., k, n] -> [..., m, n]}; the leading dimensions broadcast. */
    MATMUL;

    private final String opName = Check.lower(this);

    @Override
    public String opName() {
        return opName;
    }

    @Override
    public Set<DType> dtypes() {
        return DType.NUMBERS;
    }

    @Override
    public TensorSpec[] infer(TensorSpec... in) {
        Check.count(this, in, 2);
        Check.sameDtype(this, in);
        Check.dtype(this, in[0], dtypes());
        Check.rank(this, in[0], 2, Integer.MAX_VALUE, "[..., m, k]");
        Check.rank(this, in[1], 2, Integer.MAX_VALUE, "[..., k, n]");
        Shape a = in[0].shape();
        Shape b = in[1].shape();
        long k = a.size(-1);
        if (k != b.size(-2)) {
            String remedy = k == b.size(-1)
                    ? "transpose the right operand?"
                    : a.size(-2) == b.size(-2) ? "transpose the left operand?" : "check the operands' shapes";
            throw new TensorException(
                    "matmul: inner sizes differ: " + a + " x " + b + " (" + k + " != " + b.size(-2) + "); " + remedy);
        }
        Shape batch = Shape.broadcast(opName(), a.slice(0, a.rank() - 2), b.slice(0, b.rank() - 2));
        return Check.one(in[0].with(batch.concat(Shape.of(a.size(-2), b.size(-1)))));
    }
}
