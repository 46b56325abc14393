package dev.lanewise.examples.train.segment;

import dev.lanewise.nn.data.Batch;
import dev.lanewise.nn.data.Dataset;
import dev.lanewise.tensor.Tensor;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/**
 * Images of bright discs, squares and triangles of random colours, one to three of them, some behind others, on a dark, noisy
 * ground, and the class of each pixel: x {@code F32 [n, 3, side, side]}, y {@code I64 [n, side, side]}. An image depends on seed and number
 * alone.
 *
 * @param seed the seed
 * @param size how many images there are
 * @param side their height and width
 */
record ShapeImages(long seed, long size, int side) implements Dataset {
    static final List<String> CLASSES = List.of("ground", "disc", "square", "triangle");

    private static final int CHANNELS = 3;
    private static final double NOISE = 0.1;

    /** A shape of a class: where it lies and how large it is. */
    private record Drawn(int kind, double x, double y, double radius, double[] colour) {
        static Drawn random(SplittableRandom random, int side) {
            double radius = side * random.nextDouble(0.15, 0.3);
            return new Drawn(
                    1 + random.nextInt(CLASSES.size() - 1),
                    random.nextDouble(radius, side - radius),
                    random.nextDouble(radius, side - radius),
                    radius,
                    random.doubles(CHANNELS, 0.5, 1).toArray());
        }

        /** Whether a point belongs to it. All kinds have about the same area, which says nothing of the class. */
        boolean covers(double column, double row) {
            double across = Math.abs(column - x);
            double down = row - y;
            return switch (kind) {
                case 1 -> Math.hypot(across, down) < 0.8 * radius;
                case 2 -> Math.max(across, Math.abs(down)) < 0.7 * radius;
                default -> down < 0.7 * radius && 1.73 * across - down < 1.1 * radius;
            };
        }
    }

    @Override
    public Batch batch(long[] indices) {
        int pixels = side * side;
        float[] images = new float[indices.length * CHANNELS * pixels];
        long[] classes = new long[indices.length * pixels];
        for (int i = 0; i < indices.length; i++) {
            draw(new SplittableRandom(seed * size + indices[i]), images, i * CHANNELS * pixels, classes, i * pixels);
        }
        return new Batch(
                Tensor.of(images, indices.length, CHANNELS, side, side),
                Tensor.of(classes, indices.length, side, side));
    }

    private void draw(SplittableRandom random, float[] image, int start, long[] classes, int first) {
        double[] ground = random.doubles(CHANNELS, 0, 0.4).toArray();
        List<Drawn> shapes = Stream.generate(() -> Drawn.random(random, side))
                .limit(1 + random.nextInt(3))
                .toList();
        int pixels = side * side;
        for (int pixel = 0; pixel < pixels; pixel++) {
            double[] colour = ground;
            int row = pixel / side;
            for (Drawn shape : shapes) {
                if (shape.covers(pixel % side, row)) {
                    colour = shape.colour;
                    classes[first + pixel] = shape.kind;
                }
            }
            for (int channel = 0; channel < CHANNELS; channel++) {
                image[start + channel * pixels + pixel] =
                        (float) Math.clamp(colour[channel] + NOISE * random.nextGaussian(), 0, 1);
            }
        }
    }
}
