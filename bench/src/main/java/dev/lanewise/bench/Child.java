package dev.lanewise.bench;

import dev.lanewise.tensor.TensorException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Processes that measurements start: JVMs like this one, and Python with the peer's script. */
public final class Child {
    private static final int ORPHANED = 4;

    private Child() {}

    /**
     * A JVM with this one's flags and class path.
     *
     * @param flags more flags
     */
    public static List<String> java(List<String> flags, Class<?> main, List<String> arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        for (String flag : ManagementFactory.getRuntimeMXBean().getInputArguments()) {
            if (!flag.startsWith("-agentlib") && !flag.startsWith("-javaagent")) {
                command.add(flag);
            }
        }
        command.addAll(flags);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        command.addAll(arguments);
        return command;
    }

    /**
     * Ends this process at once when the one that started it is gone, however that ended: one that was killed could not end
     * what it started, which would go on computing beside whatever runs next.
     */
    public static void endWithParent() {
        ProcessHandle.current().parent().ifPresent(Child::endWith);
    }

    private static void endWith(ProcessHandle parent) {
        Thread watch = Thread.ofPlatform().daemon().name("watch-parent").unstarted(() -> {
            parent.onExit().join();
            Runtime.getRuntime().halt(ORPHANED);
        });
        watch.start();
    }

    /** Python with the peer's script. */
    public static List<String> peer(List<String> arguments) {
        List<String> command = new ArrayList<>(List.of("python3", peerScript().toString()));
        command.addAll(arguments);
        return command;
    }

    private static Path peerScript() {
        Path script = Path.of(System.getProperty("lanewise.home", ""), "bench", "peers", "pytorch_peer.py");
        if (!Files.isRegularFile(script)) {
            throw new TensorException("bench: found no " + script.toAbsolutePath()
                    + " (expected the peer's script); run ./lanewise, or set -Dlanewise.home to the project's folder");
        }
        return script;
    }

    /**
     * Adds an option to a command if it has a value.
     *
     * @param command receives the option's name and value
     * @param name the option's name
     * @param value its value, or null
     */
    public static void option(List<String> command, String name, @Nullable Object value) {
        if (value != null) {
            command.addAll(List.of(name, value.toString()));
        }
    }

    /** Whether {@code python3} is available and has torch. */
    public static boolean peerIsThere() {
        try {
            Process process = new ProcessBuilder("python3", "-c", "import torch")
                    .redirectOutput(Redirect.DISCARD)
                    .redirectError(Redirect.DISCARD)
                    .start();
            return process.waitFor() == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    /**
     * Runs a command to its end; its error output goes to that of this process.
     *
     * @return the lines that it printed
     * @throws TensorException if it fails
     */
    public static List<String> lines(List<String> command) {
        try {
            Process process =
                    new ProcessBuilder(command).redirectError(Redirect.INHERIT).start();
            List<String> lines;
            try (BufferedReader reader = process.inputReader()) {
                lines = reader.lines().toList();
            }
            check(command, process.waitFor());
            return lines;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    /**
     * Seconds from the start of a process to the first line that it prints.
     *
     * @throws TensorException if it fails
     */
    static double secondsToFirstLine(List<String> command) {
        try {
            long start = System.nanoTime();
            Process process =
                    new ProcessBuilder(command).redirectError(Redirect.DISCARD).start();
            double seconds;
            try (BufferedReader reader = process.inputReader()) {
                reader.readLine();
                seconds = (System.nanoTime() - start) / 1e9;
                while (reader.readLine() != null) {
                    // to its end
                }
            }
            check(command, process.waitFor());
            return seconds;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private static void check(List<String> command, int code) {
        if (code != 0) {
            List<String> shown = new ArrayList<>(command);
            int classPath = shown.indexOf("-cp") + 1;
            if (classPath > 0) {
                shown.set(classPath, "...");
            }
            throw new TensorException(
                    "bench: '" + String.join(" ", shown) + "' ended with " + code + " (expected 0); run it to see why");
        }
    }

    private static TensorException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new TensorException("bench: interrupted (" + e + ")");
    }
}
