package dev.lanewise.nn.metrics;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * How well objects are found in images: average precision and recall as the COCO challenge defines them (Lin et al. 2014,
 * arXiv:1405.0312), the numbers of {@code pycocotools}' {@code COCOeval} for boxes.
 *
 * <p>{@snippet :
 * DetectionMetrics metrics = new DetectionMetrics(classes);
 * for (...) {
 *     metrics.add(new Found(boxes, scores, labels), new Objects(actualBoxes, actualLabels));   // an image
 * }
 * System.out.println(metrics.result().averagePrecision());
 * }
 *
 * <p>In every image and class, detections are taken by falling scores, 100 at most, and each is matched with the object that it
 * overlaps most and that is still free, if the overlap reaches a threshold. Precision is the largest at a recall or above it,
 * averaged over the recalls 0, 0.01 to 1, the overlaps 0.5, 0.55 to 0.95 and the classes that have objects. Objects of a
 * size that is not asked for, and crowds, are neither expected nor wrong.
 */
public final class DetectionMetrics {
    /** Of how many detections of an image and class figures take account. */
    static final int[] MOST = {1, 10, 100};

    private final List<List<DetectionMatches>> matches = new ArrayList<>();

    /**
     * No image yet.
     *
     * @param classes how many classes of objects there are, 1 or more
     * @throws TensorException if there is none
     */
    public DetectionMetrics(int classes) {
        if (classes < 1) {
            throw new TensorException("detection: " + classes
                    + " classes (expected 1 or more); give the number of kinds of objects, background not included");
        }
        for (int i = 0; i < classes; i++) {
            matches.add(new ArrayList<>());
        }
    }

    /**
     * What a model found in an image.
     *
     * @param boxes {@code [n, 4]}: left, top, right, bottom, in pixels
     * @param scores {@code [n]}, greater where the model is more certain
     * @param classes {@code [n]} of whole numbers from 0
     */
    public record Found(Tensor boxes, Tensor scores, Tensor classes) {
        /** Holds the given values, none of which may be null. */
        public Found {
            java.util.Objects.requireNonNull(boxes, "boxes");
            java.util.Objects.requireNonNull(scores, "scores");
            java.util.Objects.requireNonNull(classes, "classes");
        }
    }

    /**
     * What there is in an image.
     *
     * @param boxes {@code [m, 4]}: left, top, right, bottom, in pixels
     * @param classes {@code [m]} of whole numbers from 0
     * @param crowd {@code [m]} of type BOOL: boxes around many objects, in which any number may be found; or null
     * @param areas {@code [m]}: the objects' areas in square pixels, where they don't fill their boxes; or null
     */
    public record Objects(
            Tensor boxes,
            Tensor classes,
            @Nullable Tensor crowd,
            @Nullable Tensor areas) {
        /** Holds the given values, of which only {@code crowd} and {@code areas} may be null. */
        public Objects {
            java.util.Objects.requireNonNull(boxes, "boxes");
            java.util.Objects.requireNonNull(classes, "classes");
        }

        /**
         * Single objects that fill their boxes.
         *
         * @param boxes {@code [m, 4]}: left, top, right, bottom, in pixels
         * @param classes {@code [m]} of whole numbers from 0
         */
        public Objects(Tensor boxes, Tensor classes) {
            this(boxes, classes, null, null);
        }
    }

