package dev.lanewise.cpu.gemm;

import dev.lanewise.cpu.plan.Problem;
import dev.lanewise.tensor.DType;

/**
 * One product {@code C = activation(alpha * A * B + beta * C + bias)} of an m x k by a k x n matrix, or a batch of them, with
 * everything but the addresses.
 *
 * <p>Strides count elements and are not negative; any row and column stride of A and B is allowed, so a transpose is a swap
 * of two strides. C has columns next to each other.
 *
 * @param type of the elements; {@link #plan} knows F32 and F64
 * @param m rows of A and C
 * @param n columns of B and C
 * @param k columns of A, rows of B; 0 gives a product of zeros
 * @param aRow elements from one row of A to the next
 * @param aColumn elements from one column of A to the next
 * @param bRow elements from one row of B to the next
 * @param bColumn elements from one column of B to the next
 * @param cRow elements from one row of C to the next
 * @param batch number of products
 * @param aBatch elements from one A to the next; 0 uses the same one
 * @param bBatch elements from one B to the next; 0 uses the same one
 * @param cBatch elements from one C to the next
 * @param alpha factor of the product
 * @param beta factor of what C holds; with 0 C is not read
 * @param bias whether there is a bias, and of which direction
 * @param activation applied last
 */
public record GemmShape(
        DType type,
        int m,
        int n,
        int k,
        long aRow,
        long aColumn,
        long bRow,
        long bColumn,
        long cRow,
        int batch,
        long aBatch,
        long bBatch,
        long cBatch,
        double alpha,
        double beta,
        Bias bias,
        Activation activation)
        implements Problem {

    /** Checks sizes and strides. */
    public GemmShape {
        if (m < 0 || n < 0 || k < 0 || batch < 0) {
            throw new IllegalArgumentException(
                    "gemm: sizes m %d, n %d, k %d, batch %d; expected none negative".formatted(m, n, k, batch));
        }
        if ((aRow | aColumn | bRow | bColumn | cRow | aBatch | bBatch | cBatch) < 0) {
            throw new IllegalArgumentException(
                    "gemm: strides A (%d, %d, batch %d), B (%d, %d, batch %d), C (%d, batch %d); expected none negative: copy a flipped operand"
                            .formatted(aRow, aColumn, aBatch, bRow, bColumn, bBatch, cRow, cBatch));
        }
    }

    /** A product of dense row-major matrices in single precision, without batch, bias or activation, that overwrites C. */
    public static GemmShape of(int m, int n, int k) {
        return of(DType.F32, m, n, k);
    }

    /** As {@link #of(int, int, int)} of another element type. */
    public static GemmShape of(DType type, int m, int n, int k) {
        return new GemmShape(type, m, n, k, k, 1, n, 1, n, 1, 0, 0, 0, 1, 0, Bias.NONE, Activation.NONE);
    }

    /** {@code alpha * A * B'} of dense row-major matrices, as {@code of(type, m, n, k).rightTransposed().scaled(alpha, 0)}. */
    public static GemmShape timesTransposed(DType type, int m, int n, int k, double alpha) {
        return new GemmShape(type, m, n, k, k, 1, 1, k, n, 1, 0, 0, 0, alpha, 0, Bias.NONE, Activation.NONE);
    }

    /** This product with A of these strides. */
    public GemmShape left(long row, long column) {
        return new GemmShape(
                type,
                m,
                n,
                k,
                row,
                column,
                bRow,
                bColumn,
                cRow,
                batch,
                aBatch,
                bBatch,
                cBatch,
                alpha,
                beta,
                bias,
                activation);
    }

    /** This product with B of these strides. */
    public GemmShape right(long row, long column) {
        return new GemmShape(
                type,
                m,
                n,
                k,
                aRow,
                aColumn,
                row,
                column,
                cRow,
                batch,
                aBatch,
                bBatch,
                cBatch,
                alpha,
                beta,
                bias,
                activation);
    }

    /** This product with A stored as its dense row-major transpose, k x m. */
    public GemmShape leftTransposed() {
        return left(1, m);
    }

    /** This product with B stored as its dense row-major transpose, n x k: a linear layer's weights. */
    public GemmShape rightTransposed() {
        return right(1, k);
    }

    /** This product with rows of C that far apart. */
    public GemmShape output(long row) {
        return new GemmShape(
                type,
                m,
                n,
                k,
                aRow,
                aColumn,
                bRow,
                bColumn,
                row,
                batch,
                aBatch,
                bBatch,
                cBatch,
                alpha,
                beta,
                bias,
                activation);
    }

    /** {@code count} products whose operands lie the given numbers of elements apart. */
    public GemmShape batched(int count, long a, long b, long c) {
        return new GemmShape(
                type, m, n, k, aRow, aColumn, bRow, bColumn, cRow, count, a, b, c, alpha, beta, bias, activation);
    }

    /** This product with these factors. */
    public GemmShape scaled(double productFactor, double outputFactor) {
        return new GemmShape(
                type,
                m,
                n,
                k,
                aRow,
                aColumn,
                bRow,
                bColumn,
                cRow,
                batch,
                aBatch,
                bBatch,
                cBatch,
                productFactor,
                outputFactor,
                bias,
                activation);
    }

    /** This product with a bias and an activation in the store. */
    public GemmShape fused(Bias direction, Activation function) {
        return new GemmShape(
                type, m, n, k, aRow, aColumn, bRow, bColumn, cRow, batch, aBatch, bBatch, cBatch, alpha, beta,
                direction, function);
    }

    /** This product with another number of rows. */
    GemmShape rows(int count) {
        return new GemmShape(
                type,
                count,
                n,
                k,
                aRow,
                aColumn,
                bRow,
                bColumn,
                cRow,
                batch,
                aBatch,
                bBatch,
                cBatch,
                alpha,
                beta,
                bias,
                activation);
    }

    @Override
    public Gemm plan(int threads) {
        return new Gemm(this, threads);
    }
}
