package dev.lanewise.cpu.gemm;

/** Copies panels of B and tiles of A to where the micro-kernel reads them in order. Addresses and strides are in bytes. */
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

    /**
     * Writes tiles of A, whose columns are contiguous: {@code height} rows a tile, one column after the other. The last tile may
     * have fewer rows: its columns are as far apart, and what lies between is not written.
     *
     * @param source first element, columns {@code columnStride} apart
     * @param depth columns
     * @param tileStep from one tile to the next
     */
    void packTiles(long source, long columnStride, int depth, int rows, int height, long target, long tileStep);
}
