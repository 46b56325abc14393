package dev.lanewise.tensor.op.norm;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Reduction;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.internal.Check;
import dev.lanewise.tensor.op.Op;
import java.util.Set;

/**
 * Cross-entropy of logits and class numbers. Operands: logits {@code [n, c]}, classes {@code [n]} of type
 * {@link DType#I64}, and optionally a weight for each class {@code [c]}. Results: the loss ({@code []}, or {@code [n]}
 * without reduction), and the logits' log-softmax, which the gradient needs.
 *
 * <p>With smoothing e, weights w and class t a row's loss is {@code -(1 - e) w_t logp_t - e/c sum_j(w_j logp_j)}; the mean
 * divides by the sum of {@code w_t} (Szegedy et al. 2015, arXiv:1512.00567; PyTorch's conventions).
 *
 * @param reduction how the rows' losses combine
 * @param ignoreIndex rows of this class are ignored
 * @param labelSmoothing how much of the target is spread over all classes, from 0 to 1
 */
public record CrossEntropy(Reduction reduction, long ignoreIndex, double labelSmoothing) implements Op.Fused {
    /** Checks the attributes. */
    public CrossEntropy {
        Check.present("cross_entropy", "reduction", reduction);
        if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
            throw new TensorException(
                    "cross_entropy: label smoothing " + labelSmoothing + " (expected 0 to 1); give such a fraction");
        }
    }

    @Override
    public String opName() {
        return "cross_entropy";
    }

    @Override
    public Set<DType> dtypes() {
        return DType.FLOATING;
    }

    @Override
    public TensorSpec[] infer(TensorSpec... in) {
        Check.count(this, in, 2, 3);
        Check.dtype(this, in[0], dtypes());
        Check.rank(this, in[0], 2, 2, "logits [n, c]");
        Check.dtype(this, in[1], Set.of(DType.I64));
        Shape logits = in[0].shape();
        if (!in[1].shape().equals(Shape.of(logits.size(0)))) {
            throw Check.failure(
                    this,
                    "logits " + logits + " and classes " + in[1].shape(),
                    "give one class number per row: [" + logits.size(0) + "]");
        }
        if (in.length == 3) {
            Check.sameDtype(this, in[0], in[2]);
            if (!in[2].shape().equals(Shape.of(logits.size(1)))) {
                throw Check.failure(
                        this,
                        "logits " + logits + " and weights " + in[2].shape(),
                        "give one weight per class: [" + logits.size(1) + "]");
            }
        }
        Shape loss = reduction == Reduction.NONE ? in[1].shape() : Shape.SCALAR;
        return new TensorSpec[] {in[0].with(loss), in[0]};
    }

    @Override
    public Tensor[] decompose(Tensor[] inputs) {
        Tensor logp = inputs[0].logSoftmax(1);
        Tensor target = inputs[1];
        Tensor zero = Tensor.full(0, logp.dtype(), logp.device());
        Tensor counted = target.ne(ignoreIndex);
        Tensor classes = counted.where(target, Tensor.full(0, DType.I64, target.device()));
        Tensor weight = inputs.length == 3
                ? inputs[2]
                : Tensor.full(1, logp.dtype(), logp.device())
                        .expand(logp.shape().size(1));
        Tensor rowWeight = counted.where(weight.indexSelect(0, classes), zero);
        Tensor hard = logp.gather(1, classes.unsqueeze(1)).squeeze(1).mul(rowWeight);
        Tensor loss = hard.mul(-(1 - labelSmoothing));
        if (labelSmoothing > 0) {
            Tensor smooth =
                    logp.mul(weight).sum(1).mul(labelSmoothing / logp.shape().size(1));
            loss = loss.sub(counted.where(smooth, zero));
        }
        Tensor reduced = switch (reduction) {
            case NONE -> loss;
            case SUM -> loss.sum();
            case MEAN -> loss.sum().div(rowWeight.sum());
        };
        return new Tensor[] {reduced, logp};
    }
}
