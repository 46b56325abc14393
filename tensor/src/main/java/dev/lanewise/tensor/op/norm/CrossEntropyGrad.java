package dev.lanewise.tensor.op.norm;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Keep;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.internal.Check;
import dev.lanewise.tensor.op.Op;
import java.util.Set;

/**
 * The gradient of {@link CrossEntropy} with respect to the logits. Operands: the loss's upstream gradient, the
 * log-softmax {@code [n, c]} of the forward pass, the classes {@code [n]} and optionally the weights {@code [c]};
 * result {@code [n, c]}.
 *
 * @param forward the forward operation
 */
public record CrossEntropyGrad(CrossEntropy forward) implements Op.Fused {
    /** Checks the attributes. */
    public CrossEntropyGrad {
        Check.present("cross_entropy_grad", "forward operation", forward);
    }

    @Override
    public String opName() {
        return "cross_entropy_grad";
    }

    @Override
    public Set<DType> dtypes() {
        return DType.FLOATING;
    }

    @Override
    public TensorSpec[] infer(TensorSpec... in) {
        Check.count(this, in, 3, 4);
        Check.sameDtype(this, in[0], in[1]);
        TensorSpec[] forwardIn =
                in.length == 4 ? new TensorSpec[] {in[1], in[2], in[3]} : new TensorSpec[] {in[1], in[2]};
        Shape loss = forward.infer(forwardIn)[0].shape();
        if (!in[0].shape().equals(loss)) {
            throw Check.failure(
                    this,
                    "upstream gradient " + in[0] + " for a loss of shape " + loss,
                    "give the gradient of the loss");
        }
        return Check.one(in[1]);
    }

    @Override
    public Tensor[] decompose(Tensor[] inputs) {
        Tensor g = inputs[0];
        Tensor logp = inputs[1];
        Tensor target = inputs[2];
        long classesCount = logp.shape().size(1);
        Tensor zero = Tensor.full(0, logp.dtype(), logp.device());
        Tensor counted = target.ne(forward.ignoreIndex());
        Tensor classes = counted.where(target, Tensor.full(0, DType.I64, target.device()));
        Tensor weight = inputs.length == 4
                ? inputs[3]
                : Tensor.full(1, logp.dtype(), logp.device()).expand(classesCount);
        Tensor rowWeight = counted.where(weight.indexSelect(0, classes), zero);
        double smoothing = forward.labelSmoothing();
        Tensor rowGrad = switch (forward.reduction()) {
            case NONE -> g;
            case SUM -> g.expand(target.shape());
            case MEAN -> {
                // without rows there is no mean; ignored rows below get 0
                Tensor total = counted.any().where(rowWeight.sum(), Tensor.full(1, logp.dtype(), logp.device()));
                yield g.div(total).expand(target.shape());
            }
        };
        // an ignored row gets 0 even where its upstream gradient isn't finite
        Tensor row = counted.where(rowGrad, zero);
        Tensor oneHot = classes.unsqueeze(1)
                .eq(Tensor.arange(classesCount, DType.I64, logp.device()))
                .to(logp.dtype());
        Tensor targets = oneHot.mul(rowWeight.mul(1 - smoothing).unsqueeze(1));
        if (smoothing > 0) {
            Tensor spread = weight.mul(smoothing / classesCount).unsqueeze(0);
            targets = targets.add(counted.to(logp.dtype()).unsqueeze(1).mul(spread));
        }
        Tensor mass = targets.sum(1, Keep.KEEP);
        return new Tensor[] {logp.exp().mul(mass).sub(targets).mul(row.unsqueeze(1))};
    }
}
