package dev.lanewise.nn.data;

/** A sample that could not be made. The message names it; the cause says what is wrong with it. */
public final class BadSampleException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** The number of the sample. */
    private final long index;

    /**
     * An error that says what went wrong with a sample of a data set.
     *
     * @param dataset the data set that the sample belongs to
     * @param index its number
     * @param cause what went wrong
     */
    public BadSampleException(Dataset dataset, long index, RuntimeException cause) {
        super(
                "data loader: found a bad sample, number " + index + " (" + dataset.describe(index) + "): "
                        + cause.getMessage() + "; correct it or leave it out",
                cause);
        this.index = index;
    }

    /** {@return the sample's number in its data set} */
    public long index() {
        return index;
    }
}
