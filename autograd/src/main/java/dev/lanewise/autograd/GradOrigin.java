package dev.lanewise.autograd;

import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.Op;
import dev.lanewise.tensor.spi.Origin;
import dev.lanewise.tensor.spi.Origins;
import org.jspecify.annotations.Nullable;

/** Where a differentiable tensor came from: a leaf, or a result of a recorded operation. */
abstract sealed class GradOrigin implements Origin permits GradOrigin.Leaf, GradOrigin.Result {

    @Override
    public void record(Op op, Tensor[] inputs, Tensor[] outputs) {
        if (Recording.isOn()) {
            Node.record(op, inputs, outputs);
        }
    }

    @Override
    public boolean isLeaf() {
        return this instanceof Leaf;
    }

    static @Nullable GradOrigin of(Tensor tensor) {
        return (GradOrigin) Origins.of(tensor);
    }

    /** A watched tensor. */
    static final class Leaf extends GradOrigin {}

    /** A result of a recorded operation. */
    static final class Result extends GradOrigin {
        final Node node;
        final int index;

        Result(Node node, int index) {
            this.node = node;
            this.index = index;
        }
    }
}
