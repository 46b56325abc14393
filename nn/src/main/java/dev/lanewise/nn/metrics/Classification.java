package dev.lanewise.nn.metrics;

import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;

/**
 * The usual measures of a classifier, for outputs {@code [n, classes]} and class numbers {@code I64 [n]}. Its figure is
 * {@code accuracy} and, on demand, {@code auc}, the area under the ROC curve, which is undefined for samples of a
 * single class; its report has precision, recall and F1 of every class.
 */
public final class Classification implements Metric {
    private final List<String> classes;
    private final boolean area;
    private final ConfusionMatrix matrix;
    private final List<Integer> actual = new ArrayList<>();
    private final List<Float> scores = new ArrayList<>();

    /**
     * A measurement without the area.
     *
     * @param classes the names of the classes
     * @throws TensorException if there is not at least one class
     */
    public Classification(List<String> classes) {
        this(classes, false);
    }

    /**
     * A measurement of predictions of the given classes.
     *
     * @param classes the names of the classes
     * @param area whether to measure the area under the ROC curve; there must be two classes, the second the positive
     *     one
     * @throws TensorException if there is not at least one class, or the area of another number of classes than 2
     *     is asked for
     */
    public Classification(List<String> classes, boolean area) {
        if (area && classes.size() != 2) {
            throw new TensorException("Classification: " + classes.size()
                    + " classes (expected 2 for the area under the ROC curve); measure without it");
        }
        this.area = area;
        this.classes = List.copyOf(Objects.requireNonNull(classes, "classes"));
        this.matrix = new ConfusionMatrix(classes.size());
    }

    /**
     * A measurement of classes without names.
     *
     * @param classes how many classes there are, 1 or more
     * @throws TensorException if there is not at least one class
     */
    public Classification(int classes) {
        this(IntStream.range(0, ConfusionMatrix.checked(classes))
                .mapToObj(Integer::toString)
                .toList());
    }

    @Override
    public void add(Tensor output, Tensor target) {
        int[] labels = toInts(target);
        matrix.add(labels, toInts(output.argmax(1)));
        if (area) {
            IntStream.of(labels).forEach(actual::add);
            for (float score : output.select(1, 1).sub(output.select(1, 0)).toFloatArray()) {
                scores.add(score);
            }
        }
    }

    /** {@return how often each class was predicted for each class} */
    public ConfusionMatrix matrix() {
        return matrix;
    }

    @Override
    public Map<String, Double> figures() {
        Map<String, Double> figures = new LinkedHashMap<>();
        figures.put("accuracy", matrix.accuracy());
        if (area && hasBothClasses()) {
            figures.put("auc", auc());
        }
        return figures;
    }

    private boolean hasBothClasses() {
        return actual.contains(0) && actual.contains(1);
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
        if (!area) {
            return matrix.report(classes);
        }
        String value =
                hasBothClasses() ? String.format(Locale.ROOT, "%.4f", auc()) : "undefined, as there is one class alone";
        return matrix.report(classes) + String.format("ROC-AUC %s%n", value);
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
