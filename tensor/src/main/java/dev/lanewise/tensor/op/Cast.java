package dev.lanewise.tensor.op;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.internal.Check;
import java.util.Set;

/**
 * Converts every element. Floating-point to a narrower floating-point type rounds to nearest even; to integers
 * truncates toward zero and wraps to the width (NaN gives 0, values beyond 64 bits saturate first); to {@link
 * DType#BOOL} compares with 0.
 *
 * @param to the new type
 */
public record Cast(DType to) implements Op {
    /** Checks the attributes. */
    public Cast {
        Check.present("to", "type", to);
    }

    @Override
    public String opName() {
        return "to";
    }

    @Override
    public Set<DType> dtypes() {
        return DType.ALL;
    }

    @Override
    public TensorSpec[] infer(TensorSpec... in) {
        Check.count(this, in, 1);
        return Check.one(in[0].with(to));
    }
}
