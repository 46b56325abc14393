package dev.lanewise.examples.train;

import dev.lanewise.nn.data.DataHome;
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
        return named.isPresent() ? named : fetch(setup);
    }

    private Optional<Path> fetch(Setup setup) {
        Path cached = setup.home().cache().resolve(name);
        try {
            for (RemoteFile file : files) {
                new Downloader().fetch(file, mirrors, cached, setup.progress()::download);
            }
            return Optional.of(cached);
        } catch (BadFileException failure) {
            // no mirror delivers it, or the cache may not be written
            missing(
                    setup,
                    name + " is neither in " + DataHome.VARIABLE + " nor in " + cached
                            + " and could not be downloaded: found " + failure.found());
            return Optional.empty();
        }
    }

    /** Says that a stand-in is used and why. */
    public static void missing(Setup setup, String why) {
        setup.progress()
                .notice(why + "; training on a synthetic stand-in instead (--data DIR names a folder with the files)");
    }
}
