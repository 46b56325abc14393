package dev.lanewise.cuda.lib;

import java.io.File;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedSet;
import org.jspecify.annotations.Nullable;

/**
 * The places that a library is searched for, in order. A place is a group of folders; the newest soname of any folder
 * of a group comes before the next group, so that the libraries of one installation are used together.
 */
final class SearchPath {
    /** Folders of a group, or the loader's own rules. */
    record Place(String name, List<Path> folders, boolean isLoader) {
        Place(String name, List<Path> folders) {
            this(name, folders, false);
        }
    }

    static final String PROPERTY = "lanewise.cuda.path";
    static final String VARIABLE = "LANEWISE_CUDA_PATH";

    private final Map<String, String> environment;
    private final Path root;
    private final Optional<String> property;

    /**
     * @param environment the process's environment variables
     * @param property the value of the system property {@value #PROPERTY}, if set
     * @param root the file system's root; another one in tests
     */
    SearchPath(Map<String, String> environment, Optional<String> property, Path root) {
        this.environment = Map.copyOf(environment);
        this.property = property;
        this.root = root;
    }

    /** Every place where {@code library} may be, in the order they are tried. Only folders that exist are listed. */
    List<Place> places(NativeLibrary library) {
        List<Place> places = new ArrayList<>();
        property.ifPresent(value -> addListed(places, "-D" + PROPERTY, value));
        addVariable(places, VARIABLE);
        if (library.comesWithToolkit()) {
            addVariable(places, "CUDA_HOME");
            addVariable(places, "CUDA_PATH");
        }
        places.add(new Place("the loader's own search", List.of(), true));
        if (library.comesWithToolkit()) {
            addListed(places, "usual folder", root.resolve("usr/local/cuda").toString());
            addWheels(places);
        }
        return places;
    }

    private void addVariable(List<Place> places, String variable) {
        String value = environment.get(variable);
        if (value != null && !value.isBlank()) {
            addListed(places, variable, value);
        }
    }

    private static void addListed(List<Place> places, String source, String value) {
        for (String entry : value.split(File.pathSeparator, -1)) {
            if (!entry.isBlank()) {
                List<Path> folders =
                        path(entry.strip()).map(SearchPath::librariesUnder).orElse(List.of());
                places.add(new Place(source + "=" + entry.strip(), folders));
            }
        }
    }

    /** The path that a variable names, if it is one: one with letters that the system's locale lacks is none. */
    private static Optional<Path> path(String named, String... more) {
        try {
            return Optional.of(Path.of(named, more));
        } catch (InvalidPathException e) {
            return Optional.empty();
        }
    }

    /** The folder itself, then those of a toolkit or of NVIDIA's wheels that may hold libraries. */
    private static List<Path> librariesUnder(Path home) {
        List<Path> folders = new ArrayList<>(List.of(home, home.resolve("lib64"), home.resolve("lib")));
        for (Path target : children(home.resolve("targets"))) {
            folders.add(target.resolve("lib"));
        }
        for (Path wheel : children(home)) {
            folders.add(wheel.resolve("lib"));
        }
        return folders;
    }

    private void addWheels(List<Place> places) {
        for (Path sitePackages : sitePackages()) {
            Path wheels = sitePackages.resolve("nvidia");
            if (Files.isDirectory(wheels)) {
                places.add(new Place(
                        "NVIDIA's wheels in " + sitePackages,
                        children(wheels).stream()
                                .map(wheel -> wheel.resolve("lib"))
                                .toList()));
            }
        }
    }

    /**
     * Where Python keeps packages: the active environment's first, then those of every interpreter on {@code PATH},
     * which may belong to an environment that is not active, then the user's, then the system's.
     */
    private SequencedSet<Path> sitePackages() {
        SequencedSet<Path> found = new LinkedHashSet<>();
        for (String entry : environment.getOrDefault("PYTHONPATH", "").split(File.pathSeparator, -1)) {
            if (!entry.isBlank()) {
                path(entry).ifPresent(found::add);
            }
        }
        for (String variable : List.of("VIRTUAL_ENV", "CONDA_PREFIX")) {
            addPythons(found, environment.get(variable));
        }
        for (String entry : environment.getOrDefault("PATH", "").split(File.pathSeparator, -1)) {
            addInterpreter(found, entry);
        }
        String home = environment.get("HOME");
        if (home != null) {
            addPythons(found, home + "/.local");
            path(environment.getOrDefault("PYENV_ROOT", home + "/.pyenv"), "versions")
                    .ifPresent(
                            versions -> children(versions).forEach(version -> addPythons(found, version.toString())));
        }
        addPythons(found, root.resolve("usr/local").toString());
        addPythons(found, root.resolve("usr").toString());
        return found;
    }

    /** The packages of the interpreter in a folder of {@code PATH}, and of the one that it is a link to. */
    private static void addInterpreter(SequencedSet<Path> found, String folder) {
        if (folder.isBlank()) {
            return;
        }
        try {
            Path python = Path.of(folder).toAbsolutePath().resolve("python3");
            if (Files.isRegularFile(python)) {
                addPythons(found, prefixOf(python));
                addPythons(found, prefixOf(python.toRealPath()));
            }
        } catch (IOException | InvalidPathException e) {
            // something that is not a folder, or a circular link, is not an interpreter
            return;
        }
    }

    /** An interpreter is in the folder {@code bin} of its prefix. */
    private static @Nullable String prefixOf(Path python) {
        Path bin = python.getParent();
        Path prefix = bin == null ? null : bin.getParent();
        return prefix == null ? null : prefix.toString();
    }

    private static void addPythons(SequencedSet<Path> found, @Nullable String prefix) {
        if (prefix == null || prefix.isBlank()) {
            return;
        }
        for (String lib : List.of("lib", "lib64")) {
            for (Path python : path(prefix, lib).map(SearchPath::children).orElse(List.of())) {
                if (python.getFileName().toString().startsWith("python3")) {
                    found.add(python.resolve("site-packages"));
                    found.add(python.resolve("dist-packages"));
                }
            }
        }
    }

    /**
     * The folders in {@code folder} in descending order of name, so that newer versions come first; none if it is
     * absent.
     */
    private static List<Path> children(Path folder) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        List<Path> children = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder, Files::isDirectory)) {
            entries.forEach(children::add);
        } catch (IOException | DirectoryIteratorException e) {
            // A folder that can't be read is treated as empty; the places tried are listed for the user.
            return List.of();
        }
        children.sort((a, b) -> b.compareTo(a));
        return children;
    }
}
