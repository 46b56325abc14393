package dev.lanewise.serve;

import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.serve.name.ModelName;
import dev.lanewise.tensor.TensorException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A folder of models, {@code NAME/VERSION/…}, and what of it is served. A version that is new or changed is read, tried
 * and then served at once; one that can't be is refused, and what was served stays. It is looked at by listing, which
 * works on every file system, and a version is only read when its files have not changed since the last look, so
 * that no half-copied one is.
 */
final class ModelFolder {
    private static final Logger LOG = System.getLogger(Server.class.getName());
    private static final String KIND = "a folder of models, NAME/VERSION/...";
    private static final int DEEPEST = 4;
    private static final int MOST_FILES = 10_000;

    private final Path root;
    private final List<ModelLoader> loaders;
    private final Models models;
    private final Settings settings;
    private final Metrics metrics;
    private final Map<Key, Known> known = new HashMap<>();
    private final Set<Path> ignored = new HashSet<>();
    private final Set<Path> unlisted = new HashSet<>();

    private record Key(String name, String version) {
        @Override
        public String toString() {
            return name + "/" + version;
        }
    }

    /** The files of a version as last seen, and as they were when it was read, or refused. */
    private record Known(String seen, String handled, boolean isServed) {}

    ModelFolder(Path root, List<ModelLoader> loaders, Models models, Settings settings, Metrics metrics) {
        this.root = root;
        this.loaders = loaders;
        this.models = models;
        this.settings = settings;
        this.metrics = metrics;
    }

    /**
     * Serves what is in the folder when the server starts.
     *
     * @throws BadFileException if it can't be listed
     */
    void open() {
        try {
            versions().forEach(this::handle);
        } catch (IOException e) {
            throw BadFileException.unreadable(root, KIND, e);
        }
    }

    /** Looks for changes. */
    void look() {
        Map<Key, String> now;
        try {
            now = versions();
        } catch (IOException | UncheckedIOException e) {
            LOG.log(Level.WARNING, () -> "the folder of models can't be listed; what is served stays: " + e);
            return;
        }
        now.forEach((key, files) -> {
            Known before = known.get(key);
            if (before == null) {
                known.put(key, new Known(files, "", false));
            } else if (!files.equals(before.seen())) {
                known.put(key, new Known(files, before.handled(), before.isServed()));
            } else if (!files.equals(before.handled())) {
                handle(key, files);
            }
        });
        for (Key key : Set.copyOf(known.keySet())) {
            if (!now.containsKey(key)) {
                Known gone = known.remove(key);
                if (gone != null && gone.isServed()) {
                    models.remove(key.name(), key.version());
                    LOG.log(Level.INFO, () -> key + " is no longer served");
                }
            }
        }
    }

    private void handle(Key key, String files) {
        Known before = known.get(key);
        boolean served = before != null && before.isServed();
        try {
            models.put(started(key));
            served = true;
            metrics.loaded(key.name(), true);
            LOG.log(Level.INFO, () -> key + " is served");
        } catch (RuntimeException | OutOfMemoryError | StackOverflowError e) {
            metrics.loaded(key.name(), false);
            LOG.log(Level.WARNING, () -> key + " is refused, and what was served stays: " + e.getMessage());
        }
        known.put(key, new Known(files, files, served));
    }

    private Served started(Key key) {
        Path folder = root.resolve(key.name()).resolve(key.version());
        for (ModelLoader loader : loaders) {
            if (loader.accepts(folder)) {
                Servable servable = loader.load(folder);
                Example example = Example.read(folder, servable.signature());
                return Served.start(key.name(), key.version(), servable, example, settings, metrics);
            }
        }
        throw new TensorException("serve: " + key + " holds no model (expected model.onnx, or what another loader"
                + " reads); put it there");
    }

    // ---- listing

    private Map<Key, String> versions() throws IOException {
        Map<Key, String> versions = new LinkedHashMap<>();
        for (Path model : folders(root)) {
            try {
                for (Path version : folders(model)) {
                    versions.put(new Key(name(model), name(version)), files(version));
                }
            } catch (IOException e) { // the other models go on
                keep(name(model), versions);
                if (unlisted.add(model)) {
                    LOG.log(
                            Level.WARNING,
                            () -> "versions of " + name(model) + " can't be listed; what is served of it stays: " + e);
                }
                continue;
            }
            unlisted.remove(model);
        }
        return versions;
    }

    /** What is known of a model's versions stays as it is. */
    private void keep(String model, Map<Key, String> versions) {
        versions.keySet().removeIf(key -> key.name().equals(model));
        known.forEach((key, before) -> {
            if (key.name().equals(model)) {
                versions.put(key, before.seen());
            }
        });
    }

    private static String name(Path folder) {
        return String.valueOf(folder.getFileName());
    }

    /** Folders inside, by name; hidden ones are for whoever copies. */
    private Set<Path> folders(Path folder) throws IOException {
        Set<Path> inside = new TreeSet<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
            for (Path entry : entries) {
                String name = name(entry);
                if (name.startsWith(".") || !Files.isDirectory(entry)) {
                    continue;
                }
                if (ModelName.isValid(name)) {
                    inside.add(entry);
                } else if (ignored.add(entry)) {
                    LOG.log(
                            Level.WARNING,
                            () -> "a folder of models whose name can't be served is left out: "
                                    + name.replaceAll("[^\\x21-\\x7e]", "?"));
                }
            }
        } catch (DirectoryIteratorException e) {
            throw new IOException(e.getMessage(), e);
        }
        return inside;
    }

    /** All files with lengths and times. A link to nothing is no reason to look at nothing else. */
    private static String files(Path version) throws IOException {
        Map<Path, String> files = new TreeMap<>();
        try (Stream<Path> all = Files.walk(version, DEEPEST, FileVisitOption.FOLLOW_LINKS)) {
            for (Path file : (Iterable<Path>) all.limit(MOST_FILES)::iterator) {
                if (Files.isSymbolicLink(file) && !Files.exists(file)) {
                    files.put(file, "");
                    continue;
                }
                BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
                if (attributes.isRegularFile()) {
                    files.put(file, attributes.size() + " " + attributes.lastModifiedTime());
                }
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        return files.entrySet().stream().map(Map.Entry::toString).collect(Collectors.joining("\n"));
    }
}
