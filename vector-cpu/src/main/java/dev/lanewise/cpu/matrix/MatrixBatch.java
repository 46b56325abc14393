package dev.lanewise.cpu.matrix;

/**
 * The batch dimensions of a product: those that both operands pass through in one stride are one batch of the kernel,
 * the dimensions around it are walked.
 *
 * @param sizes the result's batch sizes
 * @param a the left operand's strides, 0 where it repeats
 * @param b the right operand's strides
 * @param uniform how many of the innermost dimensions are one batch
 */
record MatrixBatch(long[] sizes, long[] a, long[] b, int uniform) {
    static MatrixBatch of(long[] sizes, long[] a, long[] b) {
        int inner = sizes.length - 1;
        long steps = 1;
        int d = inner;
        for (; d >= 0; d--) {
            if (steps == 1) {
                inner = d;
            } else if (sizes[d] != 1 && (a[d] != a[inner] * steps || b[d] != b[inner] * steps)) {
                break;
            }
            steps *= sizes[d];
        }
        return new MatrixBatch(sizes, a, b, sizes.length - 1 - d);
    }

    /** The products of one batch of the kernel. */
    int count() {
        return Math.toIntExact(product(sizes.length - uniform, sizes.length));
    }

    /** How many batches there are. */
    long outer() {
        return product(0, sizes.length - uniform);
    }

    /** From one product of a batch to the next by the given strides. */
    long step(long[] strides) {
        for (int d = sizes.length - 1; d >= sizes.length - uniform; d--) {
            if (sizes[d] != 1) {
                return strides[d];
            }
        }
        return 0;
    }

    /** Where a batch starts by the given strides. */
    long offset(long[] strides, long batch) {
        long offset = 0;
        long rest = batch;
        for (int d = sizes.length - uniform - 1; d >= 0; d--) {
            offset += rest % sizes[d] * strides[d];
            rest /= sizes[d];
        }
        return offset;
    }

    private long product(int from, int to) {
        long product = 1;
        for (int d = from; d < to; d++) {
            product *= sizes[d];
        }
        return product;
    }
}
