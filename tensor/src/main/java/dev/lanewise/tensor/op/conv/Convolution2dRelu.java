package dev.lanewise.tensor.op.conv;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.internal.Check;
import dev.lanewise.tensor.op.Op;
import dev.lanewise.tensor.op.elementwise.Unary;
import java.util.Set;

/**
 * A {@link Convolution2d} followed by {@link Unary#RELU}: {@code relu(conv2d(x, weight) + bias)}, with the operands and
 * the result of the convolution.
 *
 * @param conv the attributes of the convolution
 */
public record Convolution2dRelu(Convolution2d conv) implements Op.Fused {
    /** Checks the attributes. */
    public Convolution2dRelu {
        Check.present("conv2d_relu", "conv", conv);
    }

    @Override
    public String opName() {
        return "conv2d_relu";
    }

    @Override
    public Set<DType> dtypes() {
        return conv.dtypes();
    }

    @Override
    public TensorSpec[] infer(TensorSpec... in) {
        return conv.inferFor(this, in);
    }

    @Override
    public Tensor[] decompose(Tensor[] inputs) {
        return new Tensor[] {Tensor.apply(conv, inputs).relu()};
    }
}
