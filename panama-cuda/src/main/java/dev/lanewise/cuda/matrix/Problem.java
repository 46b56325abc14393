package dev.lanewise.cuda.matrix;

import dev.lanewise.cuda.api.ComputeType;
import dev.lanewise.cuda.api.DataType;
import dev.lanewise.cuda.api.Epilogue;

/**
 * What determines how cuBLASLt computes a product {@code [m, k] x [k, n]} of row-major matrices, except the addresses.
 *
 * @param type the elements' type
 * @param compute how they are multiplied and summed
 * @param m rows of the result
 * @param n columns of the result
 * @param k what is summed over
 * @param left the left operand's layout
 * @param right the right operand's layout
 * @param batch how many products
 * @param outBatch elements from one result to the next
 * @param epilogue what follows
 * @param outAlignment the alignment of the results in bytes
 * @param biasAlignment the alignment of the bias in bytes; the maximum if there is none
 */
record Problem(
        DataType type,
        ComputeType compute,
        long m,
        long n,
        long k,
        Operand left,
        Operand right,
        int batch,
        long outBatch,
        Epilogue epilogue,
        int outAlignment,
        int biasAlignment) {

    /**
     * An operand's layout.
     *
     * @param stride see {@link Matrix#stride}
     * @param byColumns see {@link Matrix#byColumns}
     * @param batch elements from one matrix to the next
     * @param alignment of the address, in bytes
     */
    record Operand(long stride, boolean byColumns, long batch, int alignment) {
        static Operand of(Matrix matrix, long batch) {
            return new Operand(matrix.stride(), matrix.byColumns(), batch, alignmentOf(matrix.address()));
        }
    }

    /** The greatest power of two that divides an address, up to what cuBLASLt can use. */
    static int alignmentOf(long address) {
        return (int) Math.min(Long.lowestOneBit(address | 256), 256);
    }
}
