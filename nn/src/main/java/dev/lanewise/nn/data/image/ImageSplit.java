package dev.lanewise.nn.data.image;

/**
 * A data set of images with its usual split.
 *
 * @param train what a model is trained on
 * @param test what it is measured on
 * @param origin where it came from, for a line of output: a folder, or {@code synthetic}
 */
public record ImageSplit(LabeledImages train, LabeledImages test, String origin) {}
