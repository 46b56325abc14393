package dev.lanewise.cuda.ops;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.lanewise.cuda.runtime.StructWriter;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * The dimensions of a shape that several operands are walked through together, without those of size 1 and merged where
 * the strides of all operands allow. Writes them as the kernels' {@code Dims},
 * {@code Strides} and {@code View}.
 */
final class Walk {
    /** The maximum number of dimensions that a kernel takes. */
    static final int MAX_RANK = 8;

    /** The bytes of {@code Dims}: rank and narrow, sizes, factors, shifts. */
    static final long DIMS_BYTES = 8 + MAX_RANK * (8 + 4 + 4);

    /** The bytes of {@code Strides}. */
    static final long STRIDES_BYTES = MAX_RANK * 8;

    /** The bytes of {@code View}: dimensions and the strides of one operand. */
    static final long VIEW_BYTES = DIMS_BYTES + STRIDES_BYTES;

    private static final long FACTORS = 8 + MAX_RANK * 8;
    private static final long SHIFTS = FACTORS + MAX_RANK * 4;

    private final long[] sizes;
    private final long[][] strides;
    private int rank;
    private long elements = 1;

    /**
     * The walk.
     *
     * @param sizes the shape
     * @param strides of each operand, one per dimension, in elements
     */
    Walk(long[] sizes, long[]... strides) {
        this.sizes = new long[Math.max(sizes.length, 1)];
        this.strides = new long[strides.length][this.sizes.length];
        this.sizes[0] = 1;
        for (int d = 0; d < sizes.length; d++) {
            if (sizes[d] != 1) {
                add(sizes[d], strides, d);
            }
        }
        rank = Math.max(rank, 1);
    }

    private void add(long size, long[][] from, int d) {
        elements *= size;
        if (rank == 0 || !joins(size, from, d)) {
            rank++;
            sizes[rank - 1] = 1;
        }
        sizes[rank - 1] *= size;
        for (int operand = 0; operand < strides.length; operand++) {
            strides[operand][rank - 1] = from[operand][d];
        }
    }

    private boolean joins(long size, long[][] from, int d) {
        for (int operand = 0; operand < strides.length; operand++) {
            if (strides[operand][rank - 1] != size * from[operand][d]) {
                return false;
            }
        }
        return true;
    }

    /** How many dimensions are left, 1 or more. */
    int rank() {
        return rank;
    }

    /** How many elements there are. */
    long elements() {
        return elements;
    }

    /** The size of a dimension. */
    long size(int d) {
        return sizes[d];
    }

    /** An operand's stride in a dimension. */
    long stride(int operand, int d) {
        return strides[operand][d];
    }

    /** The walk through all dimensions but the first. */
    Walk withoutFirst() {
        long[] fewer = Arrays.copyOfRange(sizes, 1, rank);
        long[][] rest = new long[strides.length][];
        for (int operand = 0; operand < rest.length; operand++) {
            rest[operand] = Arrays.copyOfRange(strides[operand], 1, rank);
        }
        return new Walk(fewer, rest);
    }

    /** Writes the {@code Dims}. */
    void writeDims(MemorySegment to, long at) {
        boolean narrow = elements <= Integer.MAX_VALUE;
        to.set(JAVA_INT, at, rank);
        to.set(JAVA_INT, at + 4, narrow ? 1 : 0);
        for (int d = 0; d < rank; d++) {
            to.set(JAVA_LONG, at + 8 + 8L * d, sizes[d]);
            if (narrow) {
                writeDivisor(to, at + 4L * d, sizes[d]);
            }
        }
    }

    /** Writes the {@code View} of the only operand. */
    void writeView(MemorySegment to, long at) {
        writeDims(to, at);
        writeStrides(0, to, at + DIMS_BYTES);
    }

    private static void writeDivisor(MemorySegment to, long at, long size) {
        to.set(JAVA_INT, at + FACTORS, StructWriter.divisionFactor(size));
        to.set(JAVA_INT, at + SHIFTS, StructWriter.divisionShift(size));
    }

    /** Writes the {@code Strides} of an operand. */
    void writeStrides(int operand, MemorySegment to, long at) {
        for (int d = 0; d < rank; d++) {
            to.set(JAVA_LONG, at + 8L * d, strides[operand][d]);
        }
    }
}
