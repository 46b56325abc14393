package dev.lanewise.nn.sequence;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.nn.Init;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.Parameter;
import dev.lanewise.nn.internal.LayerSizes;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;

/** Rows of a table by number: {@code [...]} of {@code I64} to {@code [..., size]}, with {@code weight [rows, size]}. */
public final class Embedding extends Layer {
    /** The padding argument that means that no number stands for padding. */
    public static final long NO_PADDING = -1;

    private final long rows;
    private final long size;
    private final long padding;
    private final Parameter weight;

    /**
     * A table of standard normal rows, drawn from the global random stream.
     *
     * @param rows how many rows the table has
     * @param size the width of a row
     * @throws TensorException if a size is negative or too large for memory
     */
    public Embedding(long rows, long size) {
        this(rows, size, Rng.global());
    }

    /**
     * A table of standard normal rows, whose initial values are drawn from the given stream.
     *
     * @param rows how many rows the table has
     * @param size the width of a row
     * @param rng the source of the initial values
     * @throws TensorException if a size is negative or too large for memory
     */
    public Embedding(long rows, long size, Rng rng) {
        this(rows, size, NO_PADDING, rng);
    }

    /**
     * A table of standard normal rows, apart from the row of padding, which is 0 and gets no gradient.
     *
     * @param rows how many rows the table has
     * @param size the width of a row
     * @param padding the number whose row starts as zeros and is not trained, or {@link #NO_PADDING}
     * @param rng the source of the initial values
     * @throws TensorException if a size is negative or too large for memory, or the padding is not a row
     */
    public Embedding(long rows, long size, long padding, Rng rng) {
        this.rows = rows;
        this.size = size;
        this.padding = padding;
        weight = parameter("weight", initial("embedding", rows, size, padding, rng));
    }

    /**
     * A layer for large tables, as PyTorch's with {@code sparse=True}: its gradient is the rows that were looked up ({@link
     * Parameter#byRows}), so that a step of {@link dev.lanewise.nn.optim.SparseAdam}, for example, costs by their number. Rows
     * are standard normal.
     *
     * @param rows how many rows the table has
     * @param size the width of a row
     * @param rng gives the initial values
     * @return the layer
     * @throws TensorException if a size is negative or too large for memory
     */
    public static Embedding sparse(long rows, long size, Rng rng) {
        return new Embedding(Parameter.byRows(initial("embedding", rows, size, NO_PADDING, rng)));
    }

    /**
     * A layer over a given table, which other layers may share.
     *
     * @param weight {@code [rows, size]}
     * @throws TensorException if the table is not a matrix
     */
    public Embedding(Parameter weight) {
        Shape shape = weight.leaf().shape();
        if (shape.rank() != 2) {
            throw new TensorException(
                    "embedding: table " + weight.leaf().spec() + " (expected [rows, size]); reshape it");
        }
        this.rows = shape.size(0);
        this.size = shape.size(1);
        this.padding = NO_PADDING;
        this.weight = parameter("weight", weight);
    }

    /** Standard normal rows, with zeros for padding. */
    static Tensor initial(String layer, long rows, long size, long padding, Rng rng) {
        LayerSizes.checked(layer, "rows", rows);
        LayerSizes.checked(layer, "size", size);
        if (padding < NO_PADDING || padding >= rows) {
            throw new TensorException(layer + ": padding " + padding + " in a table of " + rows
                    + " rows (expected one of them, or -1 for none); check it");
        }
        Tensor table = Init.normal(rng, 0, 1, rows, size);
        if (padding != NO_PADDING) {
            table.select(0, padding).assign(Tensor.zeros(size));
        }
        return table;
    }

    @Override
    protected Tensor compute(Tensor numbers) {
        Tensor looked = weight.tensor().embedding(numbers);
        if (padding == NO_PADDING || !Autograd.isTracked(looked)) {
            return looked;
        }
        return numbers.eq(padding).unsqueeze(-1).where(Autograd.detach(looked), looked);
    }

    /** {@return the table, {@code [rows, size]}, whose rows are looked up} */
    public Parameter weight() {
        return weight;
    }

    /** {@return the number that stands for padding, or {@link #NO_PADDING}} */
    public long padding() {
        return padding;
    }

    @Override
    protected String attributes() {
        return rows + ", " + size + (padding == NO_PADDING ? "" : ", padding=" + padding);
    }
}
