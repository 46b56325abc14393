package dev.lanewise.nn.metrics;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Which detections of one image and class are objects, for every size of objects and every overlap.
 *
 * @param scores of the detections, falling
 * @param right whether a detection is an object that counts, by size, overlap and detection
 * @param left whether it is left out, likewise
 * @param expected how many objects count, by size
 */
record DetectionMatches(double[] scores, boolean[][][] right, boolean[][][] left, int[] expected) {
    /** Squares of the sides between sizes of objects: all, small, medium, large. */
    private static final double[][] SIZES = {{0, 1e10}, {0, 32 * 32}, {32 * 32, 96 * 96}, {96 * 96, 1e10}};

    static final int OVERLAPS = 10;

    /**
     * The corners of boxes.
     *
     * @param corners left, top, right, bottom of each
     */
    record Boxes(double[] corners) {
        double area(int i) {
            return (corners[4 * i + 2] - corners[4 * i]) * (corners[4 * i + 3] - corners[4 * i + 1]);
        }

        /** The area that two boxes share. */
        double shared(int i, Boxes others, int j) {
            double width = Math.min(corners[4 * i + 2], others.corners[4 * j + 2])
                    - Math.max(corners[4 * i], others.corners[4 * j]);
            double height = Math.min(corners[4 * i + 3], others.corners[4 * j + 3])
                    - Math.max(corners[4 * i + 1], others.corners[4 * j + 1]);
            return width > 0 && height > 0 ? width * height : 0;
        }
    }

    /** The overlap that a match needs. */
    private static double overlap(int i) {
        return 0.5 + i * ((0.95 - 0.5) / (OVERLAPS - 1));
    }

    /**
     * Matches detections and objects.
     *
     * @param found boxes of detections
     * @param detections those of the class, the most certain first
     * @param scores of all detections
     * @param actual boxes of objects
     * @param objects those of the class
     * @param crowd not 0 for a box around many objects, or null
     * @param areas of the objects, or null for those of their boxes
     */
    static DetectionMatches of(
            Boxes found,
            int[] detections,
            double[] scores,
            Boxes actual,
            int[] objects,
            double @Nullable [] crowd,
            double @Nullable [] areas) {
        boolean[] many = new boolean[objects.length];
        double[] size = new double[objects.length];
        double[][] iou = new double[detections.length][objects.length];
        for (int o = 0; o < objects.length; o++) {
            many[o] = crowd != null && crowd[objects[o]] != 0;
            size[o] = areas == null ? actual.area(objects[o]) : areas[objects[o]];
            for (int d = 0; d < detections.length; d++) {
                double shared = found.shared(detections[d], actual, objects[o]);
                // a detection inside a crowd lies in it completely, however small it is
                double covered = found.area(detections[d]) + (many[o] ? 0 : actual.area(objects[o]) - shared);
                iou[d][o] = shared == 0 ? 0 : shared / covered;
            }
        }
        double[] own = IntStream.of(detections).mapToDouble(d -> scores[d]).toArray();
        double[] ownSize = IntStream.of(detections).mapToDouble(found::area).toArray();
        DetectionMatches matches = new DetectionMatches(
                own,
                new boolean[SIZES.length][OVERLAPS][detections.length],
                new boolean[SIZES.length][OVERLAPS][detections.length],
                new int[SIZES.length]);
        for (int s = 0; s < SIZES.length; s++) {
            double[] range = SIZES[s];
            boolean[] ignored = new boolean[objects.length];
            for (int o = 0; o < objects.length; o++) {
                ignored[o] = many[o] || size[o] < range[0] || size[o] > range[1];
                matches.expected[s] += ignored[o] ? 0 : 1;
            }
            for (int t = 0; t < OVERLAPS; t++) {
                matches.match(s, t, iou, ignored, many);
                for (int d = 0; d < own.length; d++) {
                    boolean otherSize = ownSize[d] < range[0] || ownSize[d] > range[1];
                    matches.left[s][t][d] |= !matches.right[s][t][d] && otherSize;
                }
            }
        }
        return matches;
    }

    private void match(int size, int overlap, double[][] iou, boolean[] ignored, boolean[] many) {
        boolean[] taken = new boolean[ignored.length];
        for (int d = 0; d < iou.length; d++) {
            // objects that count first: what is left out takes only detections that none of them takes
            int best = best(iou[d], overlap(overlap), taken, ignored, many, false);
            best = best < 0 ? best(iou[d], overlap(overlap), taken, ignored, many, true) : best;
            if (best >= 0) {
                taken[best] = true;
                right[size][overlap][d] = !ignored[best];
                left[size][overlap][d] = ignored[best];
            }
        }
    }

    /** The free object that a detection overlaps most, -1 if it is not enough; of equal overlaps the last object. */
    private static int best(
            double[] iou, double least, boolean[] taken, boolean[] ignored, boolean[] many, boolean ofIgnored) {
        double most = Math.min(least, 1 - 1e-10);
        int best = -1;
        for (int o = 0; o < iou.length; o++) {
            if (ignored[o] == ofIgnored && (!taken[o] || many[o]) && iou[o] >= most) {
                most = iou[o];
                best = o;
            }
        }
        return best;
    }

    /** How many detections there are if only the most certain count. */
    int count(int most) {
        return Math.min(scores.length, most);
    }

    static int sizes() {
        return SIZES.length;
    }

    @Override
    public String toString() {
        return scores.length + " detections, " + Arrays.toString(expected) + " objects by size";
    }
}
