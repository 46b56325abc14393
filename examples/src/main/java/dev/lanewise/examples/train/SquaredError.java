package dev.lanewise.examples.train;

import dev.lanewise.nn.metrics.RegressionMetrics;
import dev.lanewise.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Real numbers, by the mean of squared differences: {@code [n, 1]} and {@code [n, 1]}. */
record SquaredError() implements Objective {
    @Override
    public Tensor loss(Tensor output, Tensor y) {
        return output.sub(y).square().mean();
    }

    @Override
    public double accuracy(Tensor output, Tensor y) {
        return Double.NaN;
    }

    @Override
    public Evaluation evaluation() {
        return new Measured();
    }

    private static final class Measured implements Evaluation {
        private final List<Float> actual = new ArrayList<>();
        private final List<Float> predicted = new ArrayList<>();

        @Override
        public void add(Tensor output, Tensor y) {
            for (float value : y.toFloatArray()) {
                actual.add(value);
            }
            for (float value : output.toFloatArray()) {
                predicted.add(value);
            }
        }

        private RegressionMetrics metrics() {
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
            double error = metrics().rootMeanSquaredError();
            return Map.of("test_loss", error * error);
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
}
