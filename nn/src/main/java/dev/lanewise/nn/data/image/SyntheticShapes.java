package dev.lanewise.nn.data.image;

import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Coloured shapes and textures that the program paints itself, in the format of CIFAR-10: 32 x 32, red, green, blue,
 * ten classes. Place, size, angle, both colours and the noise are random; the two colours may be close, as in a
 * photograph.
 *
 * <p>A seed gives the same bytes on every machine and for any number of threads.
 */
public final class SyntheticShapes {
    /** The names of the classes. */
    public static final List<String> CLASSES =
            List.of("disc", "ring", "square", "frame", "triangle", "cross", "stripes", "checks", "rays", "gradient");

    private static final int SIDE = Cifar10.SIDE;
    private static final int PLANE = SIDE * SIDE;

    private SyntheticShapes() {}

    /**
     * Paints images; their classes are drawn evenly at random.
     *
     * @param seed the same seed gives the same images; image i does not depend on {@code count}
     * @param count how many
     * @return the images
     * @throws IllegalArgumentException if the number of images is negative, or they are too many for an array
     */
    public static LabeledImages generate(long seed, int count) {
        byte[] pixels = LabeledImages.room(count, 3 * PLANE);
        int[] labels = new int[count];
        IntStream.range(0, count).parallel().forEach(i -> {
            SplittableRandom random = new SplittableRandom(seed ^ ((i + 1L) * 0x9e3779b97f4a7c15L));
            labels[i] = (int) (random.nextDouble() * CLASSES.size());
            paint(labels[i], random, pixels, i * 3 * PLANE);
        });
        return new LabeledImages(3, SIDE, SIDE, pixels, labels, CLASSES);
    }

    private static void paint(int label, SplittableRandom random, byte[] pixels, int offset) {
        double angle = random.nextDouble() * 6.283185307179586;
        double cos = StrictMath.cos(angle);
        double sin = StrictMath.sin(angle);
        double radius = 7 + 6 * random.nextDouble();
        double middleX = SIDE / 2.0 + 8 * (random.nextDouble() - 0.5);
        double middleY = SIDE / 2.0 + 8 * (random.nextDouble() - 0.5);
        double[] shape = colour(random);
        double[] ground = colour(random);
        double noise = 0.05 + 0.1 * random.nextDouble();
        for (int p = 0; p < PLANE; p++) {
            int row = p / SIDE;
            int column = p % SIDE;
            double x = (column + 0.5 - middleX) / radius;
            double y = (row + 0.5 - middleY) / radius;
            double ink = ink(label, cos * x - sin * y, sin * x + cos * y, 1.5 / radius);
            for (int c = 0; c < 3; c++) {
                double value = ground[c] + ink * (shape[c] - ground[c]) + noise * (2 * random.nextDouble() - 1);
                pixels[offset + c * PLANE + p] = (byte) (Math.clamp(value, 0.0, 1.0) * 255 + 0.5);
            }
        }
    }

    private static double[] colour(SplittableRandom random) {
        return new double[] {random.nextDouble(), random.nextDouble(), random.nextDouble()};
    }

    /** How much of the shape's colour a point has; the shape reaches from -1 to 1, its edge fades over {@code soft}. */
    private static double ink(int label, double x, double y, double soft) {
        double distance = Math.sqrt(x * x + y * y);
        double box = Math.max(Math.abs(x), Math.abs(y));
        return switch (CLASSES.get(label)) {
            case "disc" -> fade(1 - distance, soft);
            case "ring" -> fade(0.3 - Math.abs(distance - 0.75), soft);
            case "square" -> fade(0.85 - box, soft);
            case "frame" -> fade(0.25 - Math.abs(box - 0.7), soft);
            case "triangle" -> fade(Math.min(0.5 - y, (1 + y - 1.7320508075688772 * Math.abs(x)) / 2), soft);
            case "cross" -> fade(Math.min(1 - box, 0.3 - Math.min(Math.abs(x), Math.abs(y))), soft);
            case "stripes" -> 0.5 + 0.5 * StrictMath.sin(7 * x);
            case "checks" -> 0.5 + 0.5 * StrictMath.sin(6 * x) * StrictMath.sin(6 * y);
            case "rays" -> 0.5 + 0.5 * StrictMath.sin(8 * StrictMath.atan2(y, x));
            default -> Math.clamp(0.5 + 0.4 * x, 0.0, 1.0);
        };
    }

    private static double fade(double inside, double soft) {
        return Math.clamp(0.5 + inside / soft, 0.0, 1.0);
    }
}
