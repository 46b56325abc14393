package dev.lanewise.nn.io;

import org.jspecify.annotations.Nullable;

/** A checkpoint that cannot be used: truncated, hostile, of an unsupported kind, or belonging to another model. */
public final class CheckpointException extends BadFileException {
    private static final long serialVersionUID = 1L;

    /**
     * A message of one line about a checkpoint that can't be used.
     *
     * @param file the path or address of the file, possibly with the entry inside it
     * @param found what is wrong with it
     * @param expected what it should have been
     * @param remedy what to do
     */
    public CheckpointException(Object file, String found, String expected, String remedy) {
        super(file, found, expected, remedy);
    }

    /**
     * A message of one line about a checkpoint that can't be used, with the failure behind it.
     *
     * @param file the path or address of the file, possibly with the entry inside it
     * @param found what is wrong with it
     * @param expected what it should have been
     * @param remedy what to do
     * @param cause what led to it, or null
     */
    public CheckpointException(Object file, String found, String expected, String remedy, @Nullable Throwable cause) {
        super(file, found, expected, remedy, cause);
    }
}
