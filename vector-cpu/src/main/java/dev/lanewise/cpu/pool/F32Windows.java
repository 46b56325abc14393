package dev.lanewise.cpu.pool;

import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.MASK;

import dev.lanewise.cpu.Species;
import dev.lanewise.cpu.memory.Access;
import dev.lanewise.cpu.memory.Scratch;
import dev.lanewise.cpu.parallel.RangeBody;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Maxima or averages of windows of any size, a vector of outputs at a time. The rows that a row of windows reads are copied
 * to scratch memory with their padding, and for a stride of s as s rows of every s-th element, so that an element of a
 * vector's windows is a vector in one piece. Each window is gone through as in {@link F32Pool}: the results are the same bits.
 *
 * @param p the sizes
 * @param maximum whether maxima are computed, or averages
 * @param x address of the input
 * @param y address of the output
 * @param indices address of the maxima's positions, or 0
 */
record F32Windows(PoolShape p, boolean maximum, long x, long y, long indices) implements RangeBody {
    private static final VectorSpecies<Float> SPECIES = Species.F32;
    private static final VectorSpecies<Integer> INTS = Species.I32;
    private static final VectorSpecies<Long> LONGS = Species.I64;
    private static final ByteOrder ORDER = Species.ORDER;
    private static final int LANES = Species.F32_LANES;
    private static final IntVector LANE = IntVector.zero(INTS).addIndex(1);

    /** WindowRows that do not fit into the second-level cache are not worth the copy. */
    private static final long MOST_BYTES = 256 << 10;

    /** Elements of a window from which half a vector of outputs is worth the copy. */
    private static final int MANY = 9;

    static boolean covers(PoolShape p) {
        return ORDER == ByteOrder.LITTLE_ENDIAN
                && p.ow() >= (p.kernelH() * p.kernelW() < MANY ? LANES : LANES / 2)
                && WindowRows.bytes(p) <= MOST_BYTES;
    }

    @Override
    public void run(long from, long to) {
        long rowBytes = WindowRows.bytes(p);
        long divisorBytes = Float.BYTES * ((long) p.ow() + LANES);
        long[] taps = new long[p.kernelH() * p.kernelW()];
        int[] places = new int[taps.length];
        try (Scratch scratch = Scratch.borrow(rowBytes + divisorBytes + 2L * Species.VECTOR_BYTES)) {
            WindowRows rows = new WindowRows(p, scratch.address(), maximum ? Float.NEGATIVE_INFINITY : 0);
            for (long plane = from; plane < to; plane++) {
                plane(
                        plane,
                        rows,
                        taps,
                        places,
                        scratch.address() + rowBytes,
                        scratch.address() + rowBytes + divisorBytes);
            }
        }
    }

    private void plane(long plane, WindowRows rows, long[] taps, int[] places, long divisors, long spare) {
        long source = x + 4L * plane * p.h() * p.w();
        int oh = p.oh();
        int ow = p.ow();
        int next = 0;
        for (int oy = 0; oy < oh; oy++) {
            int top = oy * p.strideH();
            for (next = Math.max(next, top); next < top + p.kernelH(); next++) {
                rows.fill(next, source);
            }
            rows.taps(top, taps, places);
            long at = (plane * oh + oy) * ow;
            if (maximum) {
                maxima(oy, taps, places, y + 4 * at, indices + 8 * at, spare);
            } else {
                divisors(oy, divisors);
                averages(taps, divisors, y + 4 * at, spare);
            }
        }
    }

    private void maxima(int oy, long[] taps, int[] places, long to, long positions, long spare) {
        int ow = p.ow();
        IntVector columns = LANE.mul(p.strideW());
        // where nothing is larger than minus infinity, the first element of the window inside the input counts
        int row = Math.max(0, oy * p.strideH() - p.padH()) * p.w();
        for (int ox = 0; ox < ow; ox += LANES) {
            // the last vector of a row goes over outputs of the one before again
            int at = Math.max(0, Math.min(ox, ow - LANES));
            IntVector first = columns.add(at * p.strideW());
            IntVector corner = first.sub(p.padW()).max(0).add(row);
            FloatVector best = FloatVector.broadcast(SPECIES, Float.NEGATIVE_INFINITY);
            for (int tap = 0; tap < taps.length; tap++) {
                FloatVector value = load(taps[tap] + 4L * at);
                // a NaN takes the place of whatever was before it, and nothing that of a NaN
                VectorMask<Float> later =
                        value.compare(VectorOperators.GT, best).or(value.compare(VectorOperators.NE, value));
                best = best.blend(value, later);
                corner = corner.blend(first.add(places[tap]), later.cast(INTS));
            }
            store(best, to + 4L * at, Math.min(LANES, ow), spare);
            storeWide(corner, positions + 8L * at, Math.min(LANES, ow), spare);
        }
    }

    private void averages(long[] taps, long divisors, long to, long spare) {
        int ow = p.ow();
        for (int ox = 0; ox < ow; ox += LANES) {
            int at = Math.max(0, Math.min(ox, ow - LANES));
            FloatVector sum = FloatVector.zero(SPECIES);
            for (long tap : taps) {
                sum = sum.add(load(tap + 4L * at));
            }
            store(sum.div(load(divisors + 4L * at)), to + 4L * at, Math.min(LANES, ow), spare);
        }
    }

    private void divisors(int oy, long to) {
        int top = oy * p.strideH() - p.padH();
        int ow = p.ow();
        for (int ox = 0; ox < ow; ox++) {
            Access.f32(to + 4L * ox, (float) p.divisor(top, ox * p.strideW() - p.padW()));
        }
    }

    private static FloatVector load(long address) {
        return FloatVector.fromMemorySegment(SPECIES, ALL, address & MASK, ORDER);
    }

    /** Writes the first outputs of a vector; vectors with masks cost more where a machine has none for memory. */
    private static void store(FloatVector vector, long address, int count, long spare) {
        vector.intoMemorySegment(ALL, (count == LANES ? address : spare) & MASK, ORDER);
        for (int i = 0; count < LANES && i < count; i++) {
            Access.f32(address + 4L * i, Access.f32(spare + 4L * i));
        }
    }

    private static void storeWide(IntVector vector, long address, int count, long spare) {
        long to = count == LANES ? address : spare;
        vector.convertShape(VectorOperators.I2L, LONGS, 0)
                .reinterpretAsLongs()
                .intoMemorySegment(ALL, to & MASK, ORDER);
        vector.convertShape(VectorOperators.I2L, LONGS, 1)
                .reinterpretAsLongs()
                .intoMemorySegment(ALL, (to + Species.VECTOR_BYTES) & MASK, ORDER);
        for (int i = 0; count < LANES && i < count; i++) {
            Access.i64(address + 8L * i, Access.i64(spare + 8L * i));
        }
    }
}
