package dev.lanewise.examples.train;

import dev.lanewise.nn.metrics.ClassificationMetrics;
import dev.lanewise.nn.metrics.ConfusionMatrix;
import dev.lanewise.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * One class a sample, by cross-entropy: {@code [n, classes]} and {@code I64 [n]}.
 *
 * @param classes their names
 * @param area whether the area under the ROC curve is measured too; there must be two classes, the second the positive one
 */
record Classification(List<String> classes, boolean area) implements Objective {
    @Override
    public Tensor loss(Tensor logits, Tensor y) {
        return logits.crossEntropy(y);
    }

    @Override
    public double accuracy(Tensor logits, Tensor y) {
        return (double) logits.argmax(1).eq(y).sum().itemLong() / y.shape().size(0);
    }

    @Override
    public Evaluation evaluation() {
        return new Measured();
    }

    private final class Measured implements Evaluation {
        private final ConfusionMatrix matrix = new ConfusionMatrix(classes.size());
        private final List<Integer> actual = new ArrayList<>();
        private final List<Float> scores = new ArrayList<>();

        @Override
        public void add(Tensor logits, Tensor y) {
            int[] labels = toInts(y);
            matrix.add(labels, toInts(logits.argmax(1)));
            if (area) {
                IntStream.of(labels).forEach(actual::add);
                for (float score : logits.select(1, 1).sub(logits.select(1, 0)).toFloatArray()) {
                    scores.add(score);
                }
            }
        }

        @Override
        public Map<String, Double> figures() {
            Map<String, Double> figures = new LinkedHashMap<>();
            figures.put("test_accuracy", matrix.accuracy());
            if (area) {
                figures.put("test_auc", auc());
            }
            return figures;
        }

        private double auc() {
            float[] all = new float[scores.size()];
            for (int i = 0; i < all.length; i++) {
                all[i] = scores.get(i);
            }
            return ClassificationMetrics.rocAuc(
                    actual.stream().mapToInt(Integer::intValue).toArray(), all);
        }

        @Override
        public String report() {
            return matrix.report(classes) + (area ? String.format(Locale.ROOT, "ROC-AUC %.4f%n", auc()) : "");
        }
    }

    private static int[] toInts(Tensor tensor) {
        long[] values = tensor.toLongArray();
        int[] ints = new int[values.length];
        for (int i = 0; i < ints.length; i++) {
            ints[i] = Math.toIntExact(values[i]);
        }
        return ints;
    }
}
