package dev.lanewise.cpu.elementwise;

import static dev.lanewise.cpu.Species.F32;
import static jdk.incubator.vector.FloatVector.broadcast;

import dev.lanewise.cpu.Species;
import java.util.function.DoubleUnaryOperator;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/**
 * Single-precision functions of a vector of {@link Species#F32}. Every operation in them is exact or correctly rounded, so
 * each lane's result is the same bits on every machine and for every width.
 *
 * <p>Errors are largest differences from the exact value over all floats, in units in the last place (ulp) of the result.
 * Arguments reduce by Cody and Waite's method ("Software manual for the elementary functions", 1980); the polynomials were
 * fitted to the least largest relative error.
 *
 * <p>The code is flatter than it would read best: the compiler stops inlining methods other than the Vector API's own once
 * an expression has grown beyond a limit, and a vector that crosses a call which is not inlined goes through the heap.
 */
public final class VectorMath {
    private static final int SIGN_BIT = 0x8000_0000;
    private static final int MANTISSA_BITS = 23;
    private static final int MANTISSA = (1 << MANTISSA_BITS) - 1;

    /** Added to a float below 2^22 and taken off again it leaves the nearest integer, which is also in its lower bits. */
    private static final float ROUNDER = 0x1.8p23f;

    private static final int ROUNDER_BITS = Float.floatToRawIntBits(ROUNDER);
    private static final int ONE_BITS = Float.floatToRawIntBits(1);
    private static final int HALF_BITS = Float.floatToRawIntBits(0.5f);
    private static final float LOG2_E = 1.442695f;
    /** ln 2 in two parts; multiples of the first by up to 2^8 are exact. */
    private static final float LN2_HIGH = 0x1.62e4p-1f;

    private static final float LN2_LOW = 0x1.7f7d1cp-20f;
    /** e^x is infinite above. */
    private static final float EXP_MOST = 88.72284f;
    /** e^x rounds to 0 below. */
    private static final float EXP_LEAST = -103.97208f;
    /** e^x is not a normal float below. */
    private static final float NORMAL_EXP_LEAST = -87.33654f;

    /** tanh x rounds to 1 above. */
    private static final float TANH_MOST = 9.1f;
    /** e^x - 1 rounds to -1 below. */
    private static final float EXPM1_LEAST = -17.4f;

    private static final float SQRT_HALF = (float) Math.sqrt(0.5);
    /** The standard normal density at 0. */
    private static final float NORMAL_DENSITY = (float) (1 / Math.sqrt(2 * Math.PI));
    /** pi / 2 in three parts. */
    private static final float HALF_PI_1 = (float) (Math.PI / 2);

    private static final float HALF_PI_2 = (float) (Math.PI / 2 - HALF_PI_1);
    private static final float HALF_PI_3 = (float) (Math.PI / 2 - HALF_PI_1 - HALF_PI_2);
    /** Up to here the three parts leave a float's accuracy after reduction. */
    private static final float MOST_REDUCED = 1e5f;

    private VectorMath() {}

    /** {@code e^x}; less than 1.1 ulp off, denormal results included. */
    public static FloatVector exp(FloatVector x) {
        FloatVector shifted = x.fma(broadcast(F32, LOG2_E), broadcast(F32, ROUNDER));
        FloatVector n = shifted.sub(ROUNDER);
        FloatVector r = n.fma(broadcast(F32, -LN2_LOW), n.fma(broadcast(F32, -LN2_HIGH), x));
        FloatVector p = expSeries(r);
        // 2^n in two factors, since n may be beyond a float's exponents
        IntVector bits = shifted.reinterpretAsInts();
        IntVector half = bits.sub(ROUNDER_BITS).lanewise(VectorOperators.ASHR, 1);
        FloatVector first =
                half.lanewise(VectorOperators.LSHL, MANTISSA_BITS).add(ONE_BITS).reinterpretAsFloats();
        FloatVector second = bits.sub(half)
                .lanewise(VectorOperators.LSHL, MANTISSA_BITS)
                .add(ONE_BITS)
                .reinterpretAsFloats();
        return p.mul(first)
                .mul(second)
                .blend(Float.POSITIVE_INFINITY, x.compare(VectorOperators.GT, EXP_MOST))
                .blend(0, x.compare(VectorOperators.LT, EXP_LEAST));
    }

