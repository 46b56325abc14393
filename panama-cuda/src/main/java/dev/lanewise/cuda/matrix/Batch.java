package dev.lanewise.cuda.matrix;

import java.util.ArrayList;
import java.util.List;

/**
 * One dimension of a batch of products, after neighbours that lie one after the other everywhere were merged.
 *
 * @param size how many
 * @param left elements from one left operand to the next; 0 where all use the same
 * @param right elements from one right operand to the next
 * @param out elements from one result to the next
 */
record Batch(long size, long left, long right, long out) {
    /** A batch of one. */
    static final Batch ONE = new Batch(1, 0, 0, 0);

    /**
     * The dimensions of the results' batch, the outermost first, without those of size 1.
     *
     * @param sizes the results' leading sizes
     * @param elements of one result
     */
    static List<Batch> merge(long[] sizes, Matrix left, Matrix right, long elements) {
        List<Batch> merged = new ArrayList<>();
        long out = elements;
        for (int d = sizes.length - 1, back = 1; d >= 0; d--, back++) {
            if (sizes[d] == 1) {
                continue;
            }
            Batch next = new Batch(sizes[d], stride(left, back), stride(right, back), out);
            out *= sizes[d];
            Batch inner = merged.isEmpty() ? null : merged.getFirst();
            if (inner != null && next.left == inner.left * inner.size && next.right == inner.right * inner.size) {
                merged.set(0, new Batch(inner.size * next.size, inner.left, inner.right, inner.out));
            } else {
                merged.addFirst(next);
            }
        }
        return merged;
    }

    /** The stride of the dimension {@code back} from the last one, 0 where it broadcasts. */
    private static long stride(Matrix matrix, int back) {
        int d = matrix.batchSizes().length - back;
        return d < 0 || matrix.batchSizes()[d] == 1 ? 0 : matrix.batchStrides()[d];
    }
}