    /**
     * Takes an image into account.
     *
     * @param found what the model found
     * @param objects what there is
     * @throws TensorException if shapes don't fit, a class is not among those that there are, a score is
     *     NaN, or a box has corners that are not finite or in the wrong order
     */
    public void add(Found found, Objects objects) {
        double[] scores = numbers("scores", found.scores, found.boxes);
        for (double score : scores) {
            check(!Double.isNaN(score), "a score of NaN", "numbers", "check the model's output");
        }
        DetectionMatches.Boxes detected = boxes("found boxes", found.boxes);
        DetectionMatches.Boxes actual = boxes("boxes of objects", objects.boxes);
        int[] detectedClasses = classes(found.classes, found.boxes);
        int[] actualClasses = classes(objects.classes, objects.boxes);
        double[] crowd = objects.crowd == null ? null : numbers("crowd", objects.crowd, objects.boxes);
        double[] areas = objects.areas == null ? null : numbers("areas", objects.areas, objects.boxes);
        for (int label = 0; label < matches.size(); label++) {
            int[] own = positions(actualClasses, label);
            int[] ownFound = byScore(positions(detectedClasses, label), scores);
            if (own.length + ownFound.length > 0) {
                matches.get(label).add(DetectionMatches.of(detected, ownFound, scores, actual, own, crowd, areas));
            }
        }
    }

    /** {@return the figures of all images so far} */
    public DetectionResult result() {
        return DetectionResult.of(matches);
    }

    private static int[] positions(int[] classes, int label) {
        return IntStream.range(0, classes.length)
                .filter(i -> classes[i] == label)
                .toArray();
    }

    /** The detections that count, the most certain first; of equal scores, in their order. */
    private static int[] byScore(int[] positions, double[] scores) {
        return Arrays.stream(positions)
                .boxed()
                .sorted(Comparator.comparingDouble((Integer i) -> -scores[i] + 0.0))
                .limit(MOST[MOST.length - 1])
                .mapToInt(Integer::intValue)
                .toArray();
    }

    private int[] classes(Tensor classes, Tensor boxes) {
        checkShape("classes", classes, Shape.of(boxes.shape().size(0)));
        check(
                classes.dtype() == DType.I64 || classes.dtype() == DType.I32,
                "classes " + classes.spec(),
                "type I64 or I32",
                "cast them with to(DType.I64)");
        long[] labels = classes.to(DType.I64).toLongArray();
        int[] checked = new int[labels.length];
        for (int i = 0; i < labels.length; i++) {
            check(
                    labels[i] >= 0 && labels[i] < matches.size(),
                    "the class " + labels[i],
                    "0 to " + (matches.size() - 1),
                    "check labels and number of classes");
            checked[i] = (int) labels[i];
        }
        return checked;
    }

    private static double[] numbers(String name, Tensor numbers, Tensor boxes) {
        checkShape(name, numbers, Shape.of(boxes.shape().size(0)));
        return Autograd.detach(numbers).to(DType.F64).toDoubleArray();
    }

    private static DetectionMatches.Boxes boxes(String name, Tensor boxes) {
        check(
                boxes.shape().rank() == 2 && boxes.shape().size(1) == 4,
                name + " " + boxes.spec(),
                "[n, 4]",
                "give left, top, right and bottom of each, and [0, 4] where there is none");
        double[] corners = Autograd.detach(boxes).to(DType.F64).toDoubleArray();
        for (int i = 0; i < corners.length; i += 4) {
            boolean finite = true;
            for (int j = i; j < i + 4; j++) {
                finite &= Double.isFinite(corners[j]);
            }
            check(
                    finite && corners[i] <= corners[i + 2] && corners[i + 1] <= corners[i + 3],
                    name + " with (" + corners[i] + ", " + corners[i + 1] + ", " + corners[i + 2] + ", "
                            + corners[i + 3] + ")",
                    "finite numbers, left <= right and top <= bottom",
                    "turn (x, y, width, height) into corners");
        }
        return new DetectionMatches.Boxes(corners);
    }

    private static void checkShape(String name, Tensor tensor, Shape expected) {
        check(
                tensor.shape().equals(expected),
                name + " " + tensor.spec(),
                expected.toString(),
                "give one for each box");
    }

    private static void check(boolean right, String found, String expected, String remedy) {
        if (!right) {
            throw new TensorException("detection: " + found + " (expected " + expected + "); " + remedy);
        }
    }
}
