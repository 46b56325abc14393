package dev.lanewise.cpu.norm;

/** Softmax and its gradient for one element type. Addresses and strides in bytes; nothing may overlap. */
interface SoftmaxKernel {
    /** The kernel for elements of the given size. */
    static SoftmaxKernel ofBytes(int bytes) {
        return bytes == Float.BYTES ? new F32Softmax() : new F64Softmax();
    }

    /** Softmax, or its logarithm, of {@code rows} dense rows of {@code n} elements. */
    void rows(long x, long y, long rows, int n, boolean log);

    /** The gradient for dense rows: upstream gradient {@code g}, forward result {@code y}. */
    void gradRows(long g, long y, long gx, long rows, int n, boolean log);

    /** Softmax of {@code columns} neighbouring columns of {@code n} elements that lie {@code stride} bytes apart. */
    void columns(long x, long y, long n, long stride, int columns, boolean log);

    /** The gradient for neighbouring columns. */
    void gradColumns(long g, long y, long gx, long n, long stride, int columns, boolean log);

    /** {@code y = e^x factor} for one row, x at most about 0. */
    void expRow(long x, long y, int n, double factor);
}
