package dev.lanewise.tensor.op.sequence;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Keep;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.internal.Check;
import dev.lanewise.tensor.internal.Wide;
import dev.lanewise.tensor.op.Op;
import java.util.Set;

/**
 * The gradient of {@link Attention}. Operands: upstream gradient {@code [..., l, v]}, queries, keys, values, both results
 * of the forward pass, and optionally the mask. Results: the gradients of queries, keys and values (Dao et al. 2022,
 * arXiv:2205.14135, appendix B.2).
 *
 * @param forward the forward operation
 */
public record AttentionGrad(Attention forward) implements Op.Fused {
    /** Checks the attributes. */
    public AttentionGrad {
        Check.present("scaled_dot_product_attention_grad", "forward operation", forward);
    }

    @Override
    public String opName() {
        return "scaled_dot_product_attention_grad";
    }

    @Override
    public Set<DType> dtypes() {
        return DType.FLOATING;
    }

    @Override
    public TensorSpec[] infer(TensorSpec... in) {
        Check.count(this, in, 6, 7);
        TensorSpec[] result =
                in.length == 7 ? forward.infer(in[1], in[2], in[3], in[6]) : forward.infer(in[1], in[2], in[3]);
        if (!(in[0].equals(result[0]) && in[4].equals(result[0]) && in[5].equals(result[1]))) {
            throw Check.failure(
                    this,
                    "gradient " + in[0] + " and results " + in[4] + ", " + in[5] + " don't fit queries " + in[1],
                    "give what the forward pass gave");
        }
        return new TensorSpec[] {in[1], in[2], in[3]};
    }

    @Override
    public Tensor[] decompose(Tensor[] inputs) {
        Tensor[] in = Wide.of(inputs);
        Tensor g = in[0];
        Tensor q = in[1];
        Tensor k = in[2];
        Tensor v = in[3];
        Tensor scores = forward.scores(q, k, in.length == 7 ? in[6] : null);
        // a row that sees nothing has no sum to divide by; its exponentials are zero anyway
        Tensor logSum = in[5].maskedFill(in[5].eq(Double.NEGATIVE_INFINITY), 0);
        Tensor p = scores.sub(logSum.unsqueeze(-1)).exp();
        Tensor gv = p.transpose(-1, -2).matmul(g);
        Tensor delta = g.mul(in[4]).sum(-1, Keep.KEEP);
        Tensor gs = p.mul(g.matmul(v.transpose(-1, -2)).sub(delta)).mul(forward.scale());
        return Wide.round(
                inputs[1].dtype(), 3, gs.matmul(k), gs.transpose(-1, -2).matmul(q), gv);
    }
}
