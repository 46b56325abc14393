package dev.lanewise.tensor.op.view;

import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.internal.Check;
import dev.lanewise.tensor.op.Op;

/**
 * The same elements in row-major order under another shape.
 *
 * @param shape the new shape, with the same number of elements
 */
public record Reshape(Shape shape) implements Op.View {
    /** Checks the attributes. */
    public Reshape {
        Check.present("reshape", "shape", shape);
    }

    @Override
    public String opName() {
        return "reshape";
    }

    @Override
    public TensorSpec[] infer(TensorSpec... in) {
        Check.count(this, in, 1);
        if (shape.elements() != in[0].shape().elements()) {
            throw Check.failure(
                    this,
                    in[0] + " has " + in[0].shape().elements() + " elements, " + shape + " has " + shape.elements(),
                    "give sizes with the same product, one of them may be -1");
        }
        return Check.one(in[0].with(shape));
    }
}
