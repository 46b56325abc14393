package dev.lanewise.nn.io;

import java.nio.file.Path;
import java.util.AbstractMap;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The arrays of an archive that can be read, and why the others can't. */
final class NpzArrays extends AbstractMap<String, TensorData> {
    private final Path file;
    private final Map<String, TensorData> arrays = new LinkedHashMap<>();
    private final Map<String, UnsupportedElementsException> unsupported = new HashMap<>();

    NpzArrays(Path file) {
        this.file = file;
    }

    void add(String name, TensorData array) {
        arrays.put(name, array);
    }

    void addUnsupported(String name, UnsupportedElementsException why) {
        unsupported.put(name, why);
    }

    boolean knows(String name) {
        return arrays.containsKey(name) || unsupported.containsKey(name);
    }

    @Override
    public Set<Entry<String, TensorData>> entrySet() {
        return Collections.unmodifiableMap(arrays).entrySet();
    }

    @Override
    public boolean containsKey(@Nullable Object name) {
        return arrays.containsKey(name);
    }

    /**
     * The array with a name, or null.
     *
     * @throws BadFileException if it is of a type that is not read
     */
    @Override
    public @Nullable TensorData get(@Nullable Object name) {
        UnsupportedElementsException why = unsupported.get(name);
        if (why != null) {
            throw why.in(file + " (" + name + ".npy)");
        }
        return arrays.get(name);
    }
}
