package dev.lanewise.nn.data;

import dev.lanewise.nn.io.BadFileException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Where data sets are looked for: a folder the user named, the folder in the environment variable
 * {@code LANEWISE_DATA}, and the user's cache, into which downloads go.
 *
 * @param explicit the folder the user named, or null; files missing there are an error; the other places are not
 *     searched
 * @param environment the folder in {@code LANEWISE_DATA}, or null
 * @param cache the cache: {@code $XDG_CACHE_HOME/lanewise} or {@code ~/.cache/lanewise},
 *     {@code ~/Library/Caches/lanewise} on macOS, {@code %LOCALAPPDATA%\lanewise\cache} on Windows; a folder among the
 *     temporary files for a user without a home directory
 */
public record DataHome(@Nullable Path explicit, @Nullable Path environment, Path cache) {
    /** Holds the given values, of which only {@code explicit} and {@code environment} may be null. */
    public DataHome {
        Objects.requireNonNull(cache, "cache");
    }

    /** The environment variable that names a folder of data sets. */
    public static final String VARIABLE = "LANEWISE_DATA";

    /**
     * {@return the folders of this process}
     *
     * @param explicit the folder the user named, or null
     */
    public static DataHome of(@Nullable Path explicit) {
        return of(explicit, System.getenv(), System.getProperty("os.name", ""), userHome());
    }

    static DataHome of(@Nullable Path explicit, Map<String, String> environment, String system, String userHome) {
        String named = environment.get(VARIABLE);
        return new DataHome(
                explicit,
                named == null || named.isBlank() ? null : path(VARIABLE, named),
                cache(environment, system.toLowerCase(Locale.ROOT), path("user.home", userHome)));
    }

    /** Names that the system's locale can't encode, such as non-ASCII ones under {@code LC_ALL=C}, are not paths. */
    private static Path path(String variable, String named) {
        try {
            return Path.of(named);
        } catch (InvalidPathException notAPath) {
            throw new BadFileException(
                    variable,
                    "'" + named + "', which is not a path (" + notAPath.getReason() + ")",
                    "a folder",
                    "correct it, or set LC_ALL to a UTF-8 locale such as C.UTF-8",
                    notAPath);
        }
    }

    /** The JVM knows no home directory for a user without an entry in passwd, as in some containers. */
    private static String userHome() {
        String home = System.getProperty("user.home", "?");
        return Path.of(home).isAbsolute() ? home : System.getProperty("java.io.tmpdir", ".");
    }

    private static Path cache(Map<String, String> environment, String system, Path userHome) {
        if (system.startsWith("windows")) {
            String local = environment.get("LOCALAPPDATA");
            Path base = local == null ? userHome.resolve("AppData").resolve("Local") : path("LOCALAPPDATA", local);
            return base.resolve("lanewise").resolve("cache");
        }
        if (system.startsWith("mac")) {
            return userHome.resolve("Library").resolve("Caches").resolve("lanewise");
        }
        String xdg = environment.get("XDG_CACHE_HOME");
        // The XDG base directory specification: a relative path is invalid and to be ignored.
        Path named = xdg == null || xdg.isBlank() ? null : path("XDG_CACHE_HOME", xdg);
        Path base = named != null && named.isAbsolute() ? named : userHome.resolve(".cache");
        return base.resolve("lanewise");
    }

    /**
     * {@return the folder of a data set that the user pointed to: the named folder, or else that of the environment,
     * each with or without the data set's name appended} The cache is not searched.
     *
     * @param dataset the data set's name and that of its folder, such as {@code mnist}
     * @param expected what the folder should hold, for the message
     * @param holds whether a folder holds (some of) the data set
     * @throws BadFileException if the user named a folder and it does not hold the data set, or {@code LANEWISE_DATA}
     *     does not name a folder
     */
    public Optional<Path> find(String dataset, String expected, Predicate<Path> holds) {
        Objects.requireNonNull(dataset, "dataset");
        if (explicit != null) {
            if (!Files.isDirectory(explicit)) {
                String found = Files.exists(explicit) ? "a file" : "no such folder";
                throw new BadFileException(explicit, found, "a folder with " + expected, "check --data");
            }
            return Optional.of(within(explicit, dataset, holds)
                    .orElseThrow(() -> new BadFileException(
                            explicit,
                            "no files of " + dataset + " in it or in its folder '" + dataset + "'",
                            expected,
                            "name the folder that holds them, or omit --data to look in " + VARIABLE + ", the cache and"
                                    + " the web")));
        }
        if (environment != null && !Files.isDirectory(environment)) {
            String found = Files.exists(environment) ? "no folder but a file" : "no folder";
            throw new BadFileException(
                    VARIABLE,
                    "'" + environment + "', where there is " + found,
                    "a folder of data sets",
                    "correct or unset it");
        }
        return environment == null ? Optional.empty() : within(environment, dataset, holds);
    }

    private static Optional<Path> within(Path folder, String dataset, Predicate<Path> holds) {
        if (holds.test(folder)) {
            return Optional.of(folder);
        }
        return Optional.of(folder.resolve(dataset)).filter(holds);
    }
}
