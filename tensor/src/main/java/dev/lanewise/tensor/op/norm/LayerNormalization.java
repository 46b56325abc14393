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
import java.util.stream.IntStream;

/**
 * {@code (x - mean) / sqrt(variance + epsilon) * weight + bias} over the last dimensions (Ba et al. 2016,
 * arXiv:1607.06450). Operands: the input and optionally weight and bias of the normalized dimensions' shape. Results: the
 * normalized tensor, and the mean and the reciprocal standard deviation of the leading dimensions' shape, in F32 for
 * 16-bit operands.
 *
 * @param dims how many of the last dimensions are normalized
 * @param epsilon added to the (biased) variance
 */
public record LayerNormalization(int dims, double epsilon) implements Op.Fused {
    /** Checks the attributes. */
    public LayerNormalization {
        Check.dim("layer_norm", dims);
        Check.number("layer_norm", "epsilon", epsilon);
    }

    @Override
    public String opName() {
        return "layer_norm";
    }

    @Override
    public Set<DType> dtypes() {
        return DType.FLOATING;
    }

    @Override
    public TensorSpec[] infer(TensorSpec... in) {
        Check.count(this, in, 1, 3);
        Check.sameDtype(this, in);
        Check.dtype(this, in[0], dtypes());
        Check.rank(this, in[0], Math.max(dims, 1), Integer.MAX_VALUE, "the last " + dims + " are normalized");
        Shape shape = in[0].shape();
        int leading = shape.rank() - dims;
        Shape normalized = shape.slice(leading, shape.rank());
        for (int i = 1; i < in.length; i++) {
            if (!in[i].shape().equals(normalized)) {
                throw Check.failure(
                        this,
                        (i == 1 ? "weight " : "bias ") + in[i].shape() + " for input " + shape,
                        "it must be " + normalized);
            }
        }
        TensorSpec statistic = Wide.statistic(in[0], shape.slice(0, leading));
        return new TensorSpec[] {in[0], statistic, statistic};
    }

    @Override
    public Tensor[] decompose(Tensor[] inputs) {
        Tensor[] in = Wide.of(inputs);
        Tensor x = in[0];
        int[] last = last(x.shape().rank());
        Tensor mean = x.mean(last, Keep.KEEP);
        Tensor centered = x.sub(mean);
        Tensor reciprocal = centered.square().mean(last, Keep.KEEP).add(epsilon).rsqrt();
        Tensor y = centered.mul(reciprocal);
        if (in.length > 1) {
            y = y.mul(in[1]);
        }
        if (in.length > 2) {
            y = y.add(in[2]);
        }
        Shape leading = x.shape().slice(0, x.shape().rank() - dims);
        return Wide.round(inputs[0].dtype(), 1, y, mean.reshape(leading), reciprocal.reshape(leading));
    }

    /** The normalized dimensions of a tensor of the given rank. */
    int[] last(int rank) {
        return IntStream.range(rank - dims, rank).toArray();
    }
}
