package dev.lanewise.tensor.spi;

/**
 * Philox 4x32 with 10 rounds (Salmon, Moraes, Dror and Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3"). The
 * 64-bit block number is the counter's lower half, the 64-bit seed is the key.
 */
public final class Philox {
    private static final long M0 = 0xD2511F53L;
    private static final long M1 = 0xCD9E8D57L;
    private static final int W0 = 0x9E3779B9;
    private static final int W1 = 0xBB67AE85;

    private Philox() {}

    /**
     * The lower two words of a block, the first one in the lower half.
     *
     * @param seed the key
     * @param block the counter
     * @return two of the four 32-bit words of the block
     */
    public static long low(long seed, long block) {
        return words(seed, block, false);
    }

    /**
     * The upper two words of a block, the third one in the lower half.
     *
     * @param seed the key
     * @param block the counter
     * @return two of the four 32-bit words of the block
     */
    public static long high(long seed, long block) {
        return words(seed, block, true);
    }

    private static long words(long seed, long block, boolean upper) {
        int c0 = (int) block;
        int c1 = (int) (block >>> 32);
        int c2 = 0;
        int c3 = 0;
        int k0 = (int) seed;
        int k1 = (int) (seed >>> 32);
        for (int round = 0; round < 10; round++) {
            long p0 = M0 * (c0 & 0xFFFFFFFFL);
            long p1 = M1 * (c2 & 0xFFFFFFFFL);
            c0 = (int) (p1 >>> 32) ^ c1 ^ k0;
            c2 = (int) (p0 >>> 32) ^ c3 ^ k1;
            c1 = (int) p1;
            c3 = (int) p0;
            k0 += W0;
            k1 += W1;
        }
        return upper ? (c2 & 0xFFFFFFFFL) | (long) c3 << 32 : (c0 & 0xFFFFFFFFL) | (long) c1 << 32;
    }
}
