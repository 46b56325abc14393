package dev.lanewise.nn.io;

import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * A file that takes another's place when it is complete. Its writer holds a lock on it, which ends with the process at
 * the latest: a file that another process can lock was left behind.
 */
final class TemporaryFile implements AutoCloseable {
    private static final String PREFIX = ".lanewise-";
    private static final String SUFFIX = ".tmp";

    /** A lock of this process ends when any of its descriptors of the file is closed, so these are not even opened. */
    private static final Set<String> OPEN = ConcurrentHashMap.newKeySet();

    private final Path path;
    private final FileOutputStream out;

    private TemporaryFile(Path path, FileOutputStream out) {
        this.path = path;
        this.out = out;
    }

    /** A name that is short, since the target's own may be as long as the file system allows. */
    static String name() {
        return PREFIX + HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextInt()) + SUFFIX;
    }

    /** A new, empty file in the target's folder that can be read only by those who may read the target. */
    static TemporaryFile beside(Path target) throws IOException {
        PosixFileAttributes old = posix(target);
        FileAttribute<?>[] attributes = old == null
                ? new FileAttribute<?>[0]
                : new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(writable(old.permissions()))};
        while (true) {
            String name = name();
            Path path = target.resolveSibling(name);
            OPEN.add(name);
            try {
                Files.createFile(path, attributes);
                TemporaryFile temporary = new TemporaryFile(path, new FileOutputStream(path.toFile()));
                temporary.lock();
                // Between its creation and its lock, another process may have mistaken it for one left behind.
                if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
                    return temporary;
                }
                temporary.close();
            } catch (IOException | RuntimeException failure) {
                OPEN.remove(name);
                throw failure;
            }
        }
    }

    private static Set<PosixFilePermission> writable(Set<PosixFilePermission> permissions) {
        Set<PosixFilePermission> more = EnumSet.of(PosixFilePermission.OWNER_WRITE);
        more.addAll(permissions);
        return more;
    }

    private void lock() {
        try {
            out.getChannel().tryLock();
        } catch (IOException | OverlappingFileLockException notSupported) {
            // Then no process can lock it, and it stays behind if this process is killed.
        }
    }

    Path path() {
        return path;
    }

    FileOutputStream out() {
        return out;
    }

    /** Makes this file's owner, group and permissions those of the file that it will replace, if there is one. */
    void takeAttributesOf(Path target) throws IOException {
        PosixFileAttributes old = posix(target);
        PosixFileAttributeView own = Files.getFileAttributeView(path, PosixFileAttributeView.class);
        if (old == null || own == null) {
            return;
        }
        try {
            if (!own.readAttributes().owner().equals(old.owner())) {
                own.setOwner(old.owner());
            }
            if (!own.readAttributes().group().equals(old.group())) {
                own.setGroup(old.group());
            }
        } catch (IOException notPermitted) {
            // Only the system's administrator can give files away; otherwise the file is the writer's.
        }
        own.setPermissions(old.permissions());
    }

    private static @Nullable PosixFileAttributes posix(Path file) throws IOException {
        PosixFileAttributeView view = Files.getFileAttributeView(file, PosixFileAttributeView.class);
        return view == null || !Files.exists(file) ? null : view.readAttributes();
    }

    /** Deletes the temporary files of processes that were killed. */
    static void cleanUp(@Nullable Path folder) {
        if (folder == null || !folder.getFileSystem().equals(FileSystems.getDefault())) {
            return;
        }
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder, PREFIX + "*" + SUFFIX)) {
            for (Path entry : entries) {
                if (!OPEN.contains(entry.getFileName().toString())
                        && Files.isRegularFile(entry, LinkOption.NOFOLLOW_LINKS)) {
                    deleteIfLeft(entry);
                }
            }
        } catch (IOException | DirectoryIteratorException unreadable) {
            // Writing will say what is wrong with the folder.
        }
    }

    private static void deleteIfLeft(Path entry) {
        try (FileOutputStream out = new FileOutputStream(entry.toFile(), true)) {
            if (out.getChannel().tryLock() != null) {
                Files.deleteIfExists(entry);
            }
        } catch (IOException | OverlappingFileLockException inUse) {
            // It is in use, or this user may not delete it.
        }
    }

    /** Closes the file and deletes it, unless it has been moved. */
    @Override
    public void close() throws IOException {
        try {
            out.close();
        } finally {
            Files.deleteIfExists(path);
            OPEN.remove(path.getFileName().toString());
        }
    }
}
