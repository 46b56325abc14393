package dev.lanewise.nn.data;

import dev.lanewise.nn.io.BadFileException;
import org.jspecify.annotations.Nullable;

/** A file that no mirror delivered whole and unchanged. */
public final class DownloadException extends BadFileException {
    private static final long serialVersionUID = 1L;

    /** As {@link BadFileException#BadFileException(Object, String, String, String, Throwable)}. */
    public DownloadException(Object file, String found, String expected, String remedy, @Nullable Throwable cause) {
        super(file, found, expected, remedy, cause);
    }
}
