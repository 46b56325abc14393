package dev.lanewise.cuda;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;

/** Comparisons of many numbers: AssertJ's take longer than the kernels whose results they compare. */
final class Near {
    private Near() {}

    /** Checks that numbers differ by no more than allowed from those that are wanted; NaN is only near NaN. */
    static void assertNear(Tensor got, double[] want, double tolerance, String what) {
        double[] numbers = got.to(DType.F64).toDoubleArray();
        if (numbers.length != want.length) {
            throw new AssertionError(what + ": " + numbers.length + " numbers (expected " + want.length + ")");
        }
        for (int i = 0; i < want.length; i++) {
            boolean near = Double.compare(numbers[i], want[i]) == 0 || Math.abs(numbers[i] - want[i]) <= tolerance;
            if (!near) {
                throw new AssertionError(what + ": number " + i + " is " + numbers[i] + " (expected " + want[i] + " +- "
                        + tolerance + ")");
            }
        }
    }

    /** Checks that numbers are near those that are wanted, in proportion to the largest of these that is finite. */
    static void assertNearOfLargest(Tensor got, double[] want, double tolerance, double least, String what) {
        double largest = least;
        for (double value : want) {
            if (Double.isFinite(value)) {
                largest = Math.max(largest, Math.abs(value));
            }
        }
        assertNear(got, want, tolerance * largest, what);
    }
}
