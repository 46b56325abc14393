package dev.lanewise.cpu.elementwise;

/** Conversions of the 16-bit floating-point formats that the JDK lacks. */
final class Half {
    private static final int BFLOAT16_NAN = 0x7FC0;

    private Half() {}

    /** The value of a bfloat16, which is the upper half of a binary32. */
    static float fromBfloat16(short bits) {
        return Float.intBitsToFloat(bits << 16);
    }

    /** The nearest bfloat16, halves to even. */
    static short toBfloat16(float v) {
        int bits = Float.floatToRawIntBits(v);
        if (Float.isNaN(v)) {
            return (short) (bits >>> 16 & 0x8000 | BFLOAT16_NAN);
        }
        return (short) (bits + 0x7FFF + (bits >>> 16 & 1) >>> 16);
    }

    /**
     * The float next to v towards zero, with its last bit set if that is not v: rounded once more, to a narrower format,
     * this gives what rounding v itself would give (Boldo and Melquiond 2008, "Emulation of FMA and correctly rounded sums").
     */
    static float roundToOdd(double v) {
        float nearest = (float) v;
        if (nearest == v || Double.isNaN(v)) {
            return nearest;
        }
        int bits = Float.floatToRawIntBits(nearest);
        if (Math.abs(nearest) > Math.abs(v)) {
            bits--;
        }
        return Float.intBitsToFloat(bits | 1);
    }

    /** As {@link #roundToOdd(double)} for integers. */
    static float roundToOdd(long v) {
        double high = (double) v;
        long low = high == 0x1p63 ? v - Long.MAX_VALUE - 1 : v - (long) high;
        // what the double lost is far below the float's last bit: any hint of it in the double's last bit will do
        return roundToOdd(low == 0 ? high : low > 0 == v > 0 ? nextFromZero(high) : nextToZero(high));
    }

    private static double nextFromZero(double v) {
        return v > 0 ? Math.nextUp(v) : Math.nextDown(v);
    }

    private static double nextToZero(double v) {
        return v > 0 ? Math.nextDown(v) : Math.nextUp(v);
    }
}
