package dev.lanewise.nn.data;

/** Told how far a download is, often enough to draw a progress bar. */
@FunctionalInterface
public interface DownloadListener {
    /** A listener that does nothing. */
    DownloadListener SILENT = (file, received, total) -> {};

    /**
     * Called while bytes arrive and once at the end.
     *
     * @param file the name of the file
     * @param received how many bytes have arrived, including those of an earlier, interrupted download
     * @param total the size of the whole file in bytes
     */
    void received(String file, long received, long total);
}
