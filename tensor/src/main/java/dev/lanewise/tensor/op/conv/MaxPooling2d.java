package dev.lanewise.tensor.op.conv;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.internal.Check;
import dev.lanewise.tensor.op.Op;
import java.util.Set;

/**
 * The largest element of every window; NaN if it holds one. Results: the values {@code [n, c, oh, ow]}, and as
 * {@link DType#I64} the position {@code y * w + x} of each in its plane: that of the first of equal ones, or of the
 * last NaN, as in PyTorch.
 *
 * @param pool the window
 */
public record MaxPooling2d(PoolingWindow pool) implements Op {
    /** Checks the attributes. */
    public MaxPooling2d {
        Check.present("max_pool2d", "window", pool);
    }

    @Override
    public String opName() {
        return "max_pool2d";
    }

    @Override
    public Set<DType> dtypes() {
        return DType.FLOATING;
    }

    @Override
    public TensorSpec[] infer(TensorSpec... in) {
        Check.count(this, in, 1);
        TensorSpec values = in[0].with(pool.infer(this, in[0]));
        return new TensorSpec[] {values, values.with(DType.I64)};
    }
}
