package dev.lanewise.nn.data.image;

import java.util.Objects;
import java.util.random.RandomGenerator;

/** A change of an image, perhaps at random: augmentation while training, normalisation always. */
@FunctionalInterface
public interface ImageTransform {
    /**
     * The changed image; the given one is left unchanged.
     *
     * @param image the image
     * @param random the source of all random numbers
     * @return the changed image
     */
    Image apply(Image image, RandomGenerator random);

    /**
     * {@return this transform followed by another}
     *
     * @param next the transform applied to the result
     */
    default ImageTransform then(ImageTransform next) {
        Objects.requireNonNull(next, "next");
        return (image, random) -> next.apply(apply(image, random), random);
    }
}
