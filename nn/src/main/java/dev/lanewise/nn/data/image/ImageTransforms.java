package dev.lanewise.nn.data.image;

import java.util.Arrays;

/** The usual transforms, with torchvision's definitions and defaults. */
public final class ImageTransforms {
    private ImageTransforms() {}

    /**
     * Scales images to the given size, whatever their own proportions.
     *
     * @param rows the height of the result
     * @param columns the width of the result
     * @return the transform
     */
    public static ImageTransform resize(int rows, int columns) {
        return (image, random) -> image.resize(rows, columns);
    }

    /**
     * Scales the shorter side to the given length, then crops a square of that side from the middle.
     *
     * @param side the rows and columns of the result
     * @return the transform
     */
    public static ImageTransform resizeAndCenterCrop(int side) {
        return (image, random) -> image.resizeAndCenterCrop(side);
    }

    /**
     * Crops a square from a random place of the image, surrounded by zeros.
     *
     * @param side the rows and columns of the result
     * @param padding how many rows and columns of zeros on every side
     * @return the transform
     * @throws IllegalArgumentException (when it is applied) if the padded image is smaller than the side
     */
    public static ImageTransform randomCrop(int side, int padding) {
        return (image, random) -> {
            int rows = image.height() + 2 * padding - side;
            int columns = image.width() + 2 * padding - side;
            if (rows < 0 || columns < 0) {
                throw new IllegalArgumentException("randomCrop: found an image of " + image.height() + " x "
                        + image.width() + " with padding " + padding + "; expected at least " + side + " x " + side
                        + "; pad or resize it");
            }
            return image.crop(random.nextInt(rows + 1) - padding, random.nextInt(columns + 1) - padding, side, side);
        };
    }

    /**
     * Crops a random part and scales it to a square, as is usual for training on photographs: an area of 8 to 100
     * percent of the image's, and a ratio of width to height from 3/4 to 4/3.
     *
     * @param side the rows and columns of the result
     * @return the transform
     * @throws IllegalArgumentException if the side is not at least 1
     */
    public static ImageTransform randomResizedCrop(int side) {
        return randomResizedCrop(side, 0.08, 1, 3.0 / 4, 4.0 / 3);
    }

    /**
     * Crops a random part and scales it to a square. Area and ratio are drawn up to ten times; if no part of these fits
     * into the image, the largest part in the middle whose ratio is allowed is taken.
     *
     * @param side the rows and columns of the result
     * @param least the least share of the image's area, above 0
     * @param most the greatest share, up to 1
     * @param narrowest the least ratio of width to height
     * @param widest the greatest ratio
     * @return the transform
     * @throws IllegalArgumentException if the side is not at least 1, or the areas or ratios are not positive numbers
     *     in ascending order
     */
    public static ImageTransform randomResizedCrop(
            int side, double least, double most, double narrowest, double widest) {
        return new ResizedCrop(side, least, most, narrowest, widest);
    }

    /**
     * Mirrors left to right with the given probability.
     *
     * @param probability from 0 to 1
     * @return the transform
     */
    public static ImageTransform horizontalFlip(double probability) {
        return (image, random) -> random.nextDouble() < probability ? image.flip() : image;
    }

    /**
     * Turns upside down with the given probability.
     *
     * @param probability from 0 to 1
     * @return the transform
     */
    public static ImageTransform verticalFlip(double probability) {
        return (image, random) -> random.nextDouble() < probability ? image.flipVertically() : image;
    }

    /**
     * Rotates about the middle by an angle between plus and minus the given one; bilinear, zeros outside.
     *
     * @param degrees the greatest angle
     * @return the transform
     */
    public static ImageTransform rotation(double degrees) {
        return (image, random) -> rotate(image, (2 * random.nextDouble() - 1) * degrees);
    }

    /**
     * Rotates counter-clockwise about the middle; bilinear, zeros outside.
     *
     * @param image the image
     * @param degrees the angle
     * @return a new image of the same size
     */
    public static Image rotate(Image image, double degrees) {
        double cos = StrictMath.cos(Math.toRadians(degrees));
        double sin = StrictMath.sin(Math.toRadians(degrees));
        double middleRow = (image.height() - 1) / 2.0;
        double middleColumn = (image.width() - 1) / 2.0;
        Image rotated = new Image(image.channels(), image.height(), image.width());
        for (int row = 0; row < image.height(); row++) {
            for (int column = 0; column < image.width(); column++) {
                double y = row - middleRow;
                double x = column - middleColumn;
                for (int c = 0; c < image.channels(); c++) {
                    rotated.values()[rotated.index(c, row, column)] =
                            bilinear(image, c, middleRow + sin * x + cos * y, middleColumn + cos * x - sin * y);
                }
            }
        }
        return rotated;
    }

    private static float bilinear(Image image, int channel, double row, double column) {
        int top = (int) Math.floor(row);
        int left = (int) Math.floor(column);
        float down = (float) (row - top);
        float right = (float) (column - left);
        float upper = (1 - right) * at(image, channel, top, left) + right * at(image, channel, top, left + 1);
        float lower = (1 - right) * at(image, channel, top + 1, left) + right * at(image, channel, top + 1, left + 1);
        return (1 - down) * upper + down * lower;
    }

    private static float at(Image image, int channel, int row, int column) {
        boolean inside = row >= 0 && row < image.height() && column >= 0 && column < image.width();
        return inside ? image.get(channel, row, column) : 0;
    }

