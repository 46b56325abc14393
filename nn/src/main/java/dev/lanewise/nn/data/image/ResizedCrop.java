package dev.lanewise.nn.data.image;

import java.util.random.RandomGenerator;

/**
 * A random part of an image, scaled to a square of a given side: torchvision's {@code RandomResizedCrop}.
 *
 * @param side rows and columns of the result
 * @param least the least share of the image's area
 * @param most the greatest share
 * @param narrowest the least ratio of width to height
 * @param widest the greatest ratio
 */
record ResizedCrop(int side, double least, double most, double narrowest, double widest) implements ImageTransform {
    private static final int ATTEMPTS = 10;

    ResizedCrop {
        boolean area = least > 0 && least <= most && most <= 1;
        boolean shape = narrowest > 0 && narrowest <= widest && widest < Double.POSITIVE_INFINITY;
        if (side < 1 || !area || !shape) {
            throw new IllegalArgumentException("randomResizedCrop: found the side " + side + ", areas from " + least
                    + " to " + most + " and ratios from " + narrowest + " to " + widest
                    + "; expected a side of 1 or more, areas above 0 up to 1 and ratios above 0, in ascending order;"
                    + " 0.08 to 1 and 3/4 to 4/3 are usual");
        }
    }

    /** A part of an image. */
    record Box(int top, int left, int rows, int columns) {}

    @Override
    public Image apply(Image image, RandomGenerator random) {
        Box box = box(image.height(), image.width(), random);
        return image.crop(box.top, box.left, box.rows, box.columns).resize(side, side);
    }

    Box box(int height, int width, RandomGenerator random) {
        double logs = StrictMath.log(widest / narrowest);
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            double area = (least + random.nextDouble() * (most - least)) * height * width;
            double ratio = narrowest * StrictMath.exp(random.nextDouble() * logs);
            int columns = (int) Math.rint(Math.sqrt(area * ratio));
            int rows = (int) Math.rint(Math.sqrt(area / ratio));
            if (rows > 0 && rows <= height && columns > 0 && columns <= width) {
                return new Box(random.nextInt(height - rows + 1), random.nextInt(width - columns + 1), rows, columns);
            }
        }
        return middle(height, width);
    }

    /** The largest part in the middle whose ratio is allowed, for images that are too narrow or wide to try further. */
    private Box middle(int height, int width) {
        double ratio = (double) width / height;
        int rows = ratio < narrowest ? (int) Math.clamp(Math.rint(width / narrowest), 1.0, height) : height;
        int columns = ratio > widest ? (int) Math.clamp(Math.rint(height * widest), 1.0, width) : width;
        return new Box((height - rows) / 2, (width - columns) / 2, rows, columns);
    }
}
