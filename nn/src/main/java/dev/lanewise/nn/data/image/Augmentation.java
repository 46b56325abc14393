package dev.lanewise.nn.data.image;

import dev.lanewise.nn.data.image.ColorJitter.Base;

/** The operations of {@link RandAugment}, on values from 0 to 1. */
enum Augmentation {
    IDENTITY,
    SHEAR_X,
    SHEAR_Y,
    TRANSLATE_X,
    TRANSLATE_Y,
    ROTATE,
    BRIGHTNESS,
    COLOR,
    CONTRAST,
    SHARPNESS,
    POSTERIZE,
    SOLARIZE,
    AUTO_CONTRAST,
    EQUALIZE;

    /** How far the centre and its neighbours count in a blurred pixel. */
    private static final float CENTRE = 5f / 13;

    private static final float NEIGHBOUR = 1f / 13;

    /** Whether it can be applied in the opposite direction. */
    boolean hasDirection() {
        return compareTo(SHEAR_X) >= 0 && compareTo(SHARPNESS) <= 0;
    }

    /**
     * What the operation takes: a slope, pixels, degrees, a change of a factor, bits or a threshold.
     *
     * @param share of the greatest strength, from 0 to 1
     * @param image the image
     */
    double strength(double share, Image image) {
        return switch (this) {
            case SHEAR_X, SHEAR_Y -> 0.3 * share;
            case TRANSLATE_X -> 150.0 / 331 * image.width() * share;
            case TRANSLATE_Y -> 150.0 / 331 * image.height() * share;
            case ROTATE -> 30 * share;
            case BRIGHTNESS, COLOR, CONTRAST, SHARPNESS -> 0.9 * share;
            case POSTERIZE -> 8 - Math.rint(4 * share);
            case SOLARIZE -> 1 - share;
            case IDENTITY, AUTO_CONTRAST, EQUALIZE -> 0;
        };
    }

    Image apply(Image image, double strength) {
        return switch (this) {
            case IDENTITY -> image;
            case SHEAR_X -> moved(image, (row, column) -> column + strength * (row + 0.5), (row, column) -> row);
            case SHEAR_Y -> moved(image, (row, column) -> column, (row, column) -> row + strength * (column + 0.5));
            case TRANSLATE_X -> moved(image, (row, column) -> column - (int) strength, (row, column) -> row);
            case TRANSLATE_Y -> moved(image, (row, column) -> column, (row, column) -> row - (int) strength);
            case ROTATE -> rotated(image, Math.toRadians(strength));
            case BRIGHTNESS -> ColorJitter.blend(image, (float) (1 + strength), Base.BLACK);
            case COLOR -> ColorJitter.blend(image, (float) (1 + strength), Base.GREY);
            case CONTRAST -> ColorJitter.blend(image, (float) (1 + strength), Base.MEAN_GREY);
            case SHARPNESS -> sharpened(image, (float) (1 + strength));
            case POSTERIZE -> posterized(image, (int) strength);
            case SOLARIZE -> mapped(image, value -> value >= strength ? 1 - value : value);
            case AUTO_CONTRAST -> stretched(image);
            case EQUALIZE -> equalized(image);
        };
    }

    /** A place in the image that a pixel is taken from, in pixels. */
    private interface Source {
        double at(int row, int column);
    }

    private static Image moved(Image image, Source columns, Source rows) {
        Image result = new Image(image.channels(), image.height(), image.width());
        for (int row = 0; row < image.height(); row++) {
            for (int column = 0; column < image.width(); column++) {
                double x = Math.rint(columns.at(row, column));
                double y = Math.rint(rows.at(row, column));
                boolean inside = x >= 0 && x < image.width() && y >= 0 && y < image.height();
                for (int c = 0; inside && c < image.channels(); c++) {
                    result.values()[result.index(c, row, column)] = image.get(c, (int) y, (int) x);
                }
            }
        }
        return result;
    }

    private static Image rotated(Image image, double angle) {
        double cos = StrictMath.cos(angle);
        double sin = StrictMath.sin(angle);
        double y = (image.height() - 1) / 2.0;
        double x = (image.width() - 1) / 2.0;
        return moved(
                image,
                (row, column) -> x + cos * (column - x) - sin * (row - y),
                (row, column) -> y + sin * (column - x) + cos * (row - y));
    }

    /** A function of a value. */
    private interface Value {
        double of(float value);
    }

    private static Image mapped(Image image, Value value) {
        Image result = new Image(image.channels(), image.height(), image.width());
        for (int i = 0; i < result.values().length; i++) {
            result.values()[i] = (float) value.of(image.values()[i]);
        }
        return result;
    }

    private static int toByte(float value) {
        return Math.round(255 * Math.clamp(value, 0f, 1f));
    }

    private static Image posterized(Image image, int bits) {
        int mask = 0xFF << (8 - bits);
        return mapped(image, value -> (toByte(value) & mask) / 255.0);
    }

    /** The pixels at the border stay, as they have no neighbours on one side. */
    private static Image sharpened(Image image, float factor) {
        Image result = mapped(image, value -> Math.clamp(value, 0f, 1f));
        for (int c = 0; c < image.channels(); c++) {
            for (int row = 1; row < image.height() - 1; row++) {
                for (int column = 1; column < image.width() - 1; column++) {
                    float blurred = blurred(image, c, row, column);
                    float sharper = factor * image.get(c, row, column) + (1 - factor) * blurred;
                    result.values()[result.index(c, row, column)] = Math.clamp(sharper, 0f, 1f);
                }
            }
        }
        return result;
    }

    private static float blurred(Image image, int channel, int row, int column) {
        float sum = 0;
        for (int y = row - 1; y <= row + 1; y++) {
            for (int x = column - 1; x <= column + 1; x++) {
                sum += (y == row && x == column ? CENTRE : NEIGHBOUR) * image.get(channel, y, x);
            }
        }
        return sum;
    }

    /** Each channel from 0 to 1; one of equal values stays. */
    private static Image stretched(Image image) {
        Image result = mapped(image, value -> value);
        int plane = image.height() * image.width();
        float[] values = result.values();
        for (int from = 0; from < values.length; from += plane) {
            float least = Float.POSITIVE_INFINITY;
            float most = Float.NEGATIVE_INFINITY;
            for (int i = from; i < from + plane; i++) {
                least = Math.min(least, values[i]);
                most = Math.max(most, values[i]);
            }
            for (int i = from; i < from + plane && least < most; i++) {
                values[i] = Math.clamp((values[i] - least) / (most - least), 0f, 1f);
            }
        }
        return result;
    }

    /** Bytes that are replaced so that all are about as frequent, in each channel. */
    private static Image equalized(Image image) {
        Image result = new Image(image.channels(), image.height(), image.width());
        int plane = image.height() * image.width();
        for (int from = 0; from < result.values().length; from += plane) {
            int[] counts = new int[256];
            int greatest = 0;
            for (int i = from; i < from + plane; i++) {
                int value = toByte(image.values()[i]);
                counts[value]++;
                greatest = Math.max(greatest, value);
            }
            int step = plane == 0 ? 0 : (plane - counts[greatest]) / 255;
            int[] table = new int[256];
            int below = 0;
            for (int value = 0; value < table.length; value++) {
                table[value] = step == 0 ? value : Math.clamp((below + step / 2) / step, 0, 255);
                below += counts[value];
            }
            for (int i = from; i < from + plane; i++) {
                result.values()[i] = table[toByte(image.values()[i])] / 255f;
            }
        }
        return result;
    }
}
