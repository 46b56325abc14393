package dev.lanewise.nn.data;

import dev.lanewise.nn.io.BadFileException;
import org.jspecify.annotations.Nullable;

/** A file that no mirror delivered whole and unchanged. */
public final class DownloadException extends BadFileException {
    private static final long serialVersionUID = 1L;

    /**
     * A message of one line about a download that failed, with the failure behind it.
     *
     * @param file the path or address of the file, possibly with the entry inside it
     * @param found what is wrong with it
     * @param expected what it should have been
     * @param remedy what to do
     * @param cause what led to it, or null
     */
    public DownloadException(Object file, String found, String expected, String remedy, @Nullable Throwable cause) {
        super(file, found, expected, remedy, cause);
    }
}
