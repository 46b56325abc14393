package dev.lanewise.tensor.op.view;

import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.internal.Check;
import dev.lanewise.tensor.op.Op;
import java.util.Arrays;
import java.util.List;

/**
 * The same elements with the dimensions in another order.
 *
 * @param dims for each dimension of the result, the operand's dimension that it is, from 0
 */
public record Permute(List<Integer> dims) implements Op.View {
    /** Copies the dimensions. */
    public Permute {
        dims = Check.list("permute", "dimensions", dims);
    }

    /** {@return the permutation that undoes this one} */
    public Permute inverse() {
        Integer[] inverse = new Integer[dims.size()];
        for (int i = 0; i < inverse.length; i++) {
            if (dims.get(i) < 0 || dims.get(i) >= inverse.length) {
                throw new TensorException("permute: " + dims + " has no inverse; name each dimension once");
            }
            inverse[dims.get(i)] = i;
        }
        return new Permute(Arrays.asList(inverse));
    }

    @Override
    public String opName() {
        return "permute";
    }

    @Override
    public TensorSpec[] infer(TensorSpec... in) {
        Check.count(this, in, 1);
        int rank = in[0].shape().rank();
        boolean[] seen = new boolean[rank];
        boolean valid = dims.size() == rank;
        for (int i = 0; valid && i < rank; i++) {
            int dim = dims.get(i);
            valid = dim >= 0 && dim < rank && !seen[dim];
            if (valid) {
                seen[dim] = true;
            }
        }
        if (!valid) {
            throw Check.failure(this, dims + " of " + in[0], "name each of the " + rank + " dimensions once");
        }
        long[] sizes = new long[rank];
        for (int i = 0; i < rank; i++) {
            sizes[i] = in[0].shape().size(dims.get(i));
        }
        return Check.one(in[0].with(Shape.of(sizes)));
    }
}
