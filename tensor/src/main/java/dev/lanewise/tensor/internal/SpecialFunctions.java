package dev.lanewise.tensor.internal;

/** Functions that {@link Math} lacks, in double precision: the reference that kernels are tested against. */
public final class SpecialFunctions {
    private static final double TWO_OVER_SQRT_PI = 2 / Math.sqrt(Math.PI);
    private static final double SQRT_HALF = Math.sqrt(0.5);
    private static final double SQRT_TWO_OVER_PI = Math.sqrt(2 / Math.PI);

    private SpecialFunctions() {}

    /** {@code 1 / (1 + e^-x)} without overflow. */
    public static double sigmoid(double x) {
        if (x >= 0) {
            return 1 / (1 + Math.exp(-x));
        }
        double e = Math.exp(x);
        return e / (1 + e);
    }

    /** {@code log(1 + e^x)} without overflow. */
    public static double softplus(double x) {
        return Double.isNaN(x) ? x : Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
    }

    /**
     * The error function: for small arguments the series {@code 2/sqrt(pi) e^(-x^2) sum 2^n x^(2n+1) / (1 3 5 .. (2n+1))}
     * (Abramowitz and Stegun 7.1.6), otherwise one minus {@link #erfc}.
     */
    public static double erf(double x) {
        double a = Math.abs(x);
        if (Double.isNaN(x)) {
            return x;
        }
        if (a >= 2.5) {
            return Math.copySign(1 - erfcTail(a), x);
        }
        double term = x;
        double sum = x;
        for (int n = 1; Math.abs(term) > 1e-18 * Math.abs(sum); n++) {
            term *= 2 * x * x / (2 * n + 1);
            sum += term;
        }
        return sum == 0 ? x * TWO_OVER_SQRT_PI : TWO_OVER_SQRT_PI * Math.exp(-x * x) * sum;
    }

    /** The complementary error function {@code 1 - erf(x)}, accurate in the upper tail. */
    public static double erfc(double x) {
        return x >= 2.5 ? erfcTail(x) : 1 - erf(x);
    }

    /** The continued fraction of Abramowitz and Stegun 7.1.14, from the back. */
    private static double erfcTail(double x) {
        if (x > 27) {
            return 0;
        }
        double fraction = 0;
        for (int k = 60; k >= 1; k--) {
            fraction = k / 2.0 / (x + fraction);
        }
        return Math.exp(-x * x) / Math.sqrt(Math.PI) / (x + fraction);
    }

    /** {@code x Phi(x)}. */
    public static double gelu(double x) {
        return 0.5 * x * erfc(-x * SQRT_HALF);
    }

    /** The derivative of {@link #gelu}: {@code Phi(x) + x phi(x)}. */
    public static double geluDerivative(double x) {
        return 0.5 * erfc(-x * SQRT_HALF) + x * Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);
    }

    /** {@code x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) / 2}. */
    public static double geluTanh(double x) {
        return 0.5 * x * (1 + Math.tanh(SQRT_TWO_OVER_PI * (x + 0.044715 * x * x * x)));
    }

    /** The derivative of {@link #geluTanh}. */
    public static double geluTanhDerivative(double x) {
        double t = Math.tanh(SQRT_TWO_OVER_PI * (x + 0.044715 * x * x * x));
        return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * SQRT_TWO_OVER_PI * (1 + 3 * 0.044715 * x * x);
    }

    /**
     * The floor of the exact quotient, found as Python's {@code //} does: by way of the remainder, which is exact,
     * since a rounded quotient may have reached the next whole number; {@code a / b} for a divisor of 0.
     */
    public static double floorDiv(double a, double b) {
        if (b == 0) {
            return a / b;
        }
        double r = a % b;
        double quotient = (a - r) / b;
        if (r != 0 && (r < 0) != (b < 0)) {
            quotient -= 1;
        }
        // (a - r) is a multiple of b except for rounding: the nearest whole number is meant
        return quotient == 0 ? Math.copySign(0, a / b) : Math.rint(quotient);
    }

    /** {@code a^b} as in C and Python: unlike with {@link Math#pow}, 1^NaN, 1^inf and (-1)^inf are 1. */
    public static double pow(double a, double b) {
        return a == 1 || a == -1 && Double.isInfinite(b) ? 1 : Math.pow(a, b);
    }

    /** The remainder of {@link #floorDiv}, which has the sign of b even where it is 0. */
    public static double remainder(double a, double b) {
        double r = a % b;
        if (r == 0) {
            return Math.copySign(0, b);
        }
        return (r < 0) != (b < 0) ? r + b : r;
    }

    /** The derivative of {@code x sigmoid(x)}. */
    public static double siluDerivative(double x) {
        double s = sigmoid(x);
        return s * (1 + x * (1 - s));
    }
}
