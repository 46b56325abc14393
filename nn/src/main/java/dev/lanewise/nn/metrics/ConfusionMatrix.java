package dev.lanewise.nn.metrics;

import dev.lanewise.tensor.TensorException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Counts of predictions by true and predicted class, and the measures that follow from them. It can be filled a batch
 * at a time; it is not safe for use by several threads at once.
 *
 * <p>Where a measure's denominator is 0 (a class that is never predicted, or never occurs) the measure is 0, as in
 * scikit-learn with {@code zero_division=0}.
 */
public final class ConfusionMatrix {
    private final int classes;
    private final long[] counts;

    /**
     * An empty matrix for classes from 0 to {@code classes - 1}.
     *
     * @param classes how many classes there are
     * @throws TensorException if there is not at least one class, or are more than 46,340
     */
    public ConfusionMatrix(int classes) {
        this.classes = checked(classes);
        this.counts = new long[classes * classes];
    }

    static int checked(int classes) {
        if (classes < 1 || (long) classes * classes > Integer.MAX_VALUE - 8) {
            throw new TensorException(
                    "ConfusionMatrix: " + classes + " classes (expected 1 to 46,340); pass their number");
        }
        return classes;
    }

    /**
     * The matrix of a whole set of predictions.
     *
     * @param actual the class of each sample
     * @param predicted the predicted class of each sample
     * @param classes how many classes there are
     * @return the matrix
     * @throws TensorException if the lengths differ, a class is out of range, or there is not at least one
     */
    public static ConfusionMatrix of(int[] actual, int[] predicted, int classes) {
        ConfusionMatrix matrix = new ConfusionMatrix(classes);
        matrix.add(actual, predicted);
        return matrix;
    }

    /**
     * Counts a batch of predictions.
     *
     * @param actual the class of each sample
     * @param predicted the predicted class of each sample
     * @throws TensorException if the lengths differ or a class is out of range
     */
    public void add(int[] actual, int[] predicted) {
        Checks.sameLength("ConfusionMatrix", actual.length, predicted.length);
        for (int i = 0; i < actual.length; i++) {
            add(actual[i], predicted[i]);
        }
    }

    /**
     * Counts one sample of a class and what was predicted for it.
     *
     * @param actual the true class of a sample
     * @param predicted its predicted class
     */
    public void add(int actual, int predicted) {
        counts[
                Checks.label("ConfusionMatrix", actual, classes) * classes
                        + Checks.label("ConfusionMatrix", predicted, classes)]++;
    }

    /**
     * {@return how many samples of class {@code actual} were predicted as {@code predicted}}
     *
     * @param actual the true class of a sample
     * @param predicted its predicted class
     */
    public long count(int actual, int predicted) {
        return counts[
                Checks.label("ConfusionMatrix", actual, classes) * classes
                        + Checks.label("ConfusionMatrix", predicted, classes)];
    }

    /** {@return the number of classes, which is that of rows and columns} */
    public int classes() {
        return classes;
    }

    /** {@return the number of samples that were counted} */
    public long total() {
        return Arrays.stream(counts).sum();
    }

    /**
     * {@return how many samples belong to this class}
     *
     * @param label the class, from 0
     */
    public long support(int label) {
        long sum = 0;
        for (int predicted = 0; predicted < classes; predicted++) {
            sum += count(label, predicted);
        }
        return sum;
    }

    /**
     * {@return how many samples were predicted as this class}
     *
     * @param label the class, from 0
     */
    public long predicted(int label) {
        long sum = 0;
        for (int actual = 0; actual < classes; actual++) {
            sum += count(actual, label);
        }
        return sum;
    }

    /** {@return the fraction of the samples whose class was predicted, from 0 to 1} */
    public double accuracy() {
        return ratio(correct(), total());
    }

    /**
     * The fraction of the samples predicted as this class that belong to it.
     *
     * @param label the class, from 0
     * @return from 0 to 1; 0 where 0 would be divided by 0
     */
    public double precision(int label) {
        return ratio(count(label, label), predicted(label));
    }

    /**
     * The fraction of the samples of this class that were predicted as it.
     *
     * @param label the class, from 0
     * @return from 0 to 1; 0 where 0 would be divided by 0
     */
    public double recall(int label) {
        return ratio(count(label, label), support(label));
    }

    /**
     * The harmonic mean of {@link #precision(int)} and {@link #recall(int)}: 2 TP / (2 TP + FP + FN).
     *
     * @param label the class, from 0
     * @return from 0 to 1; 0 where 0 would be divided by 0
     */
    public double f1(int label) {
        return ratio(2 * count(label, label), predicted(label) + support(label));
    }

    /**
     * The precision of all classes, averaged as asked.
     *
     * @param average how the classes' values are averaged
     * @return from 0 to 1; 0 where 0 would be divided by 0
     */
    public double precision(Average average) {
        return average(average, this::precision);
    }

    /**
     * The recall of all classes, averaged as asked.
     *
     * @param average how the classes' values are averaged
     * @return from 0 to 1; 0 where 0 would be divided by 0
     */
    public double recall(Average average) {
        return average(average, this::recall);
    }

