package dev.lanewise.testkit.golden;

import dev.lanewise.testkit.Elements;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Compares computed values with reference values and remembers the first one out of tolerance and the largest error.
 */
final class Comparison {
    private double maxError;
    private @Nullable String failure;

    /**
     * Compares one tensor: a value passes if {@code |got - want| <= atol + rtol |want|}; NaN equals NaN, and infinities
     * must match.
     */
    void compare(String what, TensorFile.Entry want, String gotSpec, double[] got, double rtol, double atol) {
        String wantSpec = want.dtype() + want.shape().toString();
        if (!gotSpec.equals(wantSpec)) {
            fail(what + " is " + gotSpec + " (expected " + wantSpec + ")");
            return;
        }
        double[] values = want.values();
        for (int i = 0; i < values.length; i++) {
            if (!holds(values[i], got[i], rtol, atol)) {
                String at = Arrays.toString(Elements.index(want.shape(), i));
                fail(what + at + " is " + got[i] + " (expected " + values[i] + " within " + rtol + " relative + " + atol
                        + " absolute)");
            }
        }
    }

    /** Compares one number. */
    void compare(String what, double want, double got, double rtol, double atol) {
        if (!holds(want, got, rtol, atol)) {
            fail(what + " is " + got + " (expected " + want + " within " + rtol + " relative + " + atol + " absolute)");
        }
    }

    private boolean holds(double want, double got, double rtol, double atol) {
        if (!Double.isFinite(want) || !Double.isFinite(got)) {
            return Double.isNaN(want) ? Double.isNaN(got) : want == got;
        }
        double error = Math.abs(got - want);
        maxError = Math.max(maxError, error);
        return error <= atol + rtol * Math.abs(want);
    }

    void fail(String message) {
        if (failure == null) {
            failure = message;
        }
    }

    GoldenResult result(String id, String op) {
        return failure == null
                ? new GoldenResult(id, op, GoldenResult.Status.PASSED, maxError, "")
                : new GoldenResult(id, op, GoldenResult.Status.FAILED, maxError, failure);
    }
}
