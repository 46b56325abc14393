package dev.lanewise.nn.explain;

import dev.lanewise.nn.data.image.Image;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;

/**
 * Pictures of maps of numbers, such as attributions: from dark blue, the least, through green to yellow, the greatest.
 * {@link dev.lanewise.nn.data.image.ImageFiles#png} makes a file of them.
 *
 * <p>{@snippet :
 * GradCam cam = GradCam.of(features, head, x, classes);
 * Image picture = HeatMap.over(photograph, cam.upsampled(224, 224).select(0, 0), 0.5);
 * Files.write(file, ImageFiles.png(picture));
 * }
 */
public final class HeatMap {
    /** Red, green and blue of five equally distant places of the scale, of even steps in lightness. */
    private static final double[][] SCALE = {
        {0.267, 0.005, 0.329},
        {0.230, 0.322, 0.546},
        {0.128, 0.567, 0.551},
        {0.369, 0.789, 0.383},
        {0.993, 0.906, 0.144}
    };

    private HeatMap() {}

    /**
     * A map as an image.
     *
     * @param map {@code [height, width]}; numbers that are not finite are drawn grey
     * @return an image with red, green and blue; all dark if all numbers are equal
     * @throws TensorException if the map is not a matrix, or empty
     */
    public static Image of(Tensor map) {
        if (map.shape().rank() != 2 || map.shape().isEmpty()) {
            throw new TensorException("heat map: input " + map.spec()
                    + " (expected [height, width]); select one map, and sum over channels");
        }
        double[] values = map.to(Device.CPU).to(DType.F64).toDoubleArray();
        double least = Double.POSITIVE_INFINITY;
        double greatest = Double.NEGATIVE_INFINITY;
        for (double value : values) {
            if (Double.isFinite(value)) {
                least = Math.min(least, value);
                greatest = Math.max(greatest, value);
            }
        }
        int height = Math.toIntExact(map.shape().size(0));
        int width = Math.toIntExact(map.shape().size(1));
        Image image = new Image(3, height, width);
        for (int i = 0; i < values.length; i++) {
            // halves, since the difference of two huge numbers may overflow
            double place = greatest > least ? (values[i] / 2 - least / 2) / (greatest / 2 - least / 2) : 0;
            for (int c = 0; c < 3; c++) {
                image.values()[c * values.length + i] = Double.isFinite(values[i]) ? color(place, c) : 0.5f;
            }
        }
        return image;
    }

    private static float color(double place, int channel) {
        double scaled = place * (SCALE.length - 1);
        int below = Math.clamp((int) scaled, 0, SCALE.length - 2);
        double part = scaled - below;
        return (float) ((1 - part) * SCALE[below][channel] + part * SCALE[below + 1][channel]);
    }

    /**
     * A map over the image that it explains.
     *
     * @param image the image, of one or three channels from 0 to 1; it is shown in grey
     * @param map {@code [height, width]} as the image
     * @param opacity how much of the map is seen, from 0 to 1
     * @return an image with red, green and blue
     * @throws TensorException if map and image differ in size, or the opacity is not from 0 to 1
     */
    public static Image over(Image image, Tensor map, double opacity) {
        Image colors = of(map);
        if (colors.height() != image.height() || colors.width() != image.width()) {
            throw new TensorException("heat map: input " + map.spec() + " over an image of " + image.height() + " x "
                    + image.width() + " (expected the same size); resize one of them");
        }
        if (!(opacity >= 0 && opacity <= 1)) {
            throw new TensorException(
                    "heat map: an opacity of " + opacity + " (expected 0 to 1); 0.5 shows both equally");
        }
        int plane = image.height() * image.width();
        for (int i = 0; i < plane; i++) {
            double grey = 0;
            for (int c = 0; c < image.channels(); c++) {
                grey += image.values()[c * plane + i] / image.channels();
            }
            for (int c = 0; c < 3; c++) {
                int at = c * plane + i;
                colors.values()[at] = (float) (opacity * colors.values()[at] + (1 - opacity) * grey);
            }
        }
        return colors;
    }
}
