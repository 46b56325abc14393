package dev.lanewise.cpu.norm;

import dev.lanewise.cpu.memory.Dense;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;

/**
 * An operand of attention whose rows lie one after the other within each head. Where heads lie does not matter: those of a cache
 * with room left, or one that several heads of queries share by a stride of 0, are read where they are. Others are copied.
 */
final class HeadRows implements AutoCloseable {
    private final Dense memory;
    private final long[] sizes;
    /** From one head to the next of each leading dimension, in bytes. */
    private final long[] steps;

    private HeadRows(Dense memory, long[] sizes, long[] steps) {
        this.memory = memory;
        this.sizes = sizes;
        this.steps = steps;
    }

    /** The rows of {@code [..., rows, width]}. */
    static HeadRows of(Tensor tensor) {
        Shape shape = tensor.shape();
        int leading = shape.rank() - 2;
        long[] sizes = shape.slice(0, leading).toArray();
        long[] steps = new long[leading];
        int bytes = tensor.dtype().bytes();
        boolean inPlace = isDense(tensor, leading);
        long dense = shape.size(-2) * shape.size(-1);
        for (int d = leading - 1; d >= 0; d--) {
            steps[d] = (inPlace ? tensor.stride(d) : dense) * bytes;
            dense *= sizes[d];
        }
        return new HeadRows(inPlace ? Dense.at(Dense.address(tensor)) : Dense.of(tensor), sizes, steps);
    }

    private static boolean isDense(Tensor tensor, int row) {
        long width = tensor.shape().size(row + 1);
        return (width <= 1 || tensor.stride(row + 1) == 1)
                && (tensor.shape().size(row) <= 1 || tensor.stride(row) == width);
    }

    /** Where the first row of a head is; heads are counted over all leading dimensions. */
    long address(long head) {
        long at = memory.address();
        long rest = head;
        for (int d = sizes.length - 1; d >= 0; d--) {
            at += rest % sizes[d] * steps[d];
            rest /= sizes[d];
        }
        return at;
    }

    @Override
    public void close() {
        memory.close();
    }
}