    /** {@code e^x} for x of at most 0 or NaN; below {@link #NORMAL_EXP_LEAST} the result is 0. */
    public static FloatVector expOfNegative(FloatVector x) {
        FloatVector shifted = x.fma(broadcast(F32, LOG2_E), broadcast(F32, ROUNDER));
        FloatVector n = shifted.sub(ROUNDER);
        FloatVector r = n.fma(broadcast(F32, -LN2_LOW), n.fma(broadcast(F32, -LN2_HIGH), x));
        return expSeries(r).mul(powerOfTwo(shifted)).blend(0, x.compare(VectorOperators.LT, NORMAL_EXP_LEAST));
    }

    /** {@code e^r} for |r| of at most ln(2) / 2. */
    private static FloatVector expSeries(FloatVector r) {
        FloatVector p = r.fma(broadcast(F32, 0.0013814318f), broadcast(F32, 0.008368852f))
                .fma(r, broadcast(F32, 0.0416684f))
                .fma(r, broadcast(F32, 0.1666652f))
                .fma(r, broadcast(F32, 0.5f));
        return p.mul(r).fma(r, r).add(1);
    }

    /** {@code e^x - 1}; at most 2 ulp off. */
    public static FloatVector expm1(FloatVector x) {
        FloatVector shifted = x.fma(broadcast(F32, LOG2_E), broadcast(F32, ROUNDER));
        FloatVector n = shifted.sub(ROUNDER);
        FloatVector r = n.fma(broadcast(F32, -LN2_LOW), n.fma(broadcast(F32, -LN2_HIGH), x));
        FloatVector p = expm1Series(r);
        // half of the result, since 2^n may overflow where the result does not
        FloatVector scale = shifted.reinterpretAsInts()
                .lanewise(VectorOperators.LSHL, MANTISSA_BITS)
                .add(HALF_BITS)
                .reinterpretAsFloats();
        FloatVector result = p.fma(scale, scale.sub(0.5f))
                .mul(2)
                .blend(Float.POSITIVE_INFINITY, x.compare(VectorOperators.GT, EXP_MOST))
                .blend(-1, x.compare(VectorOperators.LT, EXPM1_LEAST));
        IntVector sign = x.reinterpretAsInts().and(SIGN_BIT);
        return result.abs().reinterpretAsInts().or(sign).reinterpretAsFloats();
    }

    /** {@code e^r - 1} for |r| of at most ln(2) / 2. */
    private static FloatVector expm1Series(FloatVector r) {
        FloatVector p = r.fma(broadcast(F32, 0.00019845892f), broadcast(F32, 0.0013940823f))
                .fma(r, broadcast(F32, 0.00833339f))
                .fma(r, broadcast(F32, 0.04166636f))
                .fma(r, broadcast(F32, 0.16666666f))
                .fma(r, broadcast(F32, 0.5f));
        return p.mul(r).fma(r, r);
    }

    /** {@code tanh x}; at most 3 ulp off. */
    public static FloatVector tanh(FloatVector x) {
        // (1 - e^-2a) / (1 + e^-2a) for a = |x|
        FloatVector a = x.abs();
        FloatVector y = a.mul(-2);
        FloatVector shifted = y.fma(broadcast(F32, LOG2_E), broadcast(F32, ROUNDER));
        FloatVector n = shifted.sub(ROUNDER);
        FloatVector r = n.fma(broadcast(F32, -LN2_LOW), n.fma(broadcast(F32, -LN2_HIGH), y));
        FloatVector p = expm1Series(r);
        FloatVector scale = powerOfTwo(shifted);
        FloatVector below = p.fma(scale, scale.sub(1));
        FloatVector result = below.div(below.add(2)).blend(-1, a.compare(VectorOperators.GT, TANH_MOST));
        IntVector sign = x.reinterpretAsInts().and(SIGN_BIT);
        return result.abs().reinterpretAsInts().or(sign).reinterpretAsFloats();
    }

