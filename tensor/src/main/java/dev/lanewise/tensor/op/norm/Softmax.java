package dev.lanewise.tensor.op.norm;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Keep;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.internal.Check;
import dev.lanewise.tensor.op.Op;
import java.util.Set;

/**
 * {@code e^x / sum(e^x)} along one dimension, or its logarithm, computed from {@code x - max(x)}.
 *
 * @param dim the dimension, from 0
 * @param log whether the logarithm is wanted
 */
public record Softmax(int dim, boolean log) implements Op.Fused {
    /** Checks the attributes. */
    public Softmax {
        Check.dim("softmax", dim);
    }

    @Override
    public String opName() {
        return log ? "log_softmax" : "softmax";
    }

    @Override
    public Set<DType> dtypes() {
        return DType.FLOATING;
    }

    @Override
    public TensorSpec[] infer(TensorSpec... in) {
        Check.count(this, in, 1);
        Check.dtype(this, in[0], dtypes());
        in[0].shape().dim(dim, opName());
        return Check.one(in[0]);
    }

    @Override
    public Tensor[] decompose(Tensor[] inputs) {
        Tensor x = inputs[0];
        if (x.shape().isEmpty()) {
            return new Tensor[] {x.contiguous()};
        }
        Tensor shifted = x.sub(x.amax(dim, Keep.KEEP));
        Tensor sum = shifted.exp().sum(dim, Keep.KEEP);
        return new Tensor[] {log ? shifted.sub(sum.log()) : shifted.exp().div(sum)};
    }
}
