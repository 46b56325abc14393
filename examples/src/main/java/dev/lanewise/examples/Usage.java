package dev.lanewise.examples;

import dev.lanewise.tensor.TensorException;
import java.util.function.Supplier;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** Checks of options, made before a command reads anything: what they refuse is wrong usage, exit code 2. */
public final class Usage {
    private Usage() {}

    /**
     * Settings made of options.
     *
     * @param <T> the type of the settings
     * @param spec the command
     * @param settings makes them
     * @return what they are
     * @throws ParameterException if the library refuses them
     */
    public static <T> T settings(CommandSpec spec, Supplier<T> settings) {
        try {
            return settings.get();
        } catch (TensorException | IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }

    /**
     * Checks an option.
     *
     * @param spec the command
     * @param option its name
     * @param value what was given
     * @param holds whether the value can be used
     * @param expected what can
     * @throws ParameterException if it can't
     */
    public static void check(CommandSpec spec, String option, Object value, boolean holds, String expected) {
        if (!holds) {
            throw new ParameterException(spec.commandLine(), option + " " + value + " (expected " + expected + ")");
        }
    }
}
