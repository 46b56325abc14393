package dev.lanewise.serve.name;

import dev.lanewise.tensor.TensorException;
import java.util.regex.Pattern;

/** What models and versions may be called, so that addresses, labels and lines of a log can hold their names. */
public final class ModelName {
    static final int LONGEST = 100;

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0," + (LONGEST - 1) + "}");

    private ModelName() {}

    /** Whether a model or version may be called so. */
    public static boolean isValid(String name) {
        return NAME.matcher(name).matches();
    }

    /**
     * Returns a name that is allowed.
     *
     * @throws TensorException if it is not
     */
    public static String require(String name) {
        if (!isValid(name)) {
            throw new TensorException("serve: a model or version named '" + name
                    + "' (expected a letter or digit, then up to 99 letters, digits, dots, hyphens or underscores);"
                    + " rename it");
        }
        return name;
    }
}
