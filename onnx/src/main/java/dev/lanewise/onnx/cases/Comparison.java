package dev.lanewise.onnx.cases;

import dev.lanewise.onnx.ElementType;
import dev.lanewise.onnx.OnnxValue;
import dev.lanewise.onnx.format.Elements;
import dev.lanewise.onnx.run.Host;
import dev.lanewise.tensor.Tensor;
import java.util.List;

/** Compares values with expected ones. */
final class Comparison {
    private Comparison() {}

    /**
     * A description of the difference, or empty if there is none: types and shapes must be equal, and numbers within
     * the tolerance.
     */
    static String difference(OnnxValue got, OnnxValue want, OnnxCases.Tolerance tolerance) {
        if (got instanceof OnnxValue.Numbers a && want instanceof OnnxValue.Numbers b) {
            return numbers(a, b, tolerance);
        }
        if (got instanceof OnnxValue.Texts a && want instanceof OnnxValue.Texts b) {
            return a.equals(b) ? "" : a + " (expected " + b + ")";
        }
        if (got instanceof OnnxValue.Sequence a && want instanceof OnnxValue.Sequence b) {
            return sequences(a.values(), b.values(), tolerance);
        }
        return got.isEmpty() && want.isEmpty() ? "" : got.describe() + " (expected " + want.describe() + ")";
    }

    private static String sequences(List<OnnxValue> a, List<OnnxValue> b, OnnxCases.Tolerance tolerance) {
        if (a.size() != b.size()) {
            return "a sequence of " + a.size() + " (expected " + b.size() + ")";
        }
        for (int i = 0; i < a.size(); i++) {
            String difference = difference(a.get(i), b.get(i), tolerance);
            if (!difference.isEmpty()) {
                return "element " + i + ": " + difference;
            }
        }
        return "";
    }

    private static String numbers(OnnxValue.Numbers a, OnnxValue.Numbers b, OnnxCases.Tolerance tolerance) {
        Tensor got = a.tensor();
        Tensor want = b.tensor();
        if (a.type() != b.type() || !got.shape().equals(want.shape())) {
            return a.describe() + " (expected " + b.describe() + ")";
        }
        if (tolerance.shapeOnly()) {
            return "";
        }
        if (!Elements.isFloating(a.type())) {
            return wholes(Host.longs(got), Host.longs(want));
        }
        double rtol = a.type() == ElementType.BFLOAT16 ? Math.max(tolerance.rtol(), 0x1p-6) : tolerance.rtol();
        double[] x = Host.doubles(got);
        double[] y = Host.doubles(want);
        int worst = -1;
        int count = 0;
        double most = 0;
        for (int i = 0; i < x.length; i++) {
            boolean same = x[i] == y[i] || Double.isNaN(x[i]) && Double.isNaN(y[i]);
            double distance = Math.abs(x[i] - y[i]);
            if (!same && !(distance <= tolerance.atol() + rtol * Math.abs(y[i]) && Double.isFinite(y[i]))) {
                count++;
                if (worst < 0 || distance > most) {
                    worst = i;
                    most = distance;
                }
            }
        }
        return count == 0
                ? ""
                : count + " of " + x.length + " differ, most at " + worst + ": " + x[worst] + " (expected " + y[worst]
                        + ")";
    }

    private static String wholes(long[] x, long[] y) {
        int count = 0;
        int first = -1;
        for (int i = 0; i < x.length; i++) {
            if (x[i] != y[i]) {
                count++;
                first = first < 0 ? i : first;
            }
        }
        return count == 0
                ? ""
                : count + " of " + x.length + " differ, first at " + first + ": " + x[first] + " (expected " + y[first]
                        + ")";
    }

    /** The largest difference of two tensors of numbers. */
    static double largest(OnnxValue a, OnnxValue b) {
        double largest = 0;
        if (a instanceof OnnxValue.Numbers x && b instanceof OnnxValue.Numbers y) {
            double[] left = Host.doubles(x.tensor());
            double[] right = Host.doubles(y.tensor());
            for (int i = 0; i < left.length && i < right.length; i++) {
                largest = Math.max(largest, Math.abs(left[i] - right[i]));
            }
        }
        return largest;
    }
}
