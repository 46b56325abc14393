package dev.lanewise.nn.data.image;

import java.util.random.RandomGenerator;

/** A change of an image, perhaps at random: augmentation while training, normalisation always. */
@FunctionalInterface
public interface ImageTransform {
    /**
     * The changed image; the given one stays as it is.
     *
     * @param image the image
     * @param random where all chance comes from
     * @return the changed image
     */
    Image apply(Image image, RandomGenerator random);

    /**
     * This transform and then another.
     *
     * @param next what is done with the result
     * @return the transform
     */
    default ImageTransform then(ImageTransform next) {
        return (image, random) -> next.apply(apply(image, random), random);
    }
}
