package dev.lanewise.cpu.pool;

import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.MASK;

import dev.lanewise.cpu.Species;
import dev.lanewise.cpu.memory.Access;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The last rows of a padded plane, as many as a window is high, each divided into phases: phase q holds the elements q, q + s,
 * q + 2s and so on, s being the stride. A row lies where the row a window's height before it lay.
 */
final class WindowRows {
    private static final VectorSpecies<Float> SPECIES = Species.F32;
    private static final int LANES = Species.F32_LANES;

    private final PoolShape p;
    private final long start;
    private final float fill;
    private final int phases;

    /** Elements of a phase. */
    private final long length;

    private final long rowBytes;

    /** Where in a row each column of the first window lies. */
    private final long[] columns;

    /**
     * WindowRows that are filled with what lies outside of a plane.
     *
     * @param p the sizes
     * @param start address of {@link #bytes} bytes
     * @param fill what lies outside
     */
    WindowRows(PoolShape p, long start, float fill) {
        this.p = p;
        this.start = start;
        this.fill = fill;
        phases = phases(p);
        length = length(p);
        rowBytes = Float.BYTES * length * phases;
        columns = new long[p.kernelW()];
        for (int kx = 0; kx < columns.length; kx++) {
            columns[kx] = Float.BYTES * (kx % p.strideW() * length + kx / p.strideW());
        }
        for (int row = 0; row < p.kernelH(); row++) {
            clear(row);
        }
    }

    private static int phases(PoolShape p) {
        return Math.min(p.strideW(), p.kernelW());
    }

    /** A whole vector may be read from any output on. */
    private static long length(PoolShape p) {
        return (long) p.ow() + LANES + (p.kernelW() - 1) / p.strideW();
    }

    static long bytes(PoolShape p) {
        return Float.BYTES * length(p) * phases(p) * p.kernelH();
    }

    private long row(int row) {
        return start + row % p.kernelH() * rowBytes;
    }

    private void clear(int row) {
        long to = row(row);
        FloatVector fills = FloatVector.broadcast(SPECIES, fill);
        long end = to + rowBytes;
        for (; to + Species.VECTOR_BYTES <= end; to += Species.VECTOR_BYTES) {
            fills.intoMemorySegment(ALL, to & MASK, Species.ORDER);
        }
        for (; to < end; to += Float.BYTES) {
            Access.f32(to, fill);
        }
    }

    /** Copies a row of the padded plane, of which the padding left and right is there already. */
    void fill(int row, long plane) {
        int from = row - p.padH();
        if (from < 0 || from >= p.h()) {
            clear(row);
            return;
        }
        long source = plane + 4L * from * p.w();
        for (int phase = 0; phase < phases; phase++) {
            int first = Math.floorMod(phase - p.padW(), p.strideW());
            int at = (first + p.padW()) / p.strideW();
            long count = Math.min(Math.ceilDiv(p.w() - first, p.strideW()), length - at);
            long to = row(row) + Float.BYTES * (phase * length + at);
            copy(source, first, (int) Math.max(0, count), to);
        }
    }

    private void copy(long source, int first, int count, long to) {
        if (p.strideW() == 1) {
            MemorySegment.copy(ALL, source & MASK, ALL, to & MASK, 4L * count);
            return;
        }
        int i = 0;
        if (p.strideW() == 2) {
            for (; i + LANES <= count && 2 * (i + LANES) <= p.w(); i += LANES) {
                FloatVector low = load(source + 8L * i);
                FloatVector high = load(source + 8L * i + Species.VECTOR_BYTES);
                FloatVector chosen = first == 0 ? F32HalvingMax.even(low, high) : F32HalvingMax.odd(low, high);
                chosen.intoMemorySegment(ALL, (to + 4L * i) & MASK, Species.ORDER);
            }
        }
        for (; i < count; i++) {
            Access.f32(to + 4L * i, Access.f32(source + 4L * (first + (long) i * p.strideW())));
        }
    }

    private static FloatVector load(long address) {
        return FloatVector.fromMemorySegment(SPECIES, ALL, address & MASK, ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * Where the elements of the windows lie that begin in a row.
     *
     * @param top the row of the padded plane
     * @param taps receives the addresses for the first output of the row, row by row of the window
     * @param places receives what is added to an output's column times the stride, for the position in the plane
     */
    void taps(int top, long[] taps, int[] places) {
        int kernelW = p.kernelW();
        for (int ky = 0; ky < p.kernelH(); ky++) {
            long row = row(top + ky);
            int place = (top + ky - p.padH()) * p.w() - p.padW();
            for (int kx = 0; kx < kernelW; kx++) {
                taps[ky * kernelW + kx] = row + columns[kx];
                places[ky * kernelW + kx] = place + kx;
            }
        }
    }
}
