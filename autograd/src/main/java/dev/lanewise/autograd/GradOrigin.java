package dev.lanewise.autograd;

import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.op.Op;
import dev.lanewise.tensor.spi.Origin;
import dev.lanewise.tensor.spi.Origins;
import dev.lanewise.tensor.spi.Storage;
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

    /**
     * The origin of a tensor that an operation is recorded on, or that is differentiated.
     *
     * @throws TensorException if the tensor was overwritten since it was computed: its record leads to other values
     */
    static @Nullable GradOrigin current(Tensor tensor, String use) {
        GradOrigin origin = of(tensor);
        if (origin instanceof Result result && !result.isCurrent(tensor)) {
            throw new TensorException(use + ": " + tensor.spec() + ", a result of " + result.node.name
                    + ", was changed in place since it was computed, and gradients would be those of its old values;"
                    + " change a copy(), or detach it before");
        }
        return origin;
    }

    /** A watched tensor. */
    static final class Leaf extends GradOrigin {
        /** Whether the gradient is of rows as long as all that it comes from are lookups of rows. */
        final boolean byRows;

        Leaf(boolean byRows) {
            this.byRows = byRows;
        }
    }

    /** A result of a recorded operation. */
    static final class Result extends GradOrigin {
        final Node node;
        final int index;
        private final int version;

        Result(Node node, int index, Tensor tensor) {
            this.node = node;
            this.index = index;
            this.version = Storage.buffer(tensor).version();
        }

        /** Whether the tensor still holds what the operation computed. */
        boolean isCurrent(Tensor tensor) {
            return Storage.buffer(tensor).version() == version;
        }
    }
}
