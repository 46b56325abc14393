package dev.lanewise.nn.metrics;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * Figures of {@link DetectionMetrics}, from 0 to 1. Where there are no objects to find, they are NaN.
 *
 * @param averagePrecision the mean average precision (mAP) over overlaps from 0.5 to 0.95
 * @param averagePrecision50 the mean average precision at an overlap of 0.5
 * @param averagePrecision75 the mean average precision at an overlap of 0.75
 * @param precisionBySize the mean average precision for objects below 32² pixels, up to 96² pixels, and above
 * @param recall the recall with 1, 10 and 100 detections of an image and class, averaged over overlaps and classes
 * @param recallBySize the recall with 100 detections for objects below 32² pixels, up to 96² pixels, and above
 * @param precisionByClass the average precision of every class
 */
public record DetectionResult(
        double averagePrecision,
        double averagePrecision50,
        double averagePrecision75,
        List<Double> precisionBySize,
        List<Double> recall,
        List<Double> recallBySize,
        List<Double> precisionByClass) {
    private static final int RECALLS = 101;

    /** Copies the lists. */
    public DetectionResult {
        precisionBySize = List.copyOf(Objects.requireNonNull(precisionBySize, "precisionBySize"));
        recall = List.copyOf(Objects.requireNonNull(recall, "recall"));
        recallBySize = List.copyOf(Objects.requireNonNull(recallBySize, "recallBySize"));
        precisionByClass = List.copyOf(Objects.requireNonNull(precisionByClass, "precisionByClass"));
    }

    static DetectionResult of(List<List<DetectionMatches>> matches) {
        int most = DetectionMetrics.MOST[DetectionMetrics.MOST.length - 1];
        List<Figures> all = figures(matches, 0, most);
        List<List<Figures>> bySize = new ArrayList<>();
        for (int size = 1; size < DetectionMatches.sizes(); size++) {
            bySize.add(figures(matches, size, most));
        }
        List<Double> recalls = new ArrayList<>();
        for (int count : DetectionMetrics.MOST) {
            recalls.add(recall(figures(matches, 0, count)));
        }
        return new DetectionResult(
                precision(all, 0, DetectionMatches.OVERLAPS),
                precision(all, 0, 1),
                precision(all, 5, 6),
                bySize.stream()
                        .map(figures -> precision(figures, 0, DetectionMatches.OVERLAPS))
                        .toList(),
                recalls,
                bySize.stream().map(DetectionResult::recall).toList(),
                all.stream()
                        .map(figures -> precision(List.of(figures), 0, DetectionMatches.OVERLAPS))
                        .toList());
    }

    /**
     * What one class comes to.
     *
     * @param precision by overlap; empty if there are no objects
     * @param recall by overlap; empty if there are no objects
     */
    private record Figures(double[] precision, double[] recall) {}

    private static List<Figures> figures(List<List<DetectionMatches>> matches, int size, int most) {
        return matches.stream()
                .map(images -> figuresOfClass(images, size, most))
                .toList();
    }

    private static double precision(List<Figures> classes, int from, int to) {
        return mean(classes.stream()
                .filter(figures -> figures.precision.length > 0)
                .flatMapToDouble(figures -> Arrays.stream(figures.precision, from, to)));
    }

    private static double recall(List<Figures> classes) {
        return mean(classes.stream().flatMapToDouble(figures -> Arrays.stream(figures.recall)));
    }

    private static double mean(DoubleStream figures) {
        return figures.average().orElse(Double.NaN);
    }

    /** A detection among those of its class. */
    private record Place(DetectionMatches image, int detection) {
        double score() {
            return image.scores()[detection];
        }
    }

    private static Figures figuresOfClass(List<DetectionMatches> images, int size, int most) {
        int expected = images.stream().mapToInt(image -> image.expected()[size]).sum();
        if (expected == 0) {
            return new Figures(new double[0], new double[0]);
        }
        List<Place> places = new ArrayList<>();
        for (DetectionMatches image : images) {
            IntStream.range(0, image.count(most)).forEach(d -> places.add(new Place(image, d)));
        }
        // stable: of equal scores, the images come in their order
        places.sort(Collections.reverseOrder(Comparator.comparingDouble(place -> place.score() + 0.0)));
        double[] precision = new double[DetectionMatches.OVERLAPS];
        double[] recall = new double[DetectionMatches.OVERLAPS];
        for (int overlap = 0; overlap < precision.length; overlap++) {
            fill(places, size, overlap, expected, precision, recall);
        }
        return new Figures(precision, recall);
    }

    private static void fill(
            List<Place> places, int size, int overlap, int expected, double[] precision, double[] recall) {
        double[] precisions = new double[places.size()];
        double[] recalls = new double[places.size()];
        int right = 0;
        int counted = 0;
        for (int i = 0; i < precisions.length; i++) {
            Place place = places.get(i);
            right += place.image.right()[size][overlap][place.detection] ? 1 : 0;
            counted += place.image.left()[size][overlap][place.detection] ? 0 : 1;
            precisions[i] = counted == 0 ? 0 : (double) right / counted;
            recalls[i] = (double) right / expected;
        }
        for (int i = precisions.length - 2; i >= 0; i--) {
            precisions[i] = Math.max(precisions[i], precisions[i + 1]);
        }
        recall[overlap] = (double) right / expected;
        double sum = 0;
        int at = 0;
        for (int r = 0; r < RECALLS; r++) {
            // 0.07 is 7 * 0.01 here, and not 7 / 100, as in the reference
            while (at < recalls.length && recalls[at] < r * 0.01) {
                at++;
            }
            sum += at < recalls.length ? precisions[at] : 0;
        }
        precision[overlap] = sum / RECALLS;
    }

    /** {@return the figures by the names that torchmetrics gives them, {@code map}, {@code map_50}, {@code mar_small} and so on} */
    public Map<String, Double> figures() {
        Map<String, Double> figures = new LinkedHashMap<>();
        figures.put("map", averagePrecision);
        figures.put("map_50", averagePrecision50);
        figures.put("map_75", averagePrecision75);
        List<String> sizes = List.of("small", "medium", "large");
        for (int i = 0; i < sizes.size(); i++) {
            figures.put("map_" + sizes.get(i), precisionBySize.get(i));
        }
        for (int i = 0; i < recall.size(); i++) {
            figures.put("mar_" + DetectionMetrics.MOST[i], recall.get(i));
        }
        for (int i = 0; i < sizes.size(); i++) {
            figures.put("mar_" + sizes.get(i), recallBySize.get(i));
        }
        return figures;
    }
}
