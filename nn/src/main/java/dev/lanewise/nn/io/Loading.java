package dev.lanewise.nn.io;

import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * How names of a saved state become those of a model, and whether all must be there.
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
 * @param strict whether all of the model's names must be there, with the same shapes, and no others
 */
public record Loading(String prefix, Function<String, @Nullable String> rename, boolean strict) {
    /**
     * Exactly the model's names.
     *
     * @return how to load
     */
    public static Loading exact() {
        return new Loading("", name -> name, true);
    }

    /** {@return what fits by name and shape; the rest is reported} */
    public static Loading lenient() {
        return new Loading("", name -> name, false);
    }

    /**
     * The same, of names that begin with a prefix.
     *
     * @param newPrefix what is removed from the beginning of each saved name; tensors without it are skipped
     * @return how to load
     */
    public Loading withPrefix(String newPrefix) {
        return new Loading(newPrefix, rename, strict);
    }

    /**
     * The same with other names, for saved ones without the prefix; null for one that is skipped.
     *
     * @param newRename makes the model's name from a saved one, or null to skip it
     * @return how to load
     */
    public Loading renamed(Function<String, @Nullable String> newRename) {
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
