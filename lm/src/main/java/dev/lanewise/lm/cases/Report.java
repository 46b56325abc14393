package dev.lanewise.lm.cases;

import dev.lanewise.lm.cases.LmCases.Result;
import dev.lanewise.lm.cases.LmCases.Status;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import java.util.Arrays;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Consumer;

/** Receives the results of checks, and makes comparisons. */
final class Report {
    private final String prefix;
    private final Consumer<Result> each;

    Report(String prefix, Consumer<Result> each) {
        this.prefix = prefix;
        this.each = each;
    }

    /** A computation that may fail. */
    interface Body {
        void run() throws Exception;
    }

    /** A report whose names all begin with this report's prefix and another. */
    Report at(String name) {
        return new Report(prefix + '/' + name, each);
    }

    private void tell(String id, Status status, String detail) {
        each.accept(new Result(id.isEmpty() ? prefix : prefix + '/' + id, status, detail));
    }

    void passed(String id, String detail) {
        tell(id, Status.PASSED, detail);
    }

    void failed(String id, String detail) {
        tell(id, Status.FAILED, detail);
    }

    void unsupported(String id, String detail) {
        tell(id, Status.UNSUPPORTED, detail);
    }

    void that(boolean holds, String id, String detail) {
        tell(id, holds ? Status.PASSED : Status.FAILED, detail);
    }

    /** Runs checks; an exception becomes the result under the name. */
    void guarded(String id, Body body) {
        try {
            body.run();
        } catch (Exception | StackOverflowError | OutOfMemoryError | AssertionError e) {
            StackTraceElement[] trace = e.getStackTrace();
            tell(id, Status.ERROR, e + (trace.length == 0 ? "" : " at " + trace[0]));
        }
    }

    /** Checks that two tensors differ by at most the tolerance times the largest stored value. */
    void close(String id, Tensor got, Tensor want, double tolerance) {
        guarded(id, () -> {
            if (!got.shape().equals(want.shape())) {
                failed(id, "shape " + got.shape() + " for " + want.shape());
                return;
            }
            close(id, doubles(got), doubles(want), tolerance);
        });
    }

    /** The same for arrays. */
    void close(String id, double[] got, double[] want, double tolerance) {
        if (got.length != want.length) {
            failed(id, got.length + " values for " + want.length);
            return;
        }
        double largest = 0;
        double worst = 0;
        for (int i = 0; i < want.length; i++) {
            largest = Math.max(largest, Math.abs(want[i]));
            double off = got[i] == want[i] ? 0 : Math.abs(got[i] - want[i]);
            // NaN must not get lost in a maximum
            worst = off <= worst ? worst : off;
        }
        String detail =
                String.format(Locale.ROOT, "off by %.2e of %.3g, allowed %.0e", worst / largest, largest, tolerance);
        that(worst <= tolerance * largest || worst == 0, id, worst == 0 ? "equal" : detail);
    }

    /** Checks every element: {@code |got - want| <= atol + rtol |want|}; infinities must be equal. */
    void close(String id, double[] got, double[] want, double rtol, double atol) {
        if (got.length != want.length) {
            failed(id, got.length + " values for " + want.length);
            return;
        }
        int bad = -1;
        double worst = 0;
        for (int i = 0; i < want.length; i++) {
            double off = got[i] == want[i] || Double.isNaN(got[i]) && Double.isNaN(want[i])
                    ? 0
                    : Math.abs(got[i] - want[i]) / (atol + rtol * Math.abs(want[i]));
            if (!(off <= worst)) {
                worst = off;
                bad = i;
            }
        }
        String detail = bad < 0
                ? "equal"
                : String.format(
                        Locale.ROOT, "%.3f of what is allowed, at %d: %s for %s", worst, bad, got[bad], want[bad]);
        that(worst <= 1, id, detail);
    }

    /** Checks that two tensors of integers are equal. */
    void equal(String id, Tensor got, Tensor want) {
        if (!got.shape().equals(want.shape())) {
            failed(id, "shape " + got.shape() + " for " + want.shape() + ": " + Arrays.toString(longs(got)));
            return;
        }
        equal(id, longs(got), longs(want));
    }

    /** Checks that arrays are equal. */
    void equal(String id, long[] got, long[] want) {
        int at = Arrays.mismatch(got, want);
        that(
                at < 0,
                id,
                at < 0 ? "equal" : "differs at " + at + ": " + Arrays.toString(got) + " for " + Arrays.toString(want));
    }

    /** Checks that values are equal. */
    void equal(String id, Object got, Object want) {
        boolean same = Objects.equals(got, want);
        that(same, id, same ? "equal" : got + " for " + want);
    }

    static double[] doubles(Tensor tensor) {
        return tensor.to(DType.F64).toDoubleArray();
    }

    static long[] longs(Tensor tensor) {
        return tensor.to(DType.I64).toLongArray();
    }
}
