package dev.lanewise.tensor.op.conv;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.internal.Check;
import dev.lanewise.tensor.op.Op;
import java.util.Set;

/**
 * The gradient of {@link Convolution2d} with respect to its weight. Operands: upstream gradient {@code [n, k, oh, ow]}
 * and input {@code [n, c, h, w]}; result {@code [k, c / groups, r, s]}.
 *
 * @param conv the forward operation
 * @param r the kernel's height
 * @param s the kernel's width
 */
public record Convolution2dWeightGrad(Convolution2d conv, long r, long s) implements Op {
    /** Checks the attributes. */
    public Convolution2dWeightGrad {
        Check.present("conv2d_weight_grad", "forward operation", conv);
    }

    @Override
    public String opName() {
        return "conv2d_weight_grad";
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
        Check.rank(this, in[0], 4, 4, "gradient [n, k, oh, ow]");
        Check.rank(this, in[1], 4, 4, "input [n, c, h, w]");
        Shape x = in[1].shape();
        Shape weight = Shape.of(in[0].shape().size(1), x.size(1) / conv.groups(), r, s);
        if (!conv.infer(in[1], in[1].with(weight))[0].shape().equals(in[0].shape())) {
            throw Check.failure(
                    this,
                    "gradient " + in[0].shape() + " is not of a convolution of " + x + " with " + weight,
                    "check kernel size and padding");
        }
        return Check.one(in[0].with(weight));
    }
}
