package dev.lanewise.tensor.op.norm;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Keep;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.internal.Check;
import dev.lanewise.tensor.op.Op;
import java.util.Set;

/**
 * The gradient of {@link Softmax}. Operands: upstream gradient and the forward result. {@code y (g - sum(g y))}, for the
 * logarithm {@code g - e^y sum(g)}.
 *
 * @param forward the forward operation
 */
public record SoftmaxGrad(Softmax forward) implements Op.Fused {
    /** Checks the attributes. */
    public SoftmaxGrad {
        Check.present("softmax_grad", "forward operation", forward);
    }

    @Override
    public String opName() {
        return forward.opName() + "_grad";
    }

    @Override
    public Set<DType> dtypes() {
        return DType.FLOATING;
    }

    @Override
    public TensorSpec[] infer(TensorSpec... in) {
        Check.count(this, in, 2);
        Check.sameDtype(this, in);
        Check.dtype(this, in[0], dtypes());
        in[0].shape().dim(forward.dim(), opName());
        if (!in[0].shape().equals(in[1].shape())) {
            throw Check.failure(
                    this, "gradient " + in[0] + " and result " + in[1] + " differ in shape", "give the forward result");
        }
        return Check.one(in[0]);
    }

    @Override
    public Tensor[] decompose(Tensor[] inputs) {
        Tensor g = inputs[0];
        Tensor y = inputs[1];
        int[] dims = {forward.dim()};
        Tensor grad = forward.log()
                ? g.sub(y.exp().mul(g.sum(dims, Keep.KEEP)))
                : y.mul(g.sub(g.mul(y).sum(dims, Keep.KEEP)));
        return new Tensor[] {grad};
    }
}
