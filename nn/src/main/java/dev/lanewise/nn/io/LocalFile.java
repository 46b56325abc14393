package dev.lanewise.nn.io;

import java.io.File;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * A file that can be mapped and read at any place: itself, or, for what lies in an archive or in object storage, a copy
 * among the system's temporary files that is deleted when it is closed.
 */
final class LocalFile implements AutoCloseable {
    private final Path path;
    private final boolean copy;

    private LocalFile(Path path, boolean copy) {
        this.path = path;
        this.copy = copy;
    }

    static LocalFile of(Path file) throws IOException {
        if (file.getFileSystem().equals(FileSystems.getDefault())) {
            return new LocalFile(file, false);
        }
        Path copied = Files.createTempFile("lanewise-", ".copy");
        try {
            Files.copy(file, copied, StandardCopyOption.REPLACE_EXISTING);
            return new LocalFile(copied, true);
        } catch (IOException | RuntimeException failure) {
            Files.deleteIfExists(copied);
            throw failure;
        }
    }

    File file() {
        return path.toFile();
    }

    @Override
    public void close() {
        if (copy) {
            try {
                Files.deleteIfExists(path);
            } catch (IOException stillMapped) {
                // Windows keeps a file that is mapped anywhere
                path.toFile().deleteOnExit();
            }
        }
    }
}
