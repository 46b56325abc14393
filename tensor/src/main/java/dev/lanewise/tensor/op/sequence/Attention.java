package dev.lanewise.tensor.op.sequence;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Keep;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.internal.Check;
import dev.lanewise.tensor.internal.Wide;
import dev.lanewise.tensor.op.Op;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Scaled dot-product attention {@code softmax(scale q k^T + mask) v} (Vaswani et al. 2017, arXiv:1706.03762). Operands:
 * queries {@code [..., l, e]}, keys {@code [..., s, e]}, values {@code [..., s, v]} with equal leading sizes, and
 * optionally a mask that broadcasts to {@code [..., l, s]} and is added to the scores. Results: {@code [..., l, v]},
 * and the logarithm of each row's sum of exponentials {@code [..., l]}, which the gradient needs, in F32 for 16-bit
 * operands.
 *
 * <p>A query that sees no key, because the mask hides all of them by minus infinity or because there are none, attends
 * to nothing: its row of the result is zero, its logarithm is minus infinity, and no gradient comes from it. (PyTorch's
 * fused kernels do the same; its softmax of such a row gives NaN.)
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
        if (!(k.rank() == rank
                && v.rank() == rank
                && k.slice(0, rank - 2).equals(leading)
                && v.slice(0, rank - 2).equals(leading)
                && k.size(-1) == q.size(-1)
                && k.size(-2) == v.size(-2))) {
            throw Check.failure(
                    this,
                    "queries " + q + ", keys " + k + ", values " + v,
                    "give [..., l, e], [..., s, e] and [..., s, v] with equal leading sizes");
        }
        Shape scores = q.with(-1, k.size(-2));
        if (in.length == 4) {
            if (!Shape.broadcast(opName(), in[3].shape(), scores).equals(scores)) {
                throw Check.failure(
                        this,
                        "mask " + in[3].shape() + " for scores " + scores,
                        "the mask must broadcast to the scores");
            }
        }
        return new TensorSpec[] {in[0].with(q.with(-1, v.size(-1))), Wide.statistic(in[0], q.without(-1))};
    }

    @Override
    public Tensor[] decompose(Tensor[] inputs) {
        Tensor[] in = Wide.of(inputs);
        Tensor scores = scores(in[0], in[1], in.length == 4 ? in[3] : null);
        Tensor y = softmax(scores).matmul(in[2]);
        return Wide.round(inputs[0].dtype(), 1, y, logSum(scores));
    }

    /** The softmax of each row, zeros where everything is hidden. */
    private static Tensor softmax(Tensor scores) {
        if (scores.shape().size(-1) == 0) {
            return scores;
        }
        Tensor hidden = hidden(scores);
        return scores.maskedFill(hidden, 0).softmax(-1).maskedFill(hidden, 0);
    }

    private static Tensor logSum(Tensor scores) {
        if (scores.shape().size(-1) == 0) {
            Shape rows = scores.shape().without(-1);
            return Tensor.full(Double.NEGATIVE_INFINITY, scores.dtype(), scores.device())
                    .expand(rows)
                    .contiguous();
        }
        Tensor hidden = hidden(scores);
        return scores.maskedFill(hidden, 0)
                .logSumExp(-1, Keep.KEEP)
                .maskedFill(hidden, Double.NEGATIVE_INFINITY)
                .squeeze(-1);
    }

    /** Which rows see nothing, {@code [..., l, 1]}. */
    private static Tensor hidden(Tensor scores) {
        return scores.eq(Double.NEGATIVE_INFINITY).all(-1, Keep.KEEP);
    }

    /**
     * The weight of every value for every query: {@code softmax(scale q k^T + mask)}.
     *
     * @param q queries {@code [..., l, e]}
     * @param k keys {@code [..., s, e]}
     * @param mask broadcasts to the result, or null
     * @return {@code [..., l, s]}, whose rows sum to 1, or are zero where a query sees nothing
     */
    public Tensor weights(Tensor q, Tensor k, @Nullable Tensor mask) {
        return softmax(scores(q, k, mask));
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
