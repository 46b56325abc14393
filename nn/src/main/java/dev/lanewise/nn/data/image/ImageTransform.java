package dev.lanewise.nn.data.image;

import java.util.random.RandomGenerator;

/** A change of an image, perhaps at random: augmentation while training, normalisation always. */
@FunctionalInterface
public interface ImageTransform {
    /**
     * The changed image; the given one stays as it is.
     *
     * @param random where all chance comes from
     */
    Image apply(Image image, RandomGenerator random);

    /** This transform and then another. */
    default ImageTransform then(ImageTransform next) {
        return (image, random) -> next.apply(apply(image, random), random);
    }
}
