package dev.lanewise.cpu.norm;

import dev.lanewise.cpu.gemm.GemmShape;
import dev.lanewise.cpu.memory.Dense;
import dev.lanewise.cpu.plan.Kernel;
import dev.lanewise.cpu.plan.Plans;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.sequence.Attention;
import org.jspecify.annotations.Nullable;

/** The sizes of one attention, its mask, and the scores of a block of queries and keys. */
final class AttentionProblem {
    /** Queries and keys of a block: its scores fit the second-level cache, and a product of that size runs at full speed. */
    static final int QUERY_BLOCK = 64;

    static final int KEY_BLOCK = 256;

    /** Places for the plans of a product by a block's width: for each multiple of {@link #QUERY_BLOCK}, and one for others. */
    private static final int WIDTHS = KEY_BLOCK / QUERY_BLOCK + 1;

    /** The products of a block. */
    enum Product {
        /** Queries by keys. */
        SCORES,
        /** Probabilities by values, written to the output. */
        FIRST_OUTPUT,
        /** The same, added to the output. */
        OUTPUT,
        /** Gradients of the output by values. */
        PROBABILITY_GRADS,
        /** Probabilities by gradients of the output, added to those of the values. */
        VALUE_GRADS,
        /** Gradients of the scores by keys, added to those of the queries. */
        QUERY_GRADS,
        /** Gradients of the scores by queries, added to those of the keys. */
        KEY_GRADS
    }

    final AttentionKernel kernel;
    final DType type;
    final int bytes;
    /** Products of leading sizes: independent attentions. */
    final long heads;

    final int queries;
    final int keys;
    /** Elements of a query or a key. */
    final int width;
    /** Elements of a value. */
    final int valueWidth;

    private final Attention op;
    private final @Nullable Tensor mask;
    private final long maskAddress;
    private final long[] leading;
    private final @Nullable Planned[] plans = new Planned[Product.values().length * 2 * WIDTHS];

    AttentionProblem(Attention op, Tensor q, Tensor v, @Nullable Tensor mask) {
        this.op = op;
        type = q.dtype();
        bytes = type.bytes();
        kernel = AttentionKernel.ofBytes(bytes);
        int rank = q.shape().rank();
        leading = q.shape().slice(0, rank - 2).toArray();
        heads = q.shape().slice(0, rank - 2).elements();
        queries = Math.toIntExact(q.shape().size(-2));
        keys = Math.toIntExact(v.shape().size(-2));
        width = Math.toIntExact(q.shape().size(-1));
        valueWidth = Math.toIntExact(v.shape().size(-1));
        this.mask = mask;
        maskAddress = mask == null ? 0 : Dense.address(mask);
    }

    /** How many keys a block of queries that ends before {@code queryEnd} sees. */
    int visibleKeys(int queryEnd) {
        return op.causal() ? Math.min(keys, queryEnd) : keys;
    }

    /** Writes the masked scores of a block, {@code [rows, columns]}. */
    void scores(long head, int query, int rows, long q, int key, int columns, long k, long scores) {
        product(Product.SCORES, rows, columns, q, k, scores);
        long masks = mask == null ? 0 : maskAddress + headOffset(mask, head) * bytes;
        for (int row = 0; row < rows; row++) {
            long at = scores + (long) row * columns * bytes;
            if (mask != null) {
                long rowStride = stride(mask, 2);
                long columnStride = stride(mask, 1);
                long first = masks + ((query + row) * rowStride + key * columnStride) * bytes;
                kernel.addMask(at, columns, first, columnStride * bytes);
            }
            if (op.causal()) {
                kernel.hide(at, Math.max(0, query + row + 1 - key), columns);
            }
        }
    }

    /** Runs the product of a block; its plan is looked up again only where a block of another size comes between. */
    @SuppressWarnings("EnumOrdinal") // an index of a table that is made of all values
    void product(Product product, int rows, int columns, long a, long b, long c) {
        int place = columns % QUERY_BLOCK == 0 ? columns / QUERY_BLOCK : 0;
        int at = (product.ordinal() * 2 + (rows == QUERY_BLOCK ? 0 : 1)) * WIDTHS + place;
        Planned planned = plans[at];
        if (planned == null || planned.rows != rows || planned.columns != columns) {
            planned = new Planned(rows, columns, Plans.of(shape(product, rows, columns)));
            plans[at] = planned;
        }
        Plans.run(planned.plan, a, b, 0, c);
    }

    /** The plan of a product for blocks of one size. */
    private record Planned(int rows, int columns, Kernel plan) {}

    private GemmShape shape(Product product, int rows, int columns) {
        return switch (product) {
            case SCORES -> GemmShape.timesTransposed(type, rows, columns, width, op.scale());
            case FIRST_OUTPUT -> GemmShape.of(type, rows, valueWidth, columns);
            case OUTPUT -> GemmShape.of(type, rows, valueWidth, columns).scaled(1, 1);
            case PROBABILITY_GRADS ->
                GemmShape.of(type, rows, columns, valueWidth).rightTransposed();
            case VALUE_GRADS ->
                GemmShape.of(type, columns, valueWidth, rows).leftTransposed().scaled(1, 1);
            case QUERY_GRADS -> GemmShape.of(type, rows, width, columns).scaled(1, 1);
            case KEY_GRADS ->
                GemmShape.of(type, columns, width, rows).leftTransposed().scaled(1, 1);
        };
    }

    double scale() {
        return op.scale();
    }

    /** The mask's stride of a dimension counted from the end, from 1; 0 where it broadcasts. */
    private static long stride(Tensor mask, int fromEnd) {
        int d = mask.shape().rank() - fromEnd;
        return d < 0 || mask.shape().size(d) == 1 ? 0 : mask.stride(d);
    }

    private long headOffset(Tensor tensor, long head) {
        long offset = 0;
        long rest = head;
        for (int d = leading.length - 1; d >= 0; d--) {
            offset += rest % leading[d] * stride(tensor, leading.length - d + 2);
            rest /= leading[d];
        }
        return offset;
    }
}
