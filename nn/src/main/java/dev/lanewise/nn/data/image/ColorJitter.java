package dev.lanewise.nn.data.image;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/** Random changes of an image's colours, with torchvision's definitions. */
final class ColorJitter {
    private ColorJitter() {}

    static ImageTransform of(double brightness, double contrast, double saturation, double hue) {
        if (!(brightness >= 0 && contrast >= 0 && saturation >= 0)
                || brightness + contrast + saturation == Double.POSITIVE_INFINITY) {
            throw new IllegalArgumentException("colorJitter: found the brightness " + brightness + ", contrast "
                    + contrast + " and saturation " + saturation + "; expected numbers of 0 or more; 0.4 is usual");
        }
        if (!(hue >= 0 && hue <= 0.5)) {
            throw new IllegalArgumentException(
                    "colorJitter: found the hue " + hue + "; expected 0 to 0.5; half a turn reaches every colour");
        }
        List<ImageTransform> changes = List.of(
                (image, random) -> blend(image, factor(brightness, random), Base.BLACK),
                (image, random) -> blend(image, factor(contrast, random), Base.MEAN_GREY),
                (image, random) -> blend(image, factor(saturation, random), Base.GREY),
                (image, random) -> hue == 0 ? image : turned(image, (2 * random.nextDouble() - 1) * hue));
        return (image, random) -> {
            List<ImageTransform> left = new ArrayList<>(changes);
            Image result = image;
            while (!left.isEmpty()) {
                result = left.remove(random.nextInt(left.size())).apply(result, random);
            }
            return result;
        };
    }

    private static float factor(double amount, RandomGenerator random) {
        return (float) Math.max(0, 1 + (2 * random.nextDouble() - 1) * amount);
    }

    /** What a jittered image moves towards or away from. */
    enum Base {
        BLACK,
        MEAN_GREY,
        GREY
    }

    /** Factor x image + (1 - factor) x base, within 0 and 1. */
    static Image blend(Image image, float factor, Base base) {
        int plane = image.height() * image.width();
        float[] in = image.values();
        float mean = base == Base.MEAN_GREY ? meanGrey(image) : 0;
        Image result = new Image(image.channels(), image.height(), image.width());
        for (int p = 0; p < plane; p++) {
            float towards = base == Base.GREY ? grey(image, p) : mean;
            for (int i = p; i < in.length; i += plane) {
                result.values()[i] = Math.clamp(factor * in[i] + (1 - factor) * towards, 0f, 1f);
            }
        }
        return result;
    }

    private static float meanGrey(Image image) {
        int plane = image.height() * image.width();
        double sum = 0;
        for (int p = 0; p < plane; p++) {
            sum += grey(image, p);
        }
        return (float) (sum / plane);
    }

    /** The luma of ITU-R BT.601; for an image without three channels, its first one. */
    private static float grey(Image image, int pixel) {
        float[] values = image.values();
        int plane = image.height() * image.width();
        return image.channels() == 3
                ? 0.299f * values[pixel] + 0.587f * values[pixel + plane] + 0.114f * values[pixel + 2 * plane]
                : values[pixel];
    }

    /**
     * The image with every hue rotated (Smith 1978, "Color gamut transform pairs"); an image without three channels has
     * no hues and is unchanged.
     *
     * @param turn a fraction of the full circle
     */
    static Image turned(Image image, double turn) {
        if (image.channels() != 3) {
            return image;
        }
        int plane = image.height() * image.width();
        float[] in = image.values();
        Image result = new Image(3, image.height(), image.width());
        for (int p = 0; p < plane; p++) {
            double r = in[p];
            double g = in[p + plane];
            double b = in[p + 2 * plane];
            double value = Math.max(r, Math.max(g, b));
            double chroma = value - Math.min(r, Math.min(g, b));
            // in sixths of the circle, from red
            double hue = chroma == 0 ? 0 : sixth(r, g, b, value, chroma) + 6 * turn;
            for (int c = 0; c < 3; c++) {
                // red is 5, green 3 and blue 1 sixths of a turn from where their component falls
                double k = floorMod(5 - 2 * c + hue);
                result.values()[p + c * plane] = (float) (value - chroma * Math.clamp(Math.min(k, 4 - k), 0.0, 1.0));
            }
        }
        return result;
    }

    private static double sixth(double r, double g, double b, double value, double chroma) {
        if (value == r) {
            return (g - b) / chroma;
        }
        return value == g ? 2 + (b - r) / chroma : 4 + (r - g) / chroma;
    }

    private static double floorMod(double sixths) {
        return sixths - 6 * Math.floor(sixths / 6);
    }
}
