package dev.lanewise.tensor.op.reduce;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.internal.Check;
import dev.lanewise.tensor.op.Op;
import java.util.List;
import java.util.Set;

/**
 * Combines the elements along dimensions.
 *
 * @param kind how
 * @param dims which dimensions, from 0, ascending, without repetition
 * @param keepDims whether they stay with size 1
 */
public record Reduce(Kind kind, List<Integer> dims, boolean keepDims) implements Op {
    /** The ways of combining. */
    public enum Kind {
        /** The sum; integers and truth values give {@link DType#I64}. */
        SUM(DType.ALL),
        /** The mean. */
        MEAN(DType.FLOATING),
        /** The product; integers give {@link DType#I64}. */
        PROD(DType.NUMBERS),
        /** The largest; NaN if one is NaN. */
        AMAX(DType.NUMBERS),
        /** The smallest; NaN if one is NaN. */
        AMIN(DType.NUMBERS),
        /** Whether one is not 0. */
        ANY(DType.ALL),
        /** Whether none is 0. */
        ALL(DType.ALL);

        private final Set<DType> dtypes;
        private final String opName = Check.lower(this);

        Kind(Set<DType> dtypes) {
            this.dtypes = dtypes;
        }

        /** {@return the operation's name in messages} */
        public String opName() {
            return opName;
        }
    }

    /** Copies and checks the dimensions. */
    public Reduce {
        String op = Check.lower(Check.present("reduce", "kind", kind));
        dims = Check.list(op, "dimensions", dims);
        int before = -1;
        for (int dim : dims) {
            Check.dim(op, dim);
            if (dim <= before) {
                throw new TensorException(
                        op + ": dimensions " + dims + " (expected ascending ones without repetition); sort them");
            }
            before = dim;
        }
    }

    /**
     * {@return the type of the result for an operand's type}
     *
     * @param dtype the operand's type
     */
    public DType resultType(DType dtype) {
        return switch (kind) {
            case SUM, PROD -> dtype.isFloating() ? dtype : DType.I64;
            case MEAN, AMAX, AMIN -> dtype;
            case ANY, ALL -> DType.BOOL;
        };
    }

    @Override
    public String opName() {
        return kind.opName;
    }

    @Override
    public Set<DType> dtypes() {
        return kind.dtypes;
    }

    @Override
    public TensorSpec[] infer(TensorSpec... in) {
        Check.count(this, in, 1);
        Check.dtype(this, in[0], kind.dtypes);
        Shape shape = in[0].shape();
        for (int dim : dims) {
            shape.dim(dim, opName());
            if ((kind == Kind.AMAX || kind == Kind.AMIN) && shape.size(dim) <= 0) {
                throw Check.failure(
                        this,
                        "dimension " + dim + " of " + in[0] + " is empty",
                        "an empty set has no largest or smallest element");
            }
        }
        for (int i = dims.size() - 1; i >= 0; i--) {
            shape = keepDims ? shape.with(dims.get(i), 1) : shape.without(dims.get(i));
        }
        return Check.one(new TensorSpec(resultType(in[0].dtype()), shape));
    }
}