    /** {@code 1 / (1 + e^-x)}; at most 3 ulp off, results below 2^-126 become 0. */
    public static FloatVector sigmoid(FloatVector x) {
        FloatVector shifted = x.fma(broadcast(F32, -LOG2_E), broadcast(F32, ROUNDER));
        FloatVector n = shifted.sub(ROUNDER);
        // e^-x is 2^n e^-t
        FloatVector t = n.fma(broadcast(F32, LN2_LOW), n.fma(broadcast(F32, LN2_HIGH), x));
        FloatVector p = t.fma(broadcast(F32, 0.0013814318f), broadcast(F32, -0.008368852f))
                .fma(t, broadcast(F32, 0.0416684f))
                .fma(t, broadcast(F32, -0.1666652f))
                .fma(t, broadcast(F32, 0.5f))
                .fma(t, broadcast(F32, -1f))
                .fma(t, broadcast(F32, 1f));
        FloatVector e = p.mul(powerOfTwo(shifted)).blend(0, x.compare(VectorOperators.GT, -NORMAL_EXP_LEAST));
        return broadcast(F32, 1f).div(e.add(1)).blend(0, x.compare(VectorOperators.LT, NORMAL_EXP_LEAST));
    }

    /** {@code x * sigmoid(x)}. */
    public static FloatVector silu(FloatVector x) {
        return x.mul(sigmoid(x));
    }

    /** {@code log(1 + e^x)}; at most 3 ulp off, results below 2^-126 become 0. */
    public static FloatVector softplus(FloatVector x) {
        // log(1 + e) = 2 artanh(e / (2 + e))
        FloatVector e = expOfNegative(x.abs().neg());
        FloatVector s = e.div(e.add(2));
        FloatVector square = s.mul(s);
        FloatVector p = square.fma(broadcast(F32, 0.14007337f), broadcast(F32, 0.14000651f))
                .fma(square, broadcast(F32, 0.20010777f))
                .fma(square, broadcast(F32, 0.3333321f));
        FloatVector log = p.mul(square).fma(s, s);
        return x.blend(0, x.compare(VectorOperators.LT, 0)).add(log.add(log));
    }

    /** {@code x * tanh(softplus(x))}, which is {@code x n / (n + 2)} for {@code n = e^x (e^x + 2)}. */
    public static FloatVector mish(FloatVector x) {
        FloatVector e = exp(x);
        FloatVector n = e.fma(e, e.add(e));
        return x.mul(n.div(n.add(2))).blend(x, x.compare(VectorOperators.GT, 20));
    }

    /** Natural logarithm; at most 2 ulp off. */
    public static FloatVector log(FloatVector x) {
        VectorMask<Float> denormal = x.compare(VectorOperators.LT, Float.MIN_NORMAL);
        FloatVector y = x.blend(x.mul(0x1p23f), denormal);
        FloatVector result = logOfNormal(y, broadcast(F32, 0f).blend(-23, denormal));
        return result.blend(x, x.compare(VectorOperators.EQ, Float.POSITIVE_INFINITY))
                .blend(Float.NEGATIVE_INFINITY, x.compare(VectorOperators.EQ, 0))
                .blend(Float.NaN, x.compare(VectorOperators.LT, 0))
                .blend(x, x.compare(VectorOperators.NE, x));
    }