    /**
     * Like {@link #colorJitter(double, double, double, double)}, without a change of hue.
     *
     * @param brightness the greatest change of brightness, 0 or more
     * @param contrast the greatest change of contrast, 0 or more
     * @param saturation the greatest change of saturation, 0 or more
     * @return the transform
     */
    public static ImageTransform colorJitter(double brightness, double contrast, double saturation) {
        return colorJitter(brightness, contrast, saturation, 0);
    }

    /**
     * Changes brightness, contrast and saturation of an image in red, green, blue, each by a factor drawn between 1
     * minus and 1 plus the given amount, and rotates the hue, in an order that is drawn as well, as torchvision does; the
     * result stays within 0 and 1.
     *
     * @param brightness the greatest change of brightness, 0 or more
     * @param contrast the greatest change of contrast, 0 or more
     * @param saturation the greatest change of saturation, 0 or more
     * @param hue the greatest rotation in either direction, as a fraction of the colour circle, from 0 to 0.5
     * @return the transform
     * @throws IllegalArgumentException if a strength is outside its range
     */
    public static ImageTransform colorJitter(double brightness, double contrast, double saturation, double hue) {
        return ColorJitter.of(brightness, contrast, saturation, hue);
    }

    /**
     * Like {@link #randAugment(int, int, int)}, with torchvision's defaults: 2 operations at strength 9 of 31.
     *
     * @return the transform
     */
    public static ImageTransform randAugment() {
        return randAugment(2, 9, 31);
    }

    /**
     * Applies operations that are drawn from fourteen: none, shearing and moving along either direction, rotation, brightness,
     * saturation, contrast, sharpness, fewer bits, inversion of bright parts, stretched contrast, equalized histogram
     * (Cubuk et al. 2019, arXiv:1909.13719), each in either direction where it has two. They are torchvision's {@code
     * RandAugment}, with the nearest pixel and zeros outside; what torchvision rounds to whole bytes after every
     * operation is not rounded here, but in those two that need bytes.
     *
     * @param operations how many are applied one after the other, 0 or more
     * @param magnitude how strong they are, from 0 to {@code bins - 1}
     * @param bins how many strengths there are, 2 or more
     * @return the transform, for images whose values are from 0 to 1: before {@link #normalize}
     * @throws IllegalArgumentException if a number is out of range
     */
    public static ImageTransform randAugment(int operations, int magnitude, int bins) {
        return new RandAugment(operations, magnitude, bins);
    }

    /**
     * Subtracts the mean and divides by the standard deviation, both per channel.
     *
     * @param mean of each channel
     * @param std of each channel, above 0
     * @return the transform
     * @throws IllegalArgumentException if the two have different lengths or a deviation is not positive
     */
    public static ImageTransform normalize(float[] mean, float[] std) {
        if (mean.length != std.length) {
            throw new IllegalArgumentException("normalize: found " + mean.length + " means and " + std.length
                    + " deviations; expected one of each per channel; pass arrays of one length");
        }
        for (float deviation : std) {
            if (!(deviation > 0)) {
                throw new IllegalArgumentException(
                        "normalize: found the deviation " + deviation + "; expected a positive one; check the channel");
            }
        }
        float[] means = mean.clone();
        float[] deviations = std.clone();
        return (image, random) -> {
            if (image.channels() != means.length) {
                throw new IllegalArgumentException("normalize: found " + image.channels() + " channels; expected "
                        + means.length + "; pass a mean for every channel");
            }
            int plane = image.height() * image.width();
            Image result = new Image(image.channels(), image.height(), image.width());
            for (int i = 0; i < result.values().length; i++) {
                result.values()[i] = (image.values()[i] - means[i / plane]) / deviations[i / plane];
            }
            return result;
        };
    }

    /**
     * With the given probability, sets a rectangle at a random place to 0: it covers 2 to 33 percent of the image's
     * area, and its height is 0.3 to 3.3 times its width (Zhong et al., "Random Erasing Data Augmentation", 2020).
     *
     * @param probability from 0 to 1
     * @return the transform
     */
    public static ImageTransform randomErasing(double probability) {
        return (image, random) -> {
            if (random.nextDouble() >= probability) {
                return image;
            }
            // A rectangle that does not fit is drawn again, ten times at most.
            for (int attempt = 0; attempt < 10; attempt++) {
                double area = (0.02 + 0.31 * random.nextDouble()) * image.height() * image.width();
                double ratio = StrictMath.exp(
                        StrictMath.log(0.3) + random.nextDouble() * (StrictMath.log(3.3) - StrictMath.log(0.3)));
                int rows = (int) Math.round(Math.sqrt(area * ratio));
                int columns = (int) Math.round(Math.sqrt(area / ratio));
                if (rows < image.height() && columns < image.width()) {
                    return erase(
                            image,
                            random.nextInt(image.height() - rows + 1),
                            random.nextInt(image.width() - columns + 1),
                            rows,
                            columns);
                }
            }
            return image;
        };
    }

    private static Image erase(Image image, int top, int left, int rows, int columns) {
        Image result = new Image(
                image.channels(), image.height(), image.width(), image.values().clone());
        for (int c = 0; c < image.channels(); c++) {
            for (int row = top; row < top + rows; row++) {
                int from = result.index(c, row, left);
                Arrays.fill(result.values(), from, from + columns, 0f);
            }
        }
        return result;
    }
}
