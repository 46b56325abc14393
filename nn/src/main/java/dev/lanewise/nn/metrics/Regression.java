package dev.lanewise.nn.metrics;

import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * How far predicted numbers are from the true ones, both of the same shape, whatever it is: the figures {@code mae},
 * {@code rmse} and {@code r2} of {@link RegressionMetrics}.
 */
public final class Regression implements Metric {
    private final List<Float> actual = new ArrayList<>();
    private final List<Float> predicted = new ArrayList<>();

    /** A measurement that has seen no samples yet. */
    public Regression() {}

    /**
     * Counts a batch.
     *
     * @throws TensorException if the output has not as many elements as the target
     */
    @Override
    public void add(Tensor output, Tensor target) {
        if (output.shape().elements() != target.shape().elements()) {
            throw new TensorException("regression: output " + output.spec() + ", target " + target.spec()
                    + " (expected as many elements in both); check the shapes");
        }
        addAll(actual, target);
        addAll(predicted, output);
    }

    private static void addAll(List<Float> values, Tensor tensor) {
        for (float value : tensor.toFloatArray()) {
            values.add(value);
        }
    }

    /** {@return the measures of all batches together} */
    public RegressionMetrics metrics() {
        return RegressionMetrics.of(toArray(actual), toArray(predicted));
    }

    private static float[] toArray(List<Float> values) {
        float[] array = new float[values.size()];
        for (int i = 0; i < array.length; i++) {
            array[i] = values.get(i);
        }
        return array;
    }

    @Override
    public Map<String, Double> figures() {
        RegressionMetrics metrics = metrics();
        Map<String, Double> figures = new LinkedHashMap<>();
        figures.put("mae", metrics.meanAbsoluteError());
        figures.put("rmse", metrics.rootMeanSquaredError());
        figures.put("r2", metrics.r2());
        return figures;
    }

    @Override
    public String report() {
        RegressionMetrics metrics = metrics();
        return String.format(
                Locale.ROOT,
                "mean absolute error %.4f, root of the mean squared error %.4f, R2 %.4f%n",
                metrics.meanAbsoluteError(),
                metrics.rootMeanSquaredError(),
                metrics.r2());
    }
}
