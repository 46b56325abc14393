package dev.lanewise.cpu.quant;

import static dev.lanewise.cpu.quant.Lanes.u8;

/** Scales and smallest values of Q4_K and Q5_K: eight of each, of 6 bits, in 12 bytes. */
final class KScales {
    private KScales() {}

    /** Four are whole in a byte, whose upper bits belong to the other four. */
    static int scale(long at, int group) {
        return group < 4 ? u8(at + group) & 63 : u8(at + 4 + group) & 15 | u8(at + group - 4) >> 2 & 48;
    }

    static int least(long at, int group) {
        return group < 4 ? u8(at + 4 + group) & 63 : u8(at + 4 + group) >> 4 | u8(at + group) >> 2 & 48;
    }
}
