package dev.lanewise.examples;

import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.text.TokenizerException;
import java.nio.file.InvalidPathException;
import java.util.Arrays;

/**
 * What the user is told about a failure, in one line.
 *
 * @param message what is wrong
 * @param remark further help, in parentheses; empty if the message says it all
 */
record Failure(String message, String remark) {
    /** Describes what was thrown. */
    static Failure of(Throwable e) {
        if (e instanceof InvalidPathException path) {
            return new Failure(describe(path), "");
        }
        return new Failure(oneLine(e), remark(e));
    }

    private static String remark(Throwable e) {
        return switch (e) {
            case TensorException expected -> "";
            case BadFileException expected -> "";
            case TokenizerException expected -> "";
            case Output.ClosedException expected -> "";
            case OutOfMemoryError heap ->
                " (the Java heap has at most " + (Runtime.getRuntime().maxMemory() >> 20)
                        + " MB; LANEWISE_JAVA_OPTS=-Xmx8g gives it 8 GB; --verbose shows where)";
            default -> " (an unexpected " + e.getClass().getSimpleName() + "; --verbose shows where)";
        };
    }

    private static String describe(InvalidPathException invalid) {
        boolean ascii = invalid.getInput().chars().allMatch(c -> c < 128);
        return "'" + invalid.getInput() + "': found no path (" + invalid.getReason() + ", file names are in "
                + System.getProperty("sun.jnu.encoding") + "); expected one; "
                + (ascii ? "correct it" : "start with a locale that has its letters, such as LC_ALL=C.UTF-8");
    }

    private static String oneLine(Throwable e) {
        Throwable cause = e.getCause();
        if (e instanceof ExceptionInInitializerError && cause != null) {
            return oneLine(cause);
        }
        String message = e.getMessage();
        return message == null ? e.toString() : String.join(" ", Arrays.asList(message.split("\\R\\s*")));
    }

    @Override
    public String toString() {
        return message + remark;
    }
}
