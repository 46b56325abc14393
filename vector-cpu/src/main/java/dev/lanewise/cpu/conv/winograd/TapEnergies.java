package dev.lanewise.cpu.conv.winograd;

import static dev.lanewise.cpu.conv.Vectors.BYTES;
import static dev.lanewise.cpu.conv.Vectors.FLOAT;
import static dev.lanewise.cpu.conv.Vectors.INT;
import static dev.lanewise.cpu.conv.Vectors.ORDER;
import static dev.lanewise.cpu.conv.Vectors.SPECIES;
import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.MASK;

import dev.lanewise.cpu.conv.Rows;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * How even the weights of a vector of 3x3 kernels are: the sums over all inputs of each tap's squares, and the number of
 * small weights.
 */
final class TapEnergies {
    private static final int TAPS = WinogradTransform.KERNEL * WinogradTransform.KERNEL;

    /** How much larger the sum of a tap's squares may be than that of another. */
    private static final float MOST = 1 << 5;

    /**
     * The share of all squares that one weight may have. Beyond it a sum may hang on a single product, which an output sees
     * or does not, where the transforms add it to all of them.
     */
    private static final float MOST_OF_ALL = 0.25f;

    /** Weights whose squares are this share of their mean are small: what an output sees must not meet small ones only. */
    private static final float SMALL = 0x1p-16f;

    /** The share of a kernel's weights that may be small. */
    private static final float MOST_SMALL = 0.125f;

    /** Twice the error of an output, over the tolerance, in units of the tile's largest number and the root of all squares. */
    private static final float PROOF = 0.004f;

    /**
     * The same for kernels whose weights are of one sign, of 16 inputs: sums grow with the number of inputs there, not with its
     * root, and so do their roundings. It grows with the power 3/2 of the number.
     */
    private static final float PROOF_ALIKE = 0.02f;

    /** The magnitudes of the sums of taps over the root of all squares, of 16 inputs with the same weights. */
    private static final float ALIKE = 12;

    /**
     * What the magnitudes of all weights must sum up to, of what they do if all are the same, to be taken for weights of one sign: inputs
     * may have the signs of those weights, and then their products are alike. Normally distributed ones come to 0.8.
     */
    private static final float SAME_SIZE = 0.9f;

    /** One input in so many must be seen, since products that an output does not see add to its error. */
    static final int INPUTS_OF_ONE = 8;

    /** More inputs than any kernel has. */
    private static final float MANY = 1 << 24;

    /** Weights beyond 2^-40 and 2^55, with those of pixels, stay in the range of floats. */
    private static final float TINY = 0x1p-80f;

    private static final float HUGE = 0x1p110f;

    /** Magnitudes compare as the bits of floats do: one instruction for the larger, where floats' rules for NaN take five. */
    private static final VectorSpecies<Integer> INTS = SPECIES.withLanes(int.class);

    private TapEnergies() {}

    /**
     * Returns the most small weights of a kernel, if the kernels of {@code outputs} lanes are even: no tap much larger than
     * another, no single weight that outweighs the others, not many that are next to nothing, none beyond the usual range.
     * Otherwise -1. To the small weights of a kernel of weights of one sign are added those inputs that an output must see since
     * more is rounded there.
     *
     * @param kernels a vector for each input and tap
     * @param work scratch of seven vectors
     * @param proofs receives for each kernel the magnitude, over a tile's largest number, beyond which an output is exact enough
     */
    static int mostSmall(long kernels, int inputs, int outputs, long work, long proofs) {
        for (int tap = 0; tap < TAPS; tap++) {
            add(kernels + tap * BYTES, inputs, tap == 0, work);
        }
        int weights = inputs * TAPS;
        countSmall(kernels, weights, work + 2 * BYTES, work + 4 * BYTES);
        int mostSmall = 0;
        for (int lane = 0; lane < outputs; lane++) {
            float most = Rows.read(work + 4L * lane);
            float least = Rows.read(work + BYTES + 4L * lane);
            float all = Rows.read(work + 2 * BYTES + 4L * lane);
            float single = Rows.read(work + 3 * BYTES + 4L * lane);
            int small = ALL.get(INT, (work + 4 * BYTES + 4L * lane) & MASK);
            boolean usual = most >= TINY
                    && most <= HUGE
                    && most <= MOST * least
                    && single * single <= MOST_OF_ALL * all
                    && small <= MOST_SMALL * weights;
            // squares of what is not zero may be
            boolean isZero = single == 0;
            if (!isZero && !usual) {
                return -1;
            }
            float root = (float) Math.sqrt(all);
            float sums = Rows.read(work + 5 * BYTES + 4L * lane);
            float sizes = Rows.read(work + 6 * BYTES + 4L * lane);
            boolean sameSize = sizes >= SAME_SIZE * root * (float) Math.sqrt(weights);
            float alike = root == 0 ? 0 : (sameSize ? sizes : sums) / root / ALIKE;
            float share = Math.max(PROOF, PROOF_ALIKE * alike * alike * alike);
            int more = (int) Math.min(MANY, (share / PROOF - 1) * inputs / INPUTS_OF_ONE);
            mostSmall = Math.max(mostSmall, isZero ? 0 : small + more);
            ALL.set(FLOAT, (proofs + 4L * lane) & MASK, share * root);
        }
        return mostSmall;
    }

