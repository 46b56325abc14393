package dev.lanewise.cpu.gemm;

/** Copies panels of B to where the micro-kernel reads them in order. Addresses and strides are in bytes. */
interface Packing {
    /**
     * Writes {@code rows} rows of {@code width} elements, one after the other; columns from {@code valid} on are zeros.
     *
     * @param source first element, strides {@code rowStride} and {@code columnStride}
     * @param width columns written, a multiple of the lanes
     * @param valid columns read, 1 to {@code width}
     */
    void pack(long source, long rowStride, long columnStride, int rows, int valid, int width, long target);

    /**
     * Writes whole panels of two vectors: {@code rows} rows of B with contiguous columns, each row spread over all panels.
     *
     * @param panels number of panels, which follow each other in the target
     */
    void packWhole(long source, long rowStride, int rows, int panels, long target);
}