    /** {@code log(y 2^exponent)} for a finite, normal, positive y. */
    private static FloatVector logOfNormal(FloatVector y, FloatVector exponent) {
        // y = 2^k m with m from sqrt(1/2) to sqrt(2)
        int least = 0x3F3504F3;
        IntVector above = y.reinterpretAsInts().sub(least);
        IntVector k = above.lanewise(VectorOperators.ASHR, MANTISSA_BITS);
        FloatVector m = above.and(MANTISSA).add(least).reinterpretAsFloats();
        FloatVector n = k.add(ROUNDER_BITS).reinterpretAsFloats().sub(ROUNDER).add(exponent);
        FloatVector f = m.sub(1);
        // (log(1 + f) - f + f^2 / 2) / f^3
        FloatVector p = f.fma(broadcast(F32, 0.06746675f), broadcast(F32, -0.11675769f))
                .fma(f, broadcast(F32, 0.11888212f))
                .fma(f, broadcast(F32, -0.12405574f))
                .fma(f, broadcast(F32, 0.14219543f))
                .fma(f, broadcast(F32, -0.16667996f))
                .fma(f, broadcast(F32, 0.20002119f))
                .fma(f, broadcast(F32, -0.2500001f))
                .fma(f, broadcast(F32, 0.33333313f));
        FloatVector square = f.mul(f);
        // smallest terms first
        FloatVector low = n.fma(broadcast(F32, LN2_LOW), p.mul(square).mul(f));
        low = square.fma(broadcast(F32, -0.5f), low);
        return n.fma(broadcast(F32, LN2_HIGH), low.add(f));
    }

    /** {@code log(1 + x)}; at most 3 ulp off. */
    public static FloatVector log1p(FloatVector x) {
        FloatVector sum = x.add(1);
        // what the sum lost, by its derivative (Kahan)
        FloatVector lost = x.sub(sum.sub(1)).div(sum);
        FloatVector result = log(sum);
        result = result.add(lost.blend(0, x.compare(VectorOperators.GT, 0x1p25f)));
        return result.blend(Float.NEGATIVE_INFINITY, x.compare(VectorOperators.EQ, -1))
                .blend(x, sum.compare(VectorOperators.EQ, 1));
    }

    /** The error function; at most 3 ulp off. */
    public static FloatVector erf(FloatVector x) {
        FloatVector a = x.abs();
        FloatVector square = x.mul(x);
        FloatVector complement = expOfNegative(square.neg()).mul(scaledErfc(a));
        IntVector sign = x.reinterpretAsInts().and(SIGN_BIT);
        FloatVector far =
                broadcast(F32, 1f).sub(complement).reinterpretAsInts().or(sign).reinterpretAsFloats();
        // erf(x) / x by x^2
        FloatVector near = square.fma(broadcast(F32, -9.641675e-6f), broadcast(F32, 0.00011257008f))
                .fma(square, broadcast(F32, -0.00084828376f))
                .fma(square, broadcast(F32, 0.005220946f))
                .fma(square, broadcast(F32, -0.0268654f))
                .fma(square, broadcast(F32, 0.11283782f))
                .fma(square, broadcast(F32, -0.37612638f))
                .fma(square, broadcast(F32, 1.1283792f))
                .mul(x);
        return near.blend(far, a.compare(VectorOperators.GT, 1));
    }

    /** {@code e^(a^2) erfc(a)} for a of 0 or more: a polynomial in {@code 1 / (1 + 0.3 a)}. */
    private static FloatVector scaledErfc(FloatVector a) {
        FloatVector t = broadcast(F32, 1f).div(a.fma(broadcast(F32, 0.3f), broadcast(F32, 1f)));
        return t.fma(broadcast(F32, -0.1295559f), broadcast(F32, 0.4857364f))
                .fma(t, broadcast(F32, -0.51266813f))
                .fma(t, broadcast(F32, 0.54821104f))
                .fma(t, broadcast(F32, -0.09502807f))
                .fma(t, broadcast(F32, 0.21510708f))
                .fma(t, broadcast(F32, 0.14828633f))
                .fma(t, broadcast(F32, 0.17072381f))
                .fma(t, broadcast(F32, 0.16918743f))
                .mul(t);
    }