    /**
     * The F1 score of all classes, averaged as asked.
     *
     * @param average how the classes' values are averaged
     * @return from 0 to 1; 0 where 0 would be divided by 0
     */
    public double f1(Average average) {
        return average(average, this::f1);
    }

    /**
     * Cohen's kappa (Cohen 1960): how far predictions and classes agree beyond what they would by chance, {@code (p - e) / (1 -
     * e)} for the accuracy p and {@code e = sum(support[c] predicted[c]) / total^2}.
     *
     * @return a number up to 1, 0 for agreement by chance alone; NaN if there are no samples, or all are of one class and
     *     predicted as it, as in scikit-learn's {@code cohen_kappa_score}
     */
    public double cohenKappa() {
        Agreement agreement = agreement();
        double byChance = agreement.total * agreement.total - agreement.crossed;
        return 1 - (agreement.total - correct()) * agreement.total / byChance;
    }

    /**
     * Matthews' correlation coefficient (Matthews 1975; for several classes Gorodkin 2004), the correlation of predictions and
     * classes: {@code (correct total - sum(support[c] predicted[c])) / sqrt((total^2 - sum(predicted[c]^2)) (total^2 -
     * sum(support[c]^2)))}.
     *
     * @return a number from -1 to 1; 0 where 0 would be divided by 0: if all samples are of one class, or predicted as one
     *     (scikit-learn's {@code matthews_corrcoef})
     */
    public double matthewsCorrelation() {
        Agreement a = agreement();
        double square = a.total * a.total;
        double variances = (square - a.squaredPredictions) * (square - a.squaredSupports);
        return variances == 0 ? 0 : (correct() * a.total - a.crossed) / Math.sqrt(variances);
    }

    /** Sums over the classes of products of how many samples there are and how many are predicted. */
    private record Agreement(double total, double crossed, double squaredSupports, double squaredPredictions) {}

    private Agreement agreement() {
        double crossed = 0;
        double supports = 0;
        double predictions = 0;
        for (int label = 0; label < classes; label++) {
            double support = support(label);
            double predicted = predicted(label);
            crossed += support * predicted;
            supports += support * support;
            predictions += predicted * predicted;
        }
        return new Agreement(total(), crossed, supports, predictions);
    }

    private interface ByClass {
        double of(int label);
    }

    private double average(Average average, ByClass measure) {
        return switch (average) {
            // With one label per sample every false positive is another class's false negative: all three are accuracy.
            case MICRO -> accuracy();
            case MACRO -> macro(measure);
            case WEIGHTED -> weighted(measure);
        };
    }

    /** The mean over the classes that occur, as in scikit-learn when the classes are not given. */
    private double macro(ByClass measure) {
        double sum = 0;
        int present = 0;
        for (int label = 0; label < classes; label++) {
            if (support(label) + predicted(label) > 0) {
                sum += measure.of(label);
                present++;
            }
        }
        return present == 0 ? 0 : sum / present;
    }

    private double weighted(ByClass measure) {
        double sum = 0;
        for (int label = 0; label < classes; label++) {
            sum += measure.of(label) * support(label);
        }
        long total = total();
        return total == 0 ? 0 : sum / total;
    }

    private long correct() {
        long sum = 0;
        for (int label = 0; label < classes; label++) {
            sum += count(label, label);
        }
        return sum;
    }

    private static double ratio(long part, long whole) {
        return whole == 0 ? 0 : (double) part / whole;
    }

    /**
     * {@return a table of precision, recall, F1 and support for every class, with accuracy and averages below}
     *
     * @param names the classes' names, one each
     */
    public String report(List<String> names) {
        Checks.sameLength("ConfusionMatrix.report", classes, names.size());
        int width = Math.max(12, names.stream().mapToInt(String::length).max().orElse(0));
        String row = "%" + width + "s %9.4f %9.4f %9.4f %9d%n";
        StringBuilder table = new StringBuilder();
        table.append(String.format(
                Locale.ROOT, "%" + width + "s %9s %9s %9s %9s%n", "", "precision", "recall", "f1", "support"));
        for (int label = 0; label < classes; label++) {
            table.append(String.format(
                    Locale.ROOT, row, names.get(label), precision(label), recall(label), f1(label), support(label)));
        }
        for (Average average : List.of(Average.MACRO, Average.WEIGHTED)) {
            table.append(String.format(
                    Locale.ROOT,
                    row,
                    average.name().toLowerCase(Locale.ROOT),
                    precision(average),
                    recall(average),
                    f1(average),
                    total()));
        }
        table.append(String.format(Locale.ROOT, "%" + width + "s %9.4f%n", "accuracy", accuracy()));
        return table.toString();
    }

    /** The counts, one line per true class. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        for (int actual = 0; actual < classes; actual++) {
            text.append(Arrays.toString(Arrays.copyOfRange(counts, actual * classes, (actual + 1) * classes)))
                    .append('\n');
        }
        return text.toString();
    }
}
