package dev.lanewise.tensor.op.index;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.internal.Check;
import dev.lanewise.tensor.op.Op;
import dev.lanewise.tensor.op.view.Slice;
import java.util.Set;

/**
 * The gradient of {@link Slice}: zeros with the operand where the slice was.
 *
 * @param slice the forward operation
 * @param size the size of its dimension before slicing
 */
public record SliceGrad(Slice slice, long size) implements Op {
    /** Checks the attributes. */
    public SliceGrad {
        Check.present("slice_grad", "forward operation", slice);
    }

    @Override
    public String opName() {
        return "slice_grad";
    }

    @Override
    public Set<DType> dtypes() {
        return DType.ALL;
    }

    @Override
    public TensorSpec[] infer(TensorSpec... in) {
        Check.count(this, in, 1);
        TensorSpec result = in[0].with(in[0].shape().with(slice.dim(), size));
        if (!slice.infer(result)[0].shape().equals(in[0].shape())) {
            throw Check.failure(this, "got " + in[0] + " for " + slice, "give the gradient of the slice's result");
        }
        return Check.one(result);
    }
}