    /** {@code x * Phi(x)} with the normal distribution function Phi; at most a millionth plus 1e-7 off. */
    public static FloatVector gelu(FloatVector x) {
        // Phi(-a)^(-1/8): grows so slowly that a polynomial follows it, and a power of two needs no exponential
        FloatVector a = x.abs();
        FloatVector root = a.fma(broadcast(F32, 3.2394463e-9f), broadcast(F32, -7.724643e-8f))
                .fma(a, broadcast(F32, 8.947976e-7f))
                .fma(a, broadcast(F32, -5.9781946e-6f))
                .fma(a, broadcast(F32, 2.711472e-5f))
                .fma(a, broadcast(F32, -7.559538e-5f))
                .fma(a, broadcast(F32, 0.00018487337f))
                .fma(a, broadcast(F32, 7.1629394e-5f))
                .fma(a, broadcast(F32, 0.0010640605f))
                .fma(a, broadcast(F32, 0.0093957065f))
                .fma(a, broadcast(F32, 0.048829466f))
                .fma(a, broadcast(F32, 0.108760916f))
                .fma(a, broadcast(F32, 1.0905077f));
        FloatVector square = root.mul(root);
        FloatVector fourth = square.mul(square);
        FloatVector tail = broadcast(F32, 1f).div(fourth.mul(fourth));
        return tail.blend(broadcast(F32, 1f).sub(tail), x.compare(VectorOperators.GE, 0))
                .mul(x);
    }

    /** {@code Phi(x) + x phi(x)}, the derivative of {@link #gelu}. */
    public static FloatVector geluDerivative(FloatVector x) {
        FloatVector density = expOfNegative(x.mul(x).mul(-0.5f));
        FloatVector tail = density.mul(scaledErfc(x.abs().mul(SQRT_HALF))).mul(0.5f);
        return tail.blend(broadcast(F32, 1f).sub(tail), x.compare(VectorOperators.GE, 0))
                .add(x.mul(density).mul(NORMAL_DENSITY));
    }

    /** The approximation of {@link #gelu} by tanh: {@code x sigmoid(2 sqrt(2/pi) (x + 0.044715 x^3))}. */
    public static FloatVector geluTanh(FloatVector x) {
        return x.mul(sigmoid(geluTanhArgument(x)));
    }

    private static FloatVector geluTanhArgument(FloatVector x) {
        float scale = (float) (2 * Math.sqrt(2 / Math.PI));
        FloatVector square = x.mul(x);
        return x.mul(square.fma(broadcast(F32, scale * 0.044715f), broadcast(F32, scale)));
    }

    /** The derivative of {@link #geluTanh}. */
    public static FloatVector geluTanhDerivative(FloatVector x) {
        float scale = (float) (2 * Math.sqrt(2 / Math.PI));
        FloatVector s = sigmoid(geluTanhArgument(x));
        FloatVector inner = x.mul(x).fma(broadcast(F32, 3 * 0.044715f * scale), broadcast(F32, scale));
        FloatVector slope = x.mul(inner).mul(s).mul(broadcast(F32, 1f).sub(s));
        return s.add(slope.blend(0, x.abs().compare(VectorOperators.GT, 20)));
    }

    /** The derivative of {@link #silu}. */
    public static FloatVector siluDerivative(FloatVector x) {
        FloatVector s = sigmoid(x);
        return s.fma(x.mul(broadcast(F32, 1f).sub(s)), s);
    }

    /** Sine of radians; at most 2 ulp off. */
    public static FloatVector sin(FloatVector x) {
        FloatVector result = sineOfSmall(x, 0);
        VectorMask<Float> large = x.abs().compare(VectorOperators.GT, MOST_REDUCED);
        return large.anyTrue() ? lanewise(x, result, large, StrictMath::sin) : result;
    }

    /** Cosine of radians; at most 2 ulp off. */
    public static FloatVector cos(FloatVector x) {
        FloatVector result = sineOfSmall(x, 1);
        VectorMask<Float> large = x.abs().compare(VectorOperators.GT, MOST_REDUCED);
        return large.anyTrue() ? lanewise(x, result, large, StrictMath::cos) : result;
    }

