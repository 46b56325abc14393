package dev.lanewise.cpu.gemm;

/** Products of one vector with the rows of a matrix, both with elements next to each other. Addresses are in bytes. */
interface DotKernel {
    /**
     * {@code out[i] = sum over p of x[p] * matrix[i][p]}.
     *
     * @param rows rows of the matrix, {@code matrixRow} bytes apart
     * @param k elements of a row
     */
    void run(int rows, int k, long x, long matrix, long matrixRow, long out);
}
