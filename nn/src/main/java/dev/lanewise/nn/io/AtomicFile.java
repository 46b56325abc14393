package dev.lanewise.nn.io;

import java.io.File;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.ReadOnlyFileSystemException;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * Writes a file so that a reader sees either the old content or the whole new content, never a part: the bytes go to
 * a temporary file in the same folder, are forced to the disk, and are then moved over the target atomically.
 *
 * <p>Only regular files are replaced: a folder, a device or a named pipe is refused, and so is a file that the user may
 * not write. A symbolic link stays a link, and the file it points to is replaced, or created if it does not exist. A
 * replaced file keeps its permissions and, where the system allows it, its owner and group. An interrupted thread still
 * writes the file and remains interrupted afterwards. Temporary files are called {@code .lanewise-*.tmp}; those
 * that a killed process left behind are deleted by the next write into their folder.
 */
public final class AtomicFile {
    private static final int MOST_LINKS = 40;

    /** Windows can't move an open file. */
    private static final boolean MOVES_OPEN_FILES = File.separatorChar != '\\';

    private AtomicFile() {}

    /** Writes the content of a file. */
    @FunctionalInterface
    public interface Content {
        /**
         * Writes everything to {@code channel}, which is empty and is closed by the caller.
         *
         * @param channel the channel to write to
         * @throws IOException if writing fails; the old file is then kept
         */
        void writeTo(WritableByteChannel channel) throws IOException;
    }

    /**
     * Writes {@code content} to {@code file}, replacing any existing file. On failure the old file is unchanged and the
     * temporary one is deleted.
     *
     * @param file the file to write
     * @param content writes the bytes
     * @throws BadFileException if the folder is missing or not writable, the disk is full, or the path exists but is
     *     not a regular file
     */
    public static void write(Path file, Content content) {
        try {
            Path target = target(file);
            TemporaryFile.cleanUp(target.toAbsolutePath().getParent());
            if (target.getFileSystem().equals(FileSystems.getDefault())) {
                writeDurably(target, content);
            } else {
                writeElsewhere(target, content);
            }
        } catch (IOException failure) {
            throw BadFileException.unwritable(file, failure);
        } catch (ReadOnlyFileSystemException failure) {
            throw BadFileException.unwritable(file, new IOException(failure));
        }
    }

    /** The regular file, existing or to be created, that a path stands for. */
    private static Path target(Path file) throws IOException {
        Path target = file.toAbsolutePath();
        for (int links = 0; Files.isSymbolicLink(target); links++) {
            if (links == MOST_LINKS) {
                throw new FileSystemLoopException(file.toString());
            }
            target = target.resolveSibling(Files.readSymbolicLink(target));
        }
        if (!Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
            return target;
        }
        if (Files.isDirectory(target)) {
            throw new BadFileException(file, "a folder", "a file name to write to", "name a file inside it");
        }
        if (!Files.isRegularFile(target)) {
            throw new BadFileException(
                    file, "a device or a pipe", "a regular file or a new name", "name another file to write to");
        }
        if (!Files.isWritable(target)) {
            throw new BadFileException(
                    file,
                    "a file that may not be written",
                    "a writable one",
                    "change its permissions or choose another");
        }
        return target;
    }

    private static void writeDurably(Path target, Content content) throws IOException {
        try (TemporaryFile temporary = TemporaryFile.beside(target)) {
            FileOutputStream out = temporary.out();
            content.writeTo(new StreamChannel(out));
            out.getFD().sync();
            temporary.takeAttributesOf(target);
            if (!MOVES_OPEN_FILES) {
                out.close();
            }
            replace(temporary.path(), target);
        }
        forceFolder(target);
    }

    /**
     * Writes to a file system of another provider, such as a ZIP archive, which has neither locks nor a way to force
     * data to disk.
     */
    private static void writeElsewhere(Path target, Content content) throws IOException {
        Path temporary = target.resolveSibling(TemporaryFile.name());
        try {
            try (OutputStream out = Files.newOutputStream(temporary, StandardOpenOption.CREATE_NEW)) {
                content.writeTo(new StreamChannel(out));
            }
            replace(temporary, target);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    private static void replace(Path temporary, Path target) throws IOException {
        try {
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (AtomicMoveNotSupportedException unsupported) {
            Files.move(temporary, target, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    /** Makes the rename itself durable where the system allows opening a folder (not on Windows). */
    private static void forceFolder(Path target) {
        Path folder = target.getParent();
        if (folder == null) {
            return;
        }
        // An interrupted thread's channel closes instead of forcing.
        boolean interrupted = Thread.interrupted();
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (IOException notSupported) {
            // The file itself is complete and forced; only when it appears after a power cut is uncertain.
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
