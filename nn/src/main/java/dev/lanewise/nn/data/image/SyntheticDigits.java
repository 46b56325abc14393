package dev.lanewise.nn.data.image;

import java.util.List;
import java.util.SplittableRandom;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;

/**
 * Digits that the program draws itself, in the format of MNIST: 28 x 28 grey pixels, ink 255 on 0, the digit within 20
 * x 20 pixels and centred by its centre of mass. Each follows a style of {@link DigitStrokes}, with its points moved,
 * slanted, rotated, stretched and bent by a smooth random field, and drawn with a pen of random width.
 *
 * <p>A seed gives the same bytes on every machine: only exactly rounded arithmetic and {@link StrictMath} are used, and
 * every image has a generator of its own, so the number of threads makes no difference.
 */
public final class SyntheticDigits {
    private static final List<String> CLASSES = List.of("0", "1", "2", "3", "4", "5", "6", "7", "8", "9");
    private static final int SIDE = Mnist.SIDE;
    private static final double BOX = 20;
    private static final int STEPS_PER_CURVE = 6;

    /** The standard deviation of a point, in heights of the digit. */
    private static final double JITTER = 0.042;

    /** The standard deviation of a wave of displacement, in heights of the digit. */
    private static final double BEND = 0.04;

    private SyntheticDigits() {}

    /**
     * Renders digits; their classes are drawn evenly at random.
     *
     * @param seed the same seed gives the same images; image i does not depend on {@code count}
     * @param count how many
     * @return the images
     * @throws IllegalArgumentException if the number of images is negative, or they are too many for an array
     */
    public static LabeledImages generate(long seed, int count) {
        return generate(seed, count, i -> i);
    }

    /** Those images of {@code generate(seed, n)} whose numbers {@code chosen} gives from places 0 to count. */
    static LabeledImages generate(long seed, int count, IntUnaryOperator chosen) {
        byte[] pixels = LabeledImages.room(count, SIDE * SIDE);
        int[] labels = new int[count];
        IntStream.range(0, count).parallel().forEach(i -> {
            // An odd multiplier is a bijection: images of one seed never share a generator.
            SplittableRandom random = new SplittableRandom(seed ^ (chosen.applyAsInt(i) + 1L) * 0x9e3779b97f4a7c15L);
            labels[i] = (int) (random.nextDouble() * CLASSES.size());
            draw(labels[i], random, pixels, i * SIDE * SIDE);
        });
        return new LabeledImages(1, SIDE, SIDE, pixels, labels, CLASSES);
    }

    private static void draw(int digit, SplittableRandom random, byte[] pixels, int offset) {
        List<DigitStrokes.Style> styles = DigitStrokes.STYLES.get(digit);
        DigitStrokes.Style style = styles.get((int) (random.nextDouble() * styles.size()));
        List<double[]> curves = style.strokes().stream()
                .map(stroke -> curve(jittered(stroke, random)))
                .toList();
        Distortion distortion = Distortion.random(random);
        curves.forEach(distortion::apply);
        fit(curves, random);
        float[] ink = new float[SIDE * SIDE];
        Pen pen = Pen.random(random);
        curves.forEach(curve -> pen.stroke(curve, ink));
        for (int i = 0; i < ink.length; i++) {
            pixels[offset + i] = (byte) (ink[i] * 255f + 0.5f);
        }
    }

    /** The points of a stroke as x, y, x, y, ..., each moved a little. */
    private static double[] jittered(List<DigitStrokes.Point> stroke, SplittableRandom random) {
        double[] points = new double[2 * stroke.size()];
        for (int i = 0; i < stroke.size(); i++) {
            points[2 * i] = stroke.get(i).x() + JITTER * normal(random);
            points[2 * i + 1] = stroke.get(i).y() + JITTER * normal(random);
        }
        return points;
    }

    /** A Catmull-Rom spline through the points, as a polyline. */
    private static double[] curve(double[] points) {
        int segments = points.length / 2 - 1;
        double[] line = new double[2 * (segments * STEPS_PER_CURVE + 1)];
        for (int s = 0; s < segments; s++) {
            for (int step = 0; step < STEPS_PER_CURVE; step++) {
                double t = (double) step / STEPS_PER_CURVE;
                int at = 2 * (s * STEPS_PER_CURVE + step);
                line[at] = catmullRom(points, s, 0, t);
                line[at + 1] = catmullRom(points, s, 1, t);
            }
        }
        line[line.length - 2] = points[points.length - 2];
        line[line.length - 1] = points[points.length - 1];
        return line;
    }

    private static double catmullRom(double[] points, int segment, int axis, double t) {
        int last = points.length / 2 - 1;
        double p0 = points[2 * Math.max(segment - 1, 0) + axis];
        double p1 = points[2 * segment + axis];
        double p2 = points[2 * (segment + 1) + axis];
        double p3 = points[2 * Math.min(segment + 2, last) + axis];
        return 0.5
                * (2 * p1
                        + (p2 - p0) * t
                        + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t * t
                        + (3 * p1 - p0 - 3 * p2 + p3) * t * t * t);
    }

