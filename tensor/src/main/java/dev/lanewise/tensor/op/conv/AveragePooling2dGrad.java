package dev.lanewise.tensor.op.conv;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.internal.Check;
import dev.lanewise.tensor.op.Op;
import java.util.Set;

/**
 * The gradient of {@link AveragePooling2d}: {@code [n, c, oh, ow]} to {@code [n, c, h, w]}.
 *
 * @param forward the forward operation
 * @param h the input's height
 * @param w the input's width
 */
public record AveragePooling2dGrad(AveragePooling2d forward, long h, long w) implements Op {
    /** Checks the attributes. */
    public AveragePooling2dGrad {
        Check.present("avg_pool2d_grad", "forward operation", forward);
    }

    @Override
    public String opName() {
        return "avg_pool2d_grad";
    }

    @Override
    public Set<DType> dtypes() {
        return DType.FLOATING;
    }

    @Override
    public TensorSpec[] infer(TensorSpec... in) {
        Check.count(this, in, 1);
        Check.dtype(this, in[0], dtypes());
        return Check.one(in[0].with(forward.pool().back(this, in[0], h, w)));
    }
}
