package dev.lanewise.autograd;

import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.index.IndexAdd;
import java.util.Objects;

/**
 * A gradient of which only some rows differ from 0: that of a table of which a few rows were looked up.
 *
 * @param indices the numbers of the rows, ascending, each once: {@code [m]} of type I64
 * @param values the rows themselves, {@code [m, ...]}
 * @param rows how many rows the whole gradient has
 */
public record RowGradient(Tensor indices, Tensor values, long rows) {
    /** Holds the given values, none of which may be null. */
    public RowGradient {
        Objects.requireNonNull(indices, "indices");
        Objects.requireNonNull(values, "values");
    }

    /** Rows that may be there more than once, which are added. */
    static RowGradient summed(Tensor index, Tensor values, long rows) {
        Tensor flat = index.flatten();
        Shape rest = values.shape().slice(index.shape().rank(), values.shape().rank());
        Tensor lines = values.reshape(flat.shape().concat(rest));
        var unique = flat.unique();
        long count = unique.values().shape().size(0);
        return new RowGradient(unique.values(), Tensor.apply(new IndexAdd(0, count), lines, unique.inverse()), rows);
    }

    /** The sum of both, for one table. */
    RowGradient add(RowGradient other) {
        return summed(Tensor.cat(0, indices, other.indices), Tensor.cat(0, values, other.values), rows);
    }

    /** {@return the whole gradient, of the table's shape: as large as the table} */
    public Tensor dense() {
        return Tensor.apply(new IndexAdd(0, rows), values, indices);
    }
}
