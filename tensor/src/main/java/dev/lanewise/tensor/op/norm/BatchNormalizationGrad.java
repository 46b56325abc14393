package dev.lanewise.tensor.op.norm;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Keep;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.internal.Check;
import dev.lanewise.tensor.internal.Wide;
import dev.lanewise.tensor.op.Op;
import java.util.Set;

/**
 * The gradient of {@link BatchNormalization}. Operands: upstream gradient, input {@code [n, c, ...]}, weight {@code [c]}, and the
 * mean and biased variance {@code [c]} of the forward pass. Results: the gradients of input, weight and bias.
 *
 * @param forward the forward operation
 */
public record BatchNormalizationGrad(BatchNormalization forward) implements Op.Fused {
    /** Checks the attributes. */
    public BatchNormalizationGrad {
        Check.present("batch_norm_grad", "forward operation", forward);
    }

    @Override
    public String opName() {
        return "batch_norm_grad";
    }

    @Override
    public Set<DType> dtypes() {
        return DType.FLOATING;
    }

    @Override
    public TensorSpec[] infer(TensorSpec... in) {
        Check.count(this, in, 5);
        TensorSpec[] result = forward.infer(in[1], in[2], in[2]);
        if (!(in[0].equals(in[1]) && in[3].equals(result[1]) && in[4].equals(result[2]))) {
            throw Check.failure(
                    this,
                    "gradient " + in[0] + ", mean " + in[3] + " and variance " + in[4] + " don't fit input " + in[1],
                    "give what the forward pass gave");
        }
        return new TensorSpec[] {in[1], in[2], in[2]};
    }

    @Override
    public Tensor[] decompose(Tensor[] inputs) {
        Tensor[] in = Wide.of(inputs);
        Tensor g = in[0];
        Tensor x = in[1];
        int[] dims = BatchNormalization.others(x.shape().rank());
        Shape channel = BatchNormalization.channel(x.shape());
        Tensor reciprocal = in[4].add(forward.epsilon()).rsqrt().reshape(channel);
        Tensor normalized = x.sub(in[3].reshape(channel)).mul(reciprocal);
        Tensor scaled = g.mul(in[2].reshape(channel));
        Tensor gx = scaled.sub(scaled.mean(dims, Keep.KEEP))
                .sub(normalized.mul(scaled.mul(normalized).mean(dims, Keep.KEEP)))
                .mul(reciprocal);
        return Wide.round(inputs[1].dtype(), 3, gx, g.mul(normalized).sum(dims), g.sum(dims));
    }
}
