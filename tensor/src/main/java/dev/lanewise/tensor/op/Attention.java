package dev.lanewise.tensor.op;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorSpec;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Scaled dot-product attention {@code softmax(scale q k^T + mask) v} (Vaswani et al. 2017, arXiv:1706.03762). Operands:
 * queries {@code [..., l, e]}, keys {@code [..., s, e]}, values {@code [..., s, v]} with equal leading sizes, and
 * optionally a mask that broadcasts to {@code [..., l, s]} and is added. Results: {@code [..., l, v]}, and the logarithm
 * of each row's sum of exponentials {@code [..., l]}, which the gradient needs.
 *
 * @param scale the factor, usually {@code 1 / sqrt(e)}
 * @param causal whether position i only sees keys up to i
 */
public record Attention(double scale, boolean causal) implements Op.Fused {
    /** Checks the attributes. */
    public Attention {
        Check.number("scaled_dot_product_attention", "scale", scale);
    }

    @Override
    public String opName() {
        return "scaled_dot_product_attention";
    }

    @Override
    public Set<DType> dtypes() {
        return DType.FLOATING;
    }

    @Override
    public TensorSpec[] infer(TensorSpec... in) {
        Check.count(this, in, 3, 4);
        Check.sameDtype(this, in);
        Check.dtype(this, in[0], dtypes());
        Check.rank(this, in[0], 2, Integer.MAX_VALUE, "queries [..., l, e]");
        Shape q = in[0].shape();
        Shape k = in[1].shape();
        Shape v = in[2].shape();
        int rank = q.rank();
        Shape leading = q.slice(0, rank - 2);
        Check.that(
                k.rank() == rank
                        && v.rank() == rank
                        && k.slice(0, rank - 2).equals(leading)
                        && v.slice(0, rank - 2).equals(leading)
                        && k.size(-1) == q.size(-1)
                        && k.size(-2) == v.size(-2),
                this,
                "queries " + q + ", keys " + k + ", values " + v,
                "give [..., l, e], [..., s, e] and [..., s, v] with equal leading sizes");
        Shape scores = q.with(-1, k.size(-2));
        if (in.length == 4) {
            Check.that(
                    Shape.broadcast(opName(), in[3].shape(), scores).equals(scores),
                    this,
                    "mask " + in[3].shape() + " for scores " + scores,
                    "the mask must broadcast to the scores");
        }
        return new TensorSpec[] {in[0].with(q.with(-1, v.size(-1))), in[0].with(q.without(-1))};
    }

    @Override
    public Tensor[] decompose(Tensor[] inputs) {
        Tensor scores = scores(inputs[0], inputs[1], inputs.length == 4 ? inputs[3] : null);
        Tensor max = scores.amax(new int[] {-1}, true);
        Tensor finite = max.eq(Double.NEGATIVE_INFINITY).where(Tensor.full(0, max.dtype(), max.device()), max);
        Tensor lse = scores.sub(finite).exp().sum(new int[] {-1}, true).log().add(finite);
        return new Tensor[] {scores.softmax(-1).matmul(inputs[2]), lse.squeeze(-1)};
    }

    /**
     * What every value counts for every query: {@code softmax(scale q k^T + mask)}.
     *
     * @param q queries {@code [..., l, e]}
     * @param k keys {@code [..., s, e]}
     * @param mask broadcasts to the result, or null
     * @return {@code [..., l, s]}, whose rows sum to 1
     */
    public Tensor weights(Tensor q, Tensor k, @Nullable Tensor mask) {
        return scores(q, k, mask).softmax(-1);
    }

    /** {@code scale q k^T}, masked: {@code [..., l, s]}. */
    Tensor scores(Tensor q, Tensor k, @Nullable Tensor mask) {
        Tensor scores = q.matmul(k.transpose(-1, -2)).mul(scale);
        if (mask != null) {
            scores = scores.add(mask);
        }
        if (causal) {
            Tensor rows =
                    Tensor.arange(q.shape().size(-2), DType.I64, q.device()).unsqueeze(1);
            Tensor columns = Tensor.arange(k.shape().size(-2), DType.I64, q.device());
            Tensor hidden = Tensor.full(Double.NEGATIVE_INFINITY, q.dtype(), q.device());
            scores = columns.le(rows).where(scores, hidden);
        }
        return scores;
    }
}
