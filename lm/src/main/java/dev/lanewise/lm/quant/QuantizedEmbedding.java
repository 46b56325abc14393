package dev.lanewise.lm.quant;

import dev.lanewise.nn.Layer;
import dev.lanewise.tensor.Tensor;
import java.util.Objects;

/**
 * Rows of a table of few bits by number: {@code [...]} of {@code I64} to {@code [..., size]} of {@code F32}. Only the rows that are
 * asked for are widened. The table is not trained; a head may share it ({@link QuantizedLinear}).
 *
 * <pre>{@code
 * QuantizedEmbedding words = new QuantizedEmbedding(QuantizedWeight.blocks(table, BlockType.Q8_0));
 * }</pre>
 */
public final class QuantizedEmbedding extends Layer {
    private final QuantizedWeight table;

    /**
     * A layer over a rounded table.
     *
     * @param table {@code [rows, size]}
     */
    public QuantizedEmbedding(QuantizedWeight table) {
        Objects.requireNonNull(table, "table");
        this.table = table;
    }

    @Override
    protected Tensor compute(Tensor numbers) {
        return table.rows(numbers);
    }

    /** {@return the table, whose rows are looked up} */
    public QuantizedWeight table() {
        return table;
    }

    @Override
    protected String attributes() {
        return table.out() + ", " + table.in();
    }
}
