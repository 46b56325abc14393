package dev.lanewise.cpu.elementwise;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.elementwise.Unary;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Accuracy of the single-precision functions over all exponents, and that no machine gives other bits. */
class SpecialFunctionsTest {
    /** Distance of the floats that are tried, as bit patterns: about 100,000 of them, none of a pattern. */
    private static final int STEP = 40_009;

    /** Denormal results may be flushed to 0. */
    private static final double FLUSHED = Float.MIN_NORMAL;

    @ParameterizedTest
    @CsvSource({
        "EXP, 1.1",
        "EXPM1, 2",
        "LOG, 2",
        "LOG1P, 3",
        "SIN, 2",
        "COS, 2",
        "TANH, 3",
        "SIGMOID, 3",
        "SOFTPLUS, 3",
        "ERF, 3",
        "SQRT, 0.51",
        "RSQRT, 1.6",
        "TAN, 0.51",
        "ATAN, 0.51"
    })
    void errorsStayWithinTheStatedUlps(Unary op, double most) {
        float[] x = sweep();
        float[] y = apply(op, x);
        for (int i = 0; i < x.length; i++) {
            double exact = op.apply((double) x[i]);
            if (isSpecial(exact)) {
                assertThat(Float.compare(y[i], (float) exact))
                        .as("%s(%s) = %s", op, x[i], y[i])
                        .isZero();
            } else {
                double error = Math.abs(y[i] - exact);
                assertThat(error)
                        .as("%s(%s) = %s, exactly %s", op, x[i], y[i], exact)
                        .isLessThanOrEqualTo(Math.max(most * Math.ulp((float) exact), flushed(exact)));
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"GELU", "GELU_TANH", "SILU", "MISH", "HARDSIGMOID"})
    void activationsAreWithinAMillionth(Unary op) {
        float[] x = sweep();
        float[] y = apply(op, x);
        for (int i = 0; i < x.length; i++) {
            double exact = op.apply((double) x[i]);
            if (isSpecial(exact)) {
                assertThat(Float.compare(y[i], (float) exact))
                        .as("%s(%s) = %s", op, x[i], y[i])
                        .isZero();
            } else {
                assertThat(Math.abs(y[i] - exact))
                        .as("%s(%s) = %s, exactly %s", op, x[i], y[i], exact)
                        .isLessThanOrEqualTo(1e-6 * Math.abs(exact) + 1e-7);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "EXP, -1151434853",
        "EXPM1, -831067070",
        "LOG, -1725763249",
        "LOG1P, 1797190780",
        "SIN, 2102997237",
        "COS, -611991863",
        "TANH, -1304163799",
        "SIGMOID, 1539655443",
        "SILU, -470982678",
        "SOFTPLUS, -1906913160",
        "ERF, -474917353",
        "GELU, 1868157123",
        "GELU_TANH, -1441937448",
        "MISH, -2064527297"
    })
    void everyMachineAndVectorWidthGivesTheSameBits(Unary op, int hash) {
        assertThat(Arrays.hashCode(withOneNaN(apply(op, sweep())))).isEqualTo(hash);
    }

    @Test
    void largeArgumentsOfSineAreReducedExactly() {
        float[] x = {1e5f, 1.1e5f, 1e10f, 3e38f, -2e20f, 7, 1e6f, 0.5f, 2e30f, -1e7f, 3, 4, 5, 6, 8, 9, 1e9f};
        float[] y = apply(Unary.SIN, x);
        for (int i = 0; i < x.length; i++) {
            assertThat(y[i]).as("sin(%s)", x[i]).isCloseTo((float) Math.sin(x[i]), offset(2e-7f));
        }
    }

    private static boolean isSpecial(double exact) {
        return Double.isNaN(exact) || Math.abs(exact) > Float.MAX_VALUE;
    }

    private static double flushed(double exact) {
        return Math.abs(exact) < FLUSHED ? FLUSHED : 0;
    }

    private static float[] sweep() {
        float[] x = new float[(int) ((1L << 32) / STEP)];
        for (int i = 0; i < x.length; i++) {
            x[i] = Float.intBitsToFloat((int) ((long) i * STEP));
        }
        return x;
    }

    private static float[] apply(Unary op, float[] x) {
        try (var ignored = Scope.open()) {
            return Tensor.of(x).apply(op).toFloatArray();
        }
    }

    /** Which of the many NaNs an operation gives is not defined. */
    private static float[] withOneNaN(float[] values) {
        for (int i = 0; i < values.length; i++) {
            values[i] = Float.isNaN(values[i]) ? Float.NaN : values[i];
        }
        return values;
    }
}
