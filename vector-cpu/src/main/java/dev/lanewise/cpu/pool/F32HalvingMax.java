package dev.lanewise.cpu.pool;

import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.MASK;

import dev.lanewise.cpu.Species;
import dev.lanewise.cpu.memory.Access;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/** The 2x2 maximum with stride 2 and no padding, a vector of outputs at a time, and its gradient. */
final class F32HalvingMax {
    private static final VectorSpecies<Float> SPECIES = Species.F32;
    private static final VectorSpecies<Integer> INTS = Species.I32;
    private static final VectorSpecies<Long> LONGS = Species.I64;
    private static final ByteOrder ORDER = Species.ORDER;
    private static final int LANES = Species.F32_LANES;

    /** Lane i takes element 2i, or 2i + 1, of two vectors one after the other. */
    private static final VectorShuffle<Float> EVEN = VectorShuffle.fromOp(SPECIES, lane -> 2 * lane % LANES);

    private static final VectorShuffle<Float> ODD = VectorShuffle.fromOp(SPECIES, lane -> (2 * lane + 1) % LANES);
    private static final VectorMask<Float> UPPER =
            SPECIES.indexInRange(0, LANES / 2).not();
    private static final IntVector COLUMNS = IntVector.zero(INTS).addIndex(2);

    private F32HalvingMax() {}

    static boolean covers(PoolShape p) {
        return ORDER == ByteOrder.LITTLE_ENDIAN
                && p.kernelH() == 2
                && p.kernelW() == 2
                && p.strideH() == 2
                && p.strideW() == 2
                && p.padH() == 0
                && p.padW() == 0
                && 2 * p.oh() <= p.h()
                && 2 * p.ow() <= p.w();
    }

    /** Whether maxima are computed here, and not only their gradient: rows have a vector of outputs. */
    static boolean computes(PoolShape p) {
        return covers(p) && p.ow() >= LANES;
    }

    static void run(PoolShape p, long x, long y, long indices) {
        int oh = p.oh();
        int ow = p.ow();
        for (int oy = 0; oy < oh; oy++) {
            int row = 2 * oy * p.w();
            long to = (long) oy * ow;
            for (int next = 0; next < ow; next += LANES) {
                // the last vector of a row goes over outputs of the one before again
                int ox = Math.min(next, ow - LANES);
                full(x, row + 2 * ox, p.w(), y + 4 * (to + ox), indices + 8 * (to + ox));
            }
        }
    }

    /**
     * Writes the gradient of the input: each window, of which no two overlap, as two pairs of numbers.
     *
     * @return false, with some of it written, if a position lies outside its window
     */
    static boolean backward(PoolShape p, long gy, long indices, long gx) {
        int w = p.w();
        int oh = p.oh();
        int ow = p.ow();
        for (int oy = 0; oy < oh; oy++) {
            int row = 2 * oy * w;
            for (int ox = 0; ox < ow; ox++) {
                long at = (long) oy * ow + ox;
                int position = row + 2 * ox;
                long place = Access.i64(indices + 8 * at) - position;
                // all ones in the lower row: a branch would be guessed wrong every other time
                long below = w - 1 - place >> Long.SIZE - 1;
                long column = place - (w & below);
                if ((column & ~1) != 0) {
                    return false;
                }
                long pair = (Access.i32(gy + 4 * at) & 0xffff_ffffL) << Integer.SIZE * (int) column;
                Access.i64(gx + 4L * position, pair & ~below);
                Access.i64(gx + 4L * (position + w), pair & below);
            }
            for (int x = 2 * ow; x < w; x++) {
                Access.i32(gx + 4L * (row + x), 0);
                Access.i32(gx + 4L * (row + w + x), 0);
            }
        }
        for (int i = 2 * oh * w; i < p.h() * w; i++) {
            Access.i32(gx + 4L * i, 0);
        }
        return true;
    }

    /** Computes a vector of outputs whose first window begins at {@code position} of the plane. */
    private static void full(long x, int position, int w, long y, long indices) {
        long above = x + 4L * position;
        long below = above + 4L * w;
        FloatVector a0 = load(above);
        FloatVector a1 = load(above + Species.VECTOR_BYTES);
        FloatVector b0 = load(below);
        FloatVector b1 = load(below + Species.VECTOR_BYTES);
        FloatVector best = even(a0, a1);
        IntVector index = COLUMNS.add(position);
        FloatVector next = odd(a0, a1);
        VectorMask<Float> later = isLater(next, best);
        best = best.blend(next, later);
        index = index.blend(COLUMNS.add(position + 1), later.cast(INTS));
        next = even(b0, b1);
        later = isLater(next, best);
        best = best.blend(next, later);
        index = index.blend(COLUMNS.add(position + w), later.cast(INTS));
        next = odd(b0, b1);
        later = isLater(next, best);
        best = best.blend(next, later);
        index = index.blend(COLUMNS.add(position + w + 1), later.cast(INTS));
        best.intoMemorySegment(ALL, y & MASK, ORDER);
        low(index).intoMemorySegment(ALL, indices & MASK, ORDER);
        high(index).intoMemorySegment(ALL, (indices + Species.VECTOR_BYTES) & MASK, ORDER);
    }

    /** A NaN takes the place of whatever was before it, and nothing that of a NaN. */
    private static VectorMask<Float> isLater(FloatVector next, FloatVector best) {
        return next.compare(VectorOperators.GT, best).or(next.compare(VectorOperators.NE, next));
    }

    /** Elements 0, 2, 4 and so on of two vectors one after the other. */
    static FloatVector even(FloatVector low, FloatVector high) {
        return low.rearrange(EVEN).blend(high.rearrange(EVEN), UPPER);
    }

    /** Elements 1, 3, 5 and so on. */
    static FloatVector odd(FloatVector low, FloatVector high) {
        return low.rearrange(ODD).blend(high.rearrange(ODD), UPPER);
    }

    private static LongVector low(IntVector index) {
        return (LongVector) index.convertShape(VectorOperators.I2L, LONGS, 0);
    }

    private static LongVector high(IntVector index) {
        return (LongVector) index.convertShape(VectorOperators.I2L, LONGS, 1);
    }

    private static FloatVector load(long address) {
        return FloatVector.fromMemorySegment(SPECIES, ALL, address & MASK, ORDER);
    }
}
