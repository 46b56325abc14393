package dev.lanewise.cpu.gemm;

/** Products of one vector with a matrix whose rows have their elements next to each other. All steps are in bytes. */
interface MatrixVectorKernel {
    /**
     * {@code out[i] = sum over p of x[p] * matrix[i][p]}.
     *
     * @param rows rows of the matrix, {@code matrixRow} bytes apart
     * @param k elements of a row and of {@code x}
     */
    void dots(int rows, int k, long x, long matrix, long matrixRow, long out);

    /**
     * {@code out[j] = sum over p of x[p] * matrix[p][j]}, each sum in ascending p.
     *
     * @param rows rows of the matrix, {@code matrixRow} bytes apart, and elements of {@code x}, {@code xStep} bytes apart
     * @param columns elements of a row and of {@code out}, which has room for a whole number of vectors
     */
    void weightedSum(int rows, int columns, long x, long xStep, long matrix, long matrixRow, long out);
}
