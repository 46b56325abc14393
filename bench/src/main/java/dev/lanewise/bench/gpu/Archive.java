package dev.lanewise.bench.gpu;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * All results in one file, to be carried from one machine to another. It is replaced as a whole, so that it is complete
 * whenever the run is cut off.
 *
 * @param folder the results
 * @param file where to write them
 */
record Archive(Path folder, Path file) {
    /** The maximum number of bytes kept per file: the end of a long log shows the reason. */
    private static final long MOST_BYTES = 4L << 20;

    /** Writes the current results. */
    synchronized void write() {
        try {
            Path parent = file.toAbsolutePath().getParent();
            if (parent == null) {
                throw new IOException(file + " is no file");
            }
            Files.createDirectories(parent);
            // not a temporary file of the JDK's, which only its owner may read
            Path unfinished = parent.resolve("gpu-check" + UUID.randomUUID() + ".tmp");
            try {
                try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(unfinished))) {
                    for (Path result : results()) {
                        add(zip, result);
                    }
                }
                Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } finally {
                Files.deleteIfExists(unfinished);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private List<Path> results() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(Files::isRegularFile)
                    .filter(result -> !result.toAbsolutePath().equals(file.toAbsolutePath()))
                    .filter(result -> !result.getFileName().toString().endsWith(".tmp"))
                    .sorted()
                    .toList();
        }
    }

    private static void add(ZipOutputStream zip, Path result) throws IOException {
        byte[] bytes = Files.readAllBytes(result);
        int from = (int) Math.max(0, bytes.length - MOST_BYTES);
        zip.putNextEntry(new ZipEntry(result.getFileName().toString()));
        zip.write(bytes, from, bytes.length - from);
        zip.closeEntry();
    }
}
