package dev.lanewise.tensor.op.matrix;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.internal.Check;
import dev.lanewise.tensor.op.Op;
import dev.lanewise.tensor.op.elementwise.Unary;
import java.util.Set;

/**
 * {@code activation(x w^T + bias)}. Operands: input {@code [..., k]}, weight {@code [n, k]} and optionally a bias
 * {@code [n]}; result {@code [..., n]}.
 *
 * @param activation what follows the sum
 */
public record LinearProduct(Activation activation) implements Op.Fused {
    /** Checks the attributes. */
    public LinearProduct {
        Check.present("linear", "activation", activation);
    }

    /** What follows the sum. */
    public enum Activation {
        /** Nothing. */
        NONE,
        /** {@link Unary#RELU}. */
        RELU
    }

    @Override
    public String opName() {
        return "linear";
    }

    @Override
    public Set<DType> dtypes() {
        return DType.FLOATING;
    }

    @Override
    public TensorSpec[] infer(TensorSpec... in) {
        Check.count(this, in, 2, 3);
        Check.sameDtype(this, in);
        Check.dtype(this, in[0], dtypes());
        Check.rank(this, in[0], 1, Integer.MAX_VALUE, "input [..., k]");
        Check.rank(this, in[1], 2, 2, "weight [n, k]");
        Shape x = in[0].shape();
        Shape w = in[1].shape();
        if (x.size(-1) != w.size(1)) {
            throw Check.failure(
                    this,
                    "input " + x + " has " + x.size(-1) + " features, weight " + w + " takes " + w.size(1),
                    "flatten the input, or transpose the weight?");
        }
        if (in.length == 3) {
            if (!in[2].shape().equals(Shape.of(w.size(0)))) {
                throw Check.failure(
                        this, "bias " + in[2].shape() + " for weight " + w, "the bias must be [" + w.size(0) + "]");
            }
        }
        return Check.one(in[0].with(x.with(-1, w.size(0))));
    }

    @Override
    public Tensor[] decompose(Tensor[] inputs) {
        Tensor product = inputs[0].matmul(inputs[1].transpose(0, 1));
        Tensor sum = inputs.length == 3 ? product.add(inputs[2]) : product;
        return new Tensor[] {activation == Activation.RELU ? sum.relu() : sum};
    }
}
