package dev.lanewise.tensor.op.index;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.internal.Check;
import dev.lanewise.tensor.internal.Sizes;
import dev.lanewise.tensor.op.Op;
import java.util.List;
import java.util.Set;

/**
 * Surrounds a tensor with a constant.
 *
 * @param before for each dimension, how many elements are added before it, 0 or more
 * @param after for each dimension, how many elements are added after it, 0 or more
 * @param value the constant
 */
public record Pad(List<Long> before, List<Long> after, double value) implements Op {
    /** Copies the lists. */
    public Pad {
        before = Check.list("pad", "amounts before", before);
        after = Check.list("pad", "amounts after", after);
    }

    @Override
    public String opName() {
        return "pad";
    }

    @Override
    public Set<DType> dtypes() {
        return DType.ALL;
    }

    @Override
    public TensorSpec[] infer(TensorSpec... in) {
        Check.count(this, in, 1);
        int rank = in[0].shape().rank();
        if (!(before.size() == rank && after.size() == rank)) {
            throw Check.failure(
                    this,
                    "padding for " + before.size() + " dimensions of " + in[0],
                    "give one number before and one after for each dimension");
        }
        long[] sizes = in[0].shape().toArray();
        for (int d = 0; d < rank; d++) {
            if (!(before.get(d) >= 0 && after.get(d) >= 0)) {
                throw Check.failure(
                        this, "negative padding " + before + ", " + after + " of " + in[0], "cut with narrow instead");
            }
            sizes[d] = Sizes.add(opName(), sizes[d], Sizes.add(opName(), before.get(d), after.get(d)));
        }
        return Check.one(in[0].with(Shape.of(sizes)));
    }
}
