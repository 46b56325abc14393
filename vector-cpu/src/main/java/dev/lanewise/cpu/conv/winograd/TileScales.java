package dev.lanewise.cpu.conv.winograd;

import static dev.lanewise.cpu.conv.Vectors.FLOAT;
import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.MASK;

import java.lang.foreign.Arena;

/**
 * Scales of tiles, so that tiles that are alike to the bit are not rounded alike, in gradients of weights.
 *
 * <p>Errors of one sign add up to T of them over T tiles, those of any sign to their root only. A tile of pixels is multiplied by
 * f r and the tile of gradients that it meets by g s before their transforms, and the sum of a chain of products by 1/(f g r s). In a
 * chain r s is the same number, 1155/1024, divided between the two in 16 ways, one after the other, and so is f g, which differs from
 * chain to chain. All of these are exact in F32, also times the transforms' factors, but the last, which is rounded once for each
 * chain. What the transforms round off is then different numbers of 16 x {@value #KINDS} kinds of tiles, and what a chain of products
 * rounds off of {@value #KINDS} kinds of chains. They are numbers that have few divisors in common, and so no few bits.
 */
final class TileScales {
    /**
     * Tiles whose products are summed before the sum is added to that of the others: where tiles are alike, roundings within a chain
     * have one sign, and their sum grows with the square of the number of tiles.
     */
    static final int CHAIN = 32;

    /** Chains that are scaled differently. */
    static final int KINDS = 32;

    private static final int[] PRIMES = {3, 5, 7, 11};
    private static final int SPLITS = 1 << PRIMES.length;

    /** Chains of pixels and of gradients have these factors in different orders. */
    private static final int STEP = 7;

    private static final int SHIFT = 3;

    private static final long INPUTS = table();
    private static final long GRADIENTS = INPUTS + (long) KINDS * SPLITS * WinogradTransform.FACTOR_BYTES;
    private static final long RESTORING = GRADIENTS + (long) KINDS * SPLITS * WinogradTransform.FACTOR_BYTES;

    private TileScales() {}

    private static long table() {
        long rows = (long) KINDS * SPLITS * WinogradTransform.FACTOR_BYTES;
        long inputs = Arena.global()
                .allocate(2 * rows + 4L * KINDS, WinogradTransform.FACTOR_BYTES)
                .address();
        double all = product(SPLITS - 1) / 1024.0;
        for (int chain = 0; chain < KINDS; chain++) {
            double ofInput = ofChain(chain);
            double ofGradient = ofChain(STEP * chain + SHIFT);
            for (int split = 0; split < SPLITS; split++) {
                int part = product(split);
                double one = (double) part / Integer.highestOneBit(part);
                long row = WinogradTransform.FACTOR_BYTES * (chain * SPLITS + split);
                WinogradTransform.writeFactors(ofInput * one, inputs + row);
                WinogradTransform.writeFactors(ofGradient * (all / one), inputs + rows + row);
            }
            float restoring = (float) (1 / (ofInput * ofGradient * all));
            ALL.set(FLOAT, (inputs + 2 * rows + 4L * chain) & MASK, restoring);
        }
        return inputs;
    }

    /** From 1 to 2. */
    private static double ofChain(int chain) {
        return 1 + (double) (chain % KINDS) / KINDS;
    }

    /** The product of those primes whose bits are set. */
    private static int product(int split) {
        int product = 1;
        for (int i = 0; i < PRIMES.length; i++) {
            product *= (split >> i & 1) == 0 ? 1 : PRIMES[i];
        }
        return product;
    }

    private static long row(int tile) {
        return WinogradTransform.FACTOR_BYTES * (tile / CHAIN % KINDS * SPLITS + tile % SPLITS);
    }

    /** The factors of a tile of pixels ({@link WinogradTransform#input}). */
    static long ofInput(int tile) {
        return INPUTS + row(tile);
    }

    /** The factors of the tile of gradients that it meets ({@link WinogradTransform#gradient}). */
    static long ofGradient(int tile) {
        return GRADIENTS + row(tile);
    }

    /** Where the factor of a chain's sum is; those of the next chains follow, up to the next multiple of {@link #KINDS}. */
    static long restoring(int chain) {
        return RESTORING + 4L * (chain % KINDS);
    }
}
