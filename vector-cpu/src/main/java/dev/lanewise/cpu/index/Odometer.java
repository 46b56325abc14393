package dev.lanewise.cpu.index;

/** Walks through a strided tensor in row-major order. */
final class Odometer {
    private final long[] sizes;
    private final long[] strides;
    private final long[] index;
    private long offset;

    /** Starts at an element given by its row-major number. */
    Odometer(long[] sizes, long[] strides, long start) {
        this.sizes = sizes;
        this.strides = strides;
        index = new long[sizes.length];
        long rest = start;
        for (int d = sizes.length - 1; d >= 0; d--) {
            index[d] = rest % sizes[d];
            rest /= sizes[d];
            offset += index[d] * strides[d];
        }
    }

    /** The offset of the current element, in elements. */
    long offset() {
        return offset;
    }

    /** Goes to the next element; after the last one comes the first. */
    void next() {
        for (int d = sizes.length - 1; d >= 0; d--) {
            offset += strides[d];
            if (++index[d] < sizes[d]) {
                return;
            }
            offset -= sizes[d] * strides[d];
            index[d] = 0;
        }
    }
}
