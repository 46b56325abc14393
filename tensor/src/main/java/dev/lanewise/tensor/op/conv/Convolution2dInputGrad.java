package dev.lanewise.tensor.op.conv;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.internal.Check;
import dev.lanewise.tensor.internal.Sizes;
import dev.lanewise.tensor.op.Op;
import java.util.Set;

/**
 * The gradient of {@link Convolution2d} with respect to its input, which is also the transposed convolution. Operands:
 * upstream gradient {@code [n, k, oh, ow]} and weight {@code [k, c / groups, r, s]}; result {@code [n, c, h, w]}.
 *
 * @param conv the forward operation
 * @param h the input's height
 * @param w the input's width
 */
public record Convolution2dInputGrad(Convolution2d conv, long h, long w) implements Op {
    /** Checks the attributes. */
    public Convolution2dInputGrad {
        Check.present("conv2d_input_grad", "forward operation", conv);
    }

    @Override
    public String opName() {
        return "conv2d_input_grad";
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
        Check.rank(this, in[1], 4, 4, "weight [k, c / groups, r, s]");
        Shape weight = in[1].shape();
        Shape x = Shape.of(in[0].shape().size(0), Sizes.multiply(opName(), weight.size(1), conv.groups()), h, w);
        if (!conv.infer(in[0].with(x), in[1])[0].shape().equals(in[0].shape())) {
            throw Check.failure(
                    this,
                    "gradient " + in[0].shape() + " is not of a convolution of " + x + " with " + weight,
                    "check height, width and padding");
        }
        return Check.one(in[0].with(x));
    }
}
