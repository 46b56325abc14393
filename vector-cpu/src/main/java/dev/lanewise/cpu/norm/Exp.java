package dev.lanewise.cpu.norm;

import dev.lanewise.cpu.Species;
import dev.lanewise.cpu.elementwise.VectorMath;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorOperators;

/**
 * {@code e^x} for x up to (about) 0, as every softmax needs it. {@code lanewise(EXP)} gives other last bits once its
 * method is compiled; these do not.
 */
final class Exp {
    private static final double LOG2_E = 1.4426950408889634;
    /** ln 2 in two parts; multiples of the first by up to 2^11 are exact. */
    private static final double LN2_HIGH = 0x1.62e42feep-1;

    private static final double LN2_LOW = 0x1.a39ef35793c76p-33;

    /** Added to a double below 2^51 and taken off again it leaves the nearest integer, which is also in its lower bits. */
    private static final double ROUNDER = 0x1.8p52;

    private static final long EXPONENT_BIAS = 1023;
    private static final int MANTISSA_BITS = 52;

    /** Below this e^x is 0, or too small for a normal number. */
    private static final double LEAST = -708;

    private Exp() {}

    static FloatVector of(FloatVector x) {
        return VectorMath.expOfNegative(x);
    }

    /** The Taylor series of degree 13 after reduction to |r| of at most ln(2) / 2, whose remainder is below 2^-57. */
    static DoubleVector of(DoubleVector x) {
        DoubleVector shifted = x.fma(broadcast(LOG2_E), broadcast(ROUNDER));
        DoubleVector n = shifted.sub(ROUNDER);
        DoubleVector r = n.fma(broadcast(-LN2_LOW), n.fma(broadcast(-LN2_HIGH), x));
        DoubleVector p = r.fma(broadcast(1.0 / 6227020800L), broadcast(1.0 / 479001600))
                .fma(r, broadcast(1.0 / 39916800))
                .fma(r, broadcast(1.0 / 3628800))
                .fma(r, broadcast(1.0 / 362880))
                .fma(r, broadcast(1.0 / 40320))
                .fma(r, broadcast(1.0 / 5040))
                .fma(r, broadcast(1.0 / 720))
                .fma(r, broadcast(1.0 / 120))
                .fma(r, broadcast(1.0 / 24))
                .fma(r, broadcast(1.0 / 6))
                .fma(r, broadcast(0.5));
        p = p.mul(r).fma(r, r).add(1);
        LongVector exponent = shifted.reinterpretAsLongs()
                .sub(Double.doubleToRawLongBits(ROUNDER) - EXPONENT_BIAS)
                .lanewise(VectorOperators.LSHL, MANTISSA_BITS);
        return p.mul(exponent.reinterpretAsDoubles()).blend(0, x.compare(VectorOperators.LT, LEAST));
    }

    private static DoubleVector broadcast(double value) {
        return DoubleVector.broadcast(Species.F64, value);
    }
}