    /** Scales the curves into the box, keeping their proportions, and moves their mean to the image's centre. */
    private static void fit(List<double[]> curves, SplittableRandom random) {
        double[] low = {Double.MAX_VALUE, Double.MAX_VALUE};
        double[] high = {-Double.MAX_VALUE, -Double.MAX_VALUE};
        double[] sum = new double[2];
        int count = 0;
        for (double[] curve : curves) {
            for (int i = 0; i < curve.length; i++) {
                low[i & 1] = Math.min(low[i & 1], curve[i]);
                high[i & 1] = Math.max(high[i & 1], curve[i]);
                sum[i & 1] += curve[i];
            }
            count += curve.length / 2;
        }
        // The pen's own width fills the two pixels between this and the box.
        double scale = (BOX - 2) / Math.max(high[0] - low[0], high[1] - low[1]) * uniform(random, 0.9, 1.02);
        double[] centre = {SIDE / 2.0 + 0.5 * normal(random), SIDE / 2.0 + 0.5 * normal(random)};
        for (double[] curve : curves) {
            for (int i = 0; i < curve.length; i++) {
                curve[i] = (curve[i] - sum[i & 1] / count) * scale + centre[i & 1];
            }
        }
    }

    /** An affine map about the middle of the digit and a smooth displacement: two waves per axis. */
    private record Distortion(double xx, double xy, double yx, double yy, Wave u0, Wave u1, Wave v0, Wave v1) {
        static Distortion random(SplittableRandom random) {
            double angle = 0.16 * normal(random);
            double slant = 0.28 * normal(random) - 0.1;
            double width = uniform(random, 0.5, 1);
            double cos = StrictMath.cos(angle);
            double sin = StrictMath.sin(angle);
            return new Distortion(
                    cos * width,
                    cos * slant - sin,
                    sin * width,
                    sin * slant + cos,
                    Wave.random(random),
                    Wave.random(random),
                    Wave.random(random),
                    Wave.random(random));
        }

        void apply(double[] curve) {
            for (int i = 0; i < curve.length; i += 2) {
                double x = curve[i] - 0.5;
                double y = curve[i + 1] - 0.5;
                double u = x + u0.at(x, y) + u1.at(x, y);
                double v = y + v0.at(x, y) + v1.at(x, y);
                curve[i] = xx * u + xy * v;
                curve[i + 1] = yx * u + yy * v;
            }
        }
    }

    /** A plane sine wave of displacement, about one period over the digit. */
    private record Wave(double kx, double ky, double phase, double amplitude) {
        static Wave random(SplittableRandom random) {
            return new Wave(
                    uniform(random, -7, 7), uniform(random, -7, 7), uniform(random, 0, 6.28), BEND * normal(random));
        }

        double at(double x, double y) {
            return amplitude * StrictMath.sin(kx * x + ky * y + phase);
        }
    }

    /** A round pen whose width swells along the stroke. */
    private record Pen(double radius, double swell, double softness, double darkness) {
        static Pen random(SplittableRandom random) {
            return new Pen(
                    uniform(random, 0.75, 1.75),
                    uniform(random, -0.3, 0.3),
                    uniform(random, 0.5, 0.8),
                    uniform(random, 0.88, 1.15));
        }

        void stroke(double[] line, float[] ink) {
            int segments = line.length / 2 - 1;
            for (int s = 0; s < segments; s++) {
                double along = (s + 0.5) / segments;
                double r = radius * (1 + swell * (2 * along - 1));
                segment(line[2 * s], line[2 * s + 1], line[2 * s + 2], line[2 * s + 3], r, ink);
            }
        }

        /** Inks every pixel by its centre's distance from the segment, fading over the softness. */
        private void segment(double x0, double y0, double x1, double y1, double r, float[] ink) {
            double reach = r + softness;
            double dx = x1 - x0;
            double dy = y1 - y0;
            double squared = Math.max(dx * dx + dy * dy, 1e-12);
            int top = clamp(Math.min(y0, y1) - reach - 0.5);
            int bottom = clamp(Math.max(y0, y1) + reach + 0.5);
            int left = clamp(Math.min(x0, x1) - reach - 0.5);
            int right = clamp(Math.max(x0, x1) + reach + 0.5);
            for (int row = top; row <= bottom; row++) {
                for (int column = left; column <= right; column++) {
                    double px = column + 0.5 - x0;
                    double py = row + 0.5 - y0;
                    double t = Math.min(1, Math.max(0, (px * dx + py * dy) / squared));
                    double ex = px - t * dx;
                    double ey = py - t * dy;
                    double level = (reach - Math.sqrt(ex * ex + ey * ey)) / (2 * softness) * darkness;
                    int at = row * SIDE + column;
                    ink[at] = Math.max(ink[at], (float) Math.min(1, Math.max(0, level)));
                }
            }
        }

        private static int clamp(double pixel) {
            return (int) Math.min(SIDE - 1, Math.max(0, pixel));
        }
    }

    /** Close enough to a standard normal number (Irwin-Hall of order 4), and the same bits everywhere. */
    private static double normal(SplittableRandom random) {
        double sum = random.nextDouble() + random.nextDouble() + random.nextDouble() + random.nextDouble();
        return (sum - 2) * 1.7320508075688772;
    }

    private static double uniform(SplittableRandom random, double low, double high) {
        return low + (high - low) * random.nextDouble();
    }
}
