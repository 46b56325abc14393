package dev.lanewise.cpu.quant;

/**
 * Scales and smallest values of Q4_K and Q5_K: eight of each, of 6 bits, in 12 bytes, which are three words here. Of eight, four
 * are whole in a byte, whose upper bits belong to the other four. Results are four of them in the bytes of a word.
 */
final class KScales {
    private KScales() {}

    /** The first four scales, of the first word; or smallest values, of the second. */
    static int first(int word) {
        return word & 0x3f3f3f3f;
    }

    /** The last four scales, of the first and third word. */
    static int lastScales(int first, int third) {
        return third & 0x0f0f0f0f | first >>> 2 & 0x30303030;
    }

    /** The last four smallest values, of the second and third word. */
    static int lastLeast(int second, int third) {
        return third >>> 4 & 0x0f0f0f0f | second >>> 2 & 0x30303030;
    }

    /** A byte of a word, 0 to 3. */
    static int at(int word, int index) {
        return word >>> 8 * index & 0xff;
    }
}
