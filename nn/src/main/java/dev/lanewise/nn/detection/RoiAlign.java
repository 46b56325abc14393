package dev.lanewise.nn.detection;

import dev.lanewise.tensor.TensorException;

/**
 * The size and the sampling of the patches that {@link Boxes#roiAlign} takes out of features.
 *
 * @param height the height of the results
 * @param width the width of the results
 * @param scale how many pixels of the feature map a pixel of the input image is: 1/16 behind four halvings
 * @param samples how many places in each direction an element is the mean of, usually 2; 0 for as many as pixels, rounded up,
 *     torchvision's default
 * @param aligned whether the middles of pixels, rather than their corners, are at whole numbers; torchvision's default is not
 */
public record RoiAlign(int height, int width, double scale, int samples, boolean aligned) {
    /**
     * Checks the numbers.
     *
     * @throws TensorException if a size or the scale is not positive, or the number of samples is negative
     */
    public RoiAlign {
        if (height < 1 || width < 1 || samples < 0 || !(scale > 0)) {
            throw new TensorException("roi_align: size [" + height + ", " + width + "], " + samples + " samples, scale "
                    + scale + " (expected 1 or more, 0 or more, and a scale above 0); check them");
        }
    }
}
