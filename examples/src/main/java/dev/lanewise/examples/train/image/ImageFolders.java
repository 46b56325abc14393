package dev.lanewise.examples.train.image;

import dev.lanewise.nn.data.DataHome;
import dev.lanewise.nn.data.image.ImageFiles;
import dev.lanewise.nn.data.image.ImageFolder;
import dev.lanewise.nn.data.image.LabeledImages;
import dev.lanewise.nn.io.BadFileException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** Folders of class folders, directly or in a zip archive, possibly some levels down. */
final class ImageFolders {
    /** The data set that is searched for if none is named. */
    static final String NAME = "sign-language-digits";

    private static final String KIND =
            "a folder, or a zip archive, with a folder of JPEG or PNG images for every class";
    private static final int MOST_DEPTH = 8;

    private ImageFolders() {}

    /** The folder or archive to read: the one that the user named or, in {@code LANEWISE_DATA}, {@value #NAME}. */
    static Optional<Path> find(DataHome home) {
        Path named = home.explicit();
        if (named != null) {
            return Optional.of(
                    archive(named).or(() -> archive(named.resolve(NAME))).orElse(named));
        }
        return home.find(NAME, KIND, folder -> folder.endsWith(NAME) && Files.isDirectory(folder))
                .map(folder -> archive(folder).orElse(folder));
    }

    private static Optional<Path> archive(Path folder) {
        return Optional.of(folder.resolve(NAME + ".zip")).filter(Files::isRegularFile);
    }

    /** Reads all images as squares of a side. */
    static LabeledImages read(Path place, int side) {
        if (!place.toString().toLowerCase(Locale.ROOT).endsWith(".zip")) {
            return ImageFolder.open(descend(place)).readAll(side);
        }
        try (FileSystem zip = FileSystems.newFileSystem(place)) {
            return ImageFolder.open(descend(zip.getPath("/"))).readAll(side);
        } catch (BadFileException failure) {
            throw failure;
        } catch (IOException | RuntimeException failure) {
            // a hostile archive: names that are not paths, entries within entries, a directory that contradicts itself
            throw new BadFileException(
                    place,
                    "an archive that can't be read (" + failure.getMessage() + ")",
                    KIND,
                    "copy it again",
                    failure);
        }
    }

    /** The first folder on the way down that has more than one folder, or images. */
    private static Path descend(Path top) {
        Path folder = top;
        for (int depth = 0; depth < MOST_DEPTH; depth++) {
            try (Stream<Path> entries = Files.list(folder)) {
                List<Path> all = entries.toList();
                List<Path> folders = all.stream().filter(Files::isDirectory).toList();
                if (folders.size() != 1 || holdsImages(folders.getFirst())) {
                    return folder;
                }
                folder = folders.getFirst();
            } catch (UncheckedIOException failure) {
                throw BadFileException.unreadable(folder, KIND, failure);
            } catch (IOException failure) {
                throw BadFileException.unreadable(folder, KIND, failure);
            }
        }
        return folder;
    }

    private static boolean holdsImages(Path folder) throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.anyMatch(ImageFiles::isImage);
        }
    }
}
