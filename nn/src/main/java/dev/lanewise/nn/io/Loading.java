package dev.lanewise.nn.io;

import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * How names of a saved state map to those of a model, and whether all must be present.
 *
 * <pre>{@code
 * Loaded loaded = Checkpoint.loadWeights(file, model, Loading.lenient()
 *         .withPrefix("transformer.")                                   // transformer.h.0.ln_1.weight -> h.0.ln_1.weight
 *         .renamed(name -> name.endsWith(".attn.bias") ? null : name)); // left out
 * System.out.println(loaded);
 * }</pre>
 *
 * @param prefix the prefix of the names that are read; it is removed, and other names are skipped
 * @param rename the model's name for a saved one without the prefix; null for one that is skipped
 * @param strict whether all of the model's names must be present, with the same shapes, and no others
 */
public record Loading(String prefix, Function<String, @Nullable String> rename, boolean strict) {
    /** Holds the given values, none of which may be null. */
    public Loading {
        Objects.requireNonNull(prefix, "prefix");
        Objects.requireNonNull(rename, "rename");
    }

    /**
     * Loading with exactly the model's names.
     *
     * @return how to load
     */
    public static Loading exact() {
        return new Loading("", name -> name, true);
    }

    /** {@return loading of what matches by name and shape; the rest is reported} */
    public static Loading lenient() {
        return new Loading("", name -> name, false);
    }

    /**
     * The same loading, restricted to names that begin with a prefix.
     *
     * @param newPrefix the prefix, which is removed from the beginning of each saved name; tensors without it are
     *     skipped
     * @return how to load
     */
    public Loading withPrefix(String newPrefix) {
        Objects.requireNonNull(newPrefix, "newPrefix");
        return new Loading(newPrefix, rename, strict);
    }

    /**
     * The same loading with renaming, applied to saved names without the prefix.
     *
     * @param newRename makes the model's name from a saved one, or null to skip it
     * @return how to load
     */
    public Loading renamed(Function<String, @Nullable String> newRename) {
        Objects.requireNonNull(newRename, "newRename");
        return new Loading(prefix, newRename, strict);
    }

    /**
     * {@return the model's name for a saved one, or null}
     *
     * @param saved a name in the file
     */
    @Nullable
    public String nameOf(String saved) {
        return saved.startsWith(prefix) ? rename.apply(saved.substring(prefix.length())) : null;
    }
}
