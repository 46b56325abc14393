package dev.lanewise.tensor.op.conv;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.internal.Check;
import dev.lanewise.tensor.op.Op;
import java.util.Set;

/**
 * The gradient of {@link MaxPooling2d}. Operands: upstream gradient {@code [n, c, oh, ow]} and the positions; result
 * {@code [n, c, h, w]}.
 *
 * @param pool the window
 * @param h the input's height
 * @param w the input's width
 */
public record MaxPooling2dGrad(PoolingWindow pool, long h, long w) implements Op {
    /** Checks the attributes. */
    public MaxPooling2dGrad {
        Check.present("max_pool2d_grad", "window", pool);
    }

    @Override
    public String opName() {
        return "max_pool2d_grad";
    }

    @Override
    public Set<DType> dtypes() {
        return DType.FLOATING;
    }

    @Override
    public TensorSpec[] infer(TensorSpec... in) {
        Check.count(this, in, 2);
        Check.dtype(this, in[0], dtypes());
        Check.dtype(this, in[1], Set.of(DType.I64));
        if (!in[0].shape().equals(in[1].shape())) {
            throw Check.failure(
                    this,
                    "gradient " + in[0] + " and positions " + in[1] + " differ in shape",
                    "give the positions that max_pool2d gave");
        }
        return Check.one(in[0].with(pool.back(this, in[0], h, w)));
    }
}
