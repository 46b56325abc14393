package dev.lanewise.examples.page;

import java.util.Locale;
import java.util.function.Consumer;

/**
 * What an example is told.
 *
 * @param quick whether a small model is trained for seconds, so that it is seen to learn, rather than as well as it can be
 * @param seed the seed of all random numbers
 * @param progress takes lines that say how far it is
 */
public record Settings(boolean quick, long seed, Consumer<String> progress) {
    /** {@return a number for the full run, or the one for the quick run} */
    public int of(int full, int small) {
        return quick ? small : full;
    }

    /** Says how far it is, in the form of {@link String#format}. */
    @SuppressWarnings("AnnotateFormatMethod") // the annotation would need a dependency for it alone
    public void report(String format, Object... values) {
        progress.accept(String.format(Locale.ROOT, format, values));
    }
}