    /** Counts how many of a kernel's weights are small, by the sum of all squares at {@code all}. */
    private static void countSmall(long kernels, int weights, long all, long to) {
        FloatVector least = FloatVector.fromMemorySegment(SPECIES, ALL, all & MASK, ORDER)
                .mul(FloatVector.broadcast(SPECIES, SMALL / weights));
        IntVector small = IntVector.zero(INTS);
        for (int i = 0; i < weights; i++) {
            FloatVector w = FloatVector.fromMemorySegment(SPECIES, ALL, (kernels + i * BYTES) & MASK, ORDER);
            // a negative difference's sign
            small = small.add(w.mul(w).sub(least).reinterpretAsInts().lanewise(VectorOperators.LSHR, Integer.SIZE - 1));
        }
        small.intoMemorySegment(ALL, to & MASK, ORDER);
    }

    /**
     * Takes in a tap: the largest sum of squares at {@code work}, the smallest, that of all taps, the largest weight, and, after
     * a vector between, the magnitudes of the sums of taps, and the sum of all magnitudes.
     */
    private static void add(long tap, int inputs, boolean first, long work) {
        FloatVector energy = FloatVector.zero(SPECIES);
        FloatVector sum = FloatVector.zero(SPECIES);
        FloatVector sizes = FloatVector.zero(SPECIES);
        IntVector largest = IntVector.zero(INTS);
        long at = tap;
        for (int input = 0; input < inputs; input++) {
            FloatVector w = FloatVector.fromMemorySegment(SPECIES, ALL, at & MASK, ORDER);
            energy = w.fma(w, energy);
            sum = sum.add(w);
            FloatVector size = w.abs();
            sizes = sizes.add(size);
            largest = largest.max(size.reinterpretAsInts());
            at += TAPS * BYTES;
        }
        FloatVector most = energy;
        FloatVector least = energy;
        FloatVector all = energy;
        FloatVector sums = sum.abs();
        if (!first) {
            most = most.max(FloatVector.fromMemorySegment(SPECIES, ALL, work & MASK, ORDER));
            least = least.min(FloatVector.fromMemorySegment(SPECIES, ALL, (work + BYTES) & MASK, ORDER));
            all = all.add(FloatVector.fromMemorySegment(SPECIES, ALL, (work + 2 * BYTES) & MASK, ORDER));
            largest = largest.max(IntVector.fromMemorySegment(INTS, ALL, (work + 3 * BYTES) & MASK, ORDER));
            sums = sums.add(FloatVector.fromMemorySegment(SPECIES, ALL, (work + 5 * BYTES) & MASK, ORDER));
            sizes = sizes.add(FloatVector.fromMemorySegment(SPECIES, ALL, (work + 6 * BYTES) & MASK, ORDER));
        }
        most.intoMemorySegment(ALL, work & MASK, ORDER);
        least.intoMemorySegment(ALL, (work + BYTES) & MASK, ORDER);
        all.intoMemorySegment(ALL, (work + 2 * BYTES) & MASK, ORDER);
        largest.intoMemorySegment(ALL, (work + 3 * BYTES) & MASK, ORDER);
        sums.intoMemorySegment(ALL, (work + 5 * BYTES) & MASK, ORDER);
        sizes.intoMemorySegment(ALL, (work + 6 * BYTES) & MASK, ORDER);
    }
}
