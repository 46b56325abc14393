package dev.lanewise.tensor.op.conv;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.internal.Check;
import dev.lanewise.tensor.op.Op;
import java.util.Set;

/**
 * The mean of every window of {@code [n, c, h, w]}.
 *
 * @param pool the window
 * @param countIncludePad whether padding counts as zeros, rather than not at all
 */
public record AveragePooling2d(PoolingWindow pool, boolean countIncludePad) implements Op {
    /** Checks the attributes. */
    public AveragePooling2d {
        Check.present("avg_pool2d", "window", pool);
    }

    @Override
    public String opName() {
        return "avg_pool2d";
    }

    @Override
    public Set<DType> dtypes() {
        return DType.FLOATING;
    }

    @Override
    public TensorSpec[] infer(TensorSpec... in) {
        Check.count(this, in, 1);
        return Check.one(in[0].with(pool.infer(this, in[0])));
    }
}
