package dev.lanewise.nn.metrics;

import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.IntToDoubleFunction;

/**
 * How well a class is predicted for every pixel, for outputs {@code [n, classes, ...]} and class numbers {@code I64 [n, ...]}.
 * Its figures are {@code iou}, the mean over the classes of intersection over union, {@code dice}, that of the Dice
 * coefficient, both of all pixels of the data set together, and {@code accuracy}, the fraction of the pixels that are right. A
 * class that neither occurs nor is predicted does not count. Its report has each class's.
 */
public final class Segmentation implements Metric {
    private final List<String> classes;
    private final ConfusionMatrix matrix;

    /**
     * A measurement that has seen no pixels yet.
     *
     * @param classes the names of the classes
     * @throws TensorException if there are none
     */
    public Segmentation(List<String> classes) {
        this.classes = List.copyOf(Objects.requireNonNull(classes, "classes"));
        this.matrix = new ConfusionMatrix(classes.size());
    }

    /**
     * Takes a batch of images into account.
     *
     * @param output scores of the classes, {@code [n, classes, ...]}
     * @param target the right classes, {@code [n, ...]}
     * @throws TensorException if the shapes do not suit each other, or a class is out of range
     */
    @Override
    public void add(Tensor output, Tensor target) {
        if (output.shape().rank() < 2
                || output.shape().size(1) != classes.size()
                || target.shape().rank() != output.shape().rank() - 1
                || target.shape().elements() * classes.size() != output.shape().elements()) {
            throw new TensorException("segmentation: output " + output.spec() + ", target " + target.spec()
                    + " (expected [n, " + classes.size() + ", ...] and [n, ...]); check the model's classes");
        }
        matrix.add(target.toIntArray(), output.argmax(1).toIntArray());
    }

    /** {@return how many pixels of each class were predicted as each class} */
    public ConfusionMatrix matrix() {
        return matrix;
    }

    /**
     * Intersection over union of what belongs to a class and what is predicted as it: TP / (TP + FP + FN).
     *
     * @param label the class, from 0
     * @return from 0 to 1; 0 where 0 would be divided by 0
     */
    public double iou(int label) {
        long both = matrix.count(label, label);
        long either = matrix.support(label) + matrix.predicted(label) - both;
        return either == 0 ? 0 : (double) both / either;
    }

    /**
     * The Dice coefficient of what belongs to a class and what is predicted as it: 2 TP / (2 TP + FP + FN), which is its F1
     * score.
     *
     * @param label the class, from 0
     * @return from 0 to 1; 0 where 0 would be divided by 0
     */
    public double dice(int label) {
        return matrix.f1(label);
    }

    private double mean(IntToDoubleFunction measure) {
        double sum = 0;
        int present = 0;
        for (int label = 0; label < classes.size(); label++) {
            if (matrix.support(label) + matrix.predicted(label) > 0) {
                sum += measure.applyAsDouble(label);
                present++;
            }
        }
        return present == 0 ? 0 : sum / present;
    }

    @Override
    public Map<String, Double> figures() {
        Map<String, Double> figures = new LinkedHashMap<>();
        figures.put("iou", mean(this::iou));
        figures.put("dice", mean(this::dice));
        figures.put("accuracy", matrix.accuracy());
        return figures;
    }

    @Override
    public String report() {
        int width = Math.max(12, classes.stream().mapToInt(String::length).max().orElse(0));
        String row = "%" + width + "s %9.4f %9.4f %11d%n";
        StringBuilder table = new StringBuilder(
                String.format(Locale.ROOT, "%" + width + "s %9s %9s %11s%n", "", "iou", "dice", "pixels"));
        for (int label = 0; label < classes.size(); label++) {
            table.append(String.format(
                    Locale.ROOT, row, classes.get(label), iou(label), dice(label), matrix.support(label)));
        }
        return table.append(String.format(Locale.ROOT, row, "mean", mean(this::iou), mean(this::dice), matrix.total()))
                .toString();
    }
}
