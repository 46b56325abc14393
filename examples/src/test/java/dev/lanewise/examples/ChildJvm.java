package dev.lanewise.examples;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The command line in a process of its own. */
final class ChildJvm {
    /** The flags that {@code ./lanewise} gives. */
    static final List<String> FLAGS =
            List.of("--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED");

    private ChildJvm() {}

    /**
     * A process that is yet to start.
     *
     * @param flags of the JVM
     * @param arguments of the command line
     */
    static ProcessBuilder of(List<String> flags, List<String> arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(flags);
        command.addAll(List.of(
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                Main.class.getName()));
        command.addAll(arguments);
        return new ProcessBuilder(command);
    }
}
