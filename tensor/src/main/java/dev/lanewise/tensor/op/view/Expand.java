package dev.lanewise.tensor.op.view;

import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.internal.Check;
import dev.lanewise.tensor.op.Op;

/**
 * Repeats dimensions of size 1, and adds leading ones, without copying: their stride is 0.
 *
 * @param shape the new shape
 */
public record Expand(Shape shape) implements Op.View {
    /** Checks the attributes. */
    public Expand {
        Check.present("expand", "shape", shape);
    }

    @Override
    public String opName() {
        return "expand";
    }

    @Override
    public TensorSpec[] infer(TensorSpec... in) {
        Check.count(this, in, 1);
        Shape from = in[0].shape();
        int added = shape.rank() - from.rank();
        boolean fits = added >= 0;
        for (int d = 0; fits && d < from.rank(); d++) {
            fits = from.size(d) == 1 || from.size(d) == shape.size(d + added);
        }
        if (!fits) {
            throw new TensorException("expand: " + in[0] + " does not expand to " + shape
                    + " (only dimensions of size 1 can grow, and new ones come first); reshape it?");
        }
        return Check.one(in[0].with(shape));
    }
}
