package dev.lanewise.nn.metrics;

/** How a measure per class becomes one for all classes. */
public enum Average {
    /** From the counts of all classes together; with one label per sample this is accuracy. */
    MICRO,
    /** The mean over the classes that occur as a label or a prediction. */
    MACRO,
    /** The mean over the classes, weighted by how many samples each has. */
    WEIGHTED
}
