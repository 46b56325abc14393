package dev.lanewise.nn.data.image;

/**
 * A data set of images with its usual split.
 *
 * @param train the images that a model is trained on
 * @param test the images that it is evaluated on
 * @param origin where it came from, for a line of output: a folder, or {@code synthetic}
 */
public record ImageSplit(LabeledImages train, LabeledImages test, String origin) {}
