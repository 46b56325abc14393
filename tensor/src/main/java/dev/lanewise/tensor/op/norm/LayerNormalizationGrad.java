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
 * The gradient of {@link LayerNormalization}. Operands: upstream gradient, input, mean and reciprocal standard deviation of the
 * forward pass, and optionally the weight. Results: the gradients of the input and of weight and bias (the latter two
 * of the normalized dimensions' shape, even where there is no weight).
 *
 * @param forward the forward operation
 */
public record LayerNormalizationGrad(LayerNormalization forward) implements Op.Fused {
    /** Checks the attributes. */
    public LayerNormalizationGrad {
        Check.present("layer_norm_grad", "forward operation", forward);
    }

    @Override
    public String opName() {
        return "layer_norm_grad";
    }

    @Override
    public Set<DType> dtypes() {
        return DType.FLOATING;
    }

    @Override
    public TensorSpec[] infer(TensorSpec... in) {
        Check.count(this, in, 4, 5);
        TensorSpec[] result = in.length == 5 ? forward.infer(in[1], in[4]) : forward.infer(in[1]);
        if (!(in[0].equals(in[1]) && in[2].equals(result[1]) && in[3].equals(result[2]))) {
            throw Check.failure(
                    this,
                    "gradient " + in[0] + ", mean " + in[2] + " and deviation " + in[3] + " don't fit input " + in[1],
                    "give what the forward pass gave");
        }
        Shape shape = in[1].shape();
        TensorSpec affine = in[1].with(shape.slice(shape.rank() - forward.dims(), shape.rank()));
        return new TensorSpec[] {in[1], affine, affine};
    }

    @Override
    public Tensor[] decompose(Tensor[] inputs) {
        Tensor[] in = Wide.of(inputs);
        Tensor g = in[0];
        Tensor x = in[1];
        int rank = x.shape().rank();
        int[] last = forward.last(rank);
        Shape statistic = x.shape();
        for (int dim : last) {
            statistic = statistic.with(dim, 1);
        }
        Tensor reciprocal = in[3].reshape(statistic);
        Tensor normalized = x.sub(in[2].reshape(statistic)).mul(reciprocal);
        Tensor scaled = in.length == 5 ? g.mul(in[4]) : g;
        Tensor gx = scaled.sub(scaled.mean(last, Keep.KEEP))
                .sub(normalized.mul(scaled.mul(normalized).mean(last, Keep.KEEP)))
                .mul(reciprocal);
        int[] leading = IntStream.range(0, rank - forward.dims()).toArray();
        Tensor gw = g.mul(normalized).sum(leading);
        return Wide.round(inputs[1].dtype(), 3, gx, gw, g.sum(leading));
    }
}