    /** {@code sin(x + quarters pi / 2)} for |x| of at most {@link #MOST_REDUCED}. */
    private static FloatVector sineOfSmall(FloatVector x, int quarters) {
        FloatVector shifted = x.fma(broadcast(F32, (float) (2 / Math.PI)), broadcast(F32, ROUNDER));
        FloatVector n = shifted.sub(ROUNDER);
        FloatVector r = n.fma(broadcast(F32, -HALF_PI_1), x);
        r = n.fma(broadcast(F32, -HALF_PI_2), r);
        r = n.fma(broadcast(F32, -HALF_PI_3), r);
        IntVector quadrant = shifted.reinterpretAsInts().add(quarters);
        FloatVector square = r.mul(r);
        VectorMask<Integer> odd = quadrant.and(1).compare(VectorOperators.NE, 0);
        FloatVector value = sineSeries(r, square).blend(cosineSeries(square), odd.cast(F32));
        IntVector sign = quadrant.and(2).lanewise(VectorOperators.LSHL, 30);
        return value.reinterpretAsInts().lanewise(VectorOperators.XOR, sign).reinterpretAsFloats();
    }

    /** The sine of |r| of at most pi / 4. */
    private static FloatVector sineSeries(FloatVector r, FloatVector square) {
        FloatVector p = square.fma(broadcast(F32, 2.7180477e-6f), broadcast(F32, -0.00019839304f))
                .fma(square, broadcast(F32, 0.008333329f))
                .fma(square, broadcast(F32, -0.16666667f));
        return p.fma(square.mul(r), r);
    }

    /** The cosine of r by its square. */
    private static FloatVector cosineSeries(FloatVector square) {
        FloatVector p = square.fma(broadcast(F32, 2.4432413e-5f), broadcast(F32, -0.001388731f))
                .fma(square, broadcast(F32, 0.041666646f))
                .fma(square, broadcast(F32, -0.5f));
        return p.fma(square, broadcast(F32, 1f));
    }

    private static FloatVector lanewise(
            FloatVector x, FloatVector other, VectorMask<Float> chosen, DoubleUnaryOperator function) {
        float[] in = x.toArray();
        float[] out = other.toArray();
        for (int lane = 0; lane < in.length; lane++) {
            if (chosen.laneIsSet(lane)) {
                out[lane] = (float) function.applyAsDouble(in[lane]);
            }
        }
        return FloatVector.fromArray(F32, out, 0);
    }

    /** The nearest integer, halves to even. */
    public static FloatVector rint(FloatVector x) {
        FloatVector a = x.abs();
        FloatVector rounded = withSignOf(x, a.add(0x1p23f).sub(0x1p23f));
        return x.blend(rounded, a.compare(VectorOperators.LT, 0x1p23f));
    }

    /** The largest integer not above. */
    public static FloatVector floor(FloatVector x) {
        FloatVector r = rint(x);
        return r.blend(withSignOf(x, r.sub(1)), r.compare(VectorOperators.GT, x));
    }

    /** The smallest integer not below. */
    public static FloatVector ceil(FloatVector x) {
        FloatVector r = rint(x);
        return r.blend(withSignOf(x, r.add(1)), r.compare(VectorOperators.LT, x));
    }

    /** The integer part. */
    public static FloatVector trunc(FloatVector x) {
        FloatVector a = x.abs();
        return withSignOf(x, floor(a));
    }

    /** The magnitude of one vector with the signs of another. */
    static FloatVector withSignOf(FloatVector sign, FloatVector magnitude) {
        IntVector bits = sign.reinterpretAsInts().and(SIGN_BIT);
        return magnitude.abs().reinterpretAsInts().or(bits).reinterpretAsFloats();
    }

    /** 2^n for {@code shifted} = n + {@link #ROUNDER} and a normal result: n is in the lower bits. */
    private static FloatVector powerOfTwo(FloatVector shifted) {
        return shifted.reinterpretAsInts()
                .lanewise(VectorOperators.LSHL, MANTISSA_BITS)
                .add(ONE_BITS)
                .reinterpretAsFloats();
    }
}
