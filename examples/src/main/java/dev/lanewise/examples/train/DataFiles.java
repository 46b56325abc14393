package dev.lanewise.examples.train;

import dev.lanewise.nn.data.DataHome;
import dev.lanewise.nn.data.DownloadListener;
import dev.lanewise.nn.data.Downloader;
import dev.lanewise.nn.data.RemoteFile;
import dev.lanewise.nn.io.BadFileException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A data set of a few files.
 *
 * @param name its name and that of its folder
 * @param files the files
 * @param mirrors addresses to which the files' names are appended
 */
public record DataFiles(String name, List<RemoteFile> files, List<URI> mirrors) {
    /** Whether a folder has all files. */
    public boolean areIn(Path folder) {
        return files.stream().allMatch(file -> Files.isRegularFile(folder.resolve(file.name())));
    }

    /** The files' names, for a message. */
    public String names() {
        return files.stream().map(RemoteFile::name).collect(Collectors.joining(", "));
    }

    /**
     * The folder of the files: the one the user named, that of {@code LANEWISE_DATA}, the cache, a download; empty, after a
     * line that says so, if there is none and a stand-in is to be used.
     */
    public Optional<Path> find(Setup setup) {
        Optional<Path> named = setup.home().find(name, names(), this::areIn);
        if (named.isPresent()) {
            return named;
        }
        try {
            return Optional.of(fetch(setup.home(), setup.progress()::download));
        } catch (BadFileException failure) {
            // no mirror delivers it, or the cache may not be written
            missing(setup, name + " is " + failure.found());
            return Optional.empty();
        }
    }

    /**
     * The folder of the files: the one the user named, that of {@code LANEWISE_DATA}, the cache, a download.
     *
     * @throws BadFileException if there is none
     */
    public Path folder(DataHome home, DownloadListener listener) {
        return home.find(name, names(), this::areIn).orElseGet(() -> fetch(home, listener));
    }

    private Path fetch(DataHome home, DownloadListener listener) {
        Path cached = home.cache().resolve(name);
        try {
            for (RemoteFile file : files) {
                new Downloader().fetch(file, mirrors, cached, listener);
            }
            return cached;
        } catch (BadFileException failure) {
            throw new BadFileException(
                    name,
                    "neither in " + DataHome.VARIABLE + " nor in " + cached + " and could not be downloaded: found "
                            + failure.found(),
                    names(),
                    "get them elsewhere and name their folder in " + DataHome.VARIABLE,
                    failure);
        }
    }

    /** Says that a stand-in is used and why. */
    public static void missing(Setup setup, String why) {
        setup.progress()
                .notice(why + "; training on a synthetic stand-in instead (--data DIR names a folder with the files)");
    }
}
