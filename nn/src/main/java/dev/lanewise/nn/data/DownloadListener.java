package dev.lanewise.nn.data;

/** Told how far a download is, often enough to draw a progress bar. */
@FunctionalInterface
public interface DownloadListener {
    /** Hears nothing. */
    DownloadListener SILENT = (file, received, total) -> {};

    /**
     * Called while bytes arrive and once at the end.
     *
     * @param file the name of the file
     * @param received the bytes that are there, those of an earlier, interrupted download included
     * @param total the bytes of the whole file
     */
    void received(String file, long received, long total);
}
