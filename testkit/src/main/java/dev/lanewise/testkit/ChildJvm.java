package dev.lanewise.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Programs of tests in a JVM of their own, so that a crash, a kill or a leak is seen and harms no other test. */
public final class ChildJvm {
    private static final long LIMIT_SECONDS = 300;
    private static final int MOST_PRINTED = 16 << 20;
    private static final List<String> FLAGS =
            List.of("--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED");

    private ChildJvm() {}

    /**
     * A command that starts a JVM of this one's release, with this one's class path and the flags that every user of Lanewise gives.
     *
     * @param flags more flags
     * @param program the class whose {@code main} runs
     * @param arguments of the program
     * @return the command
     */
    public static List<String> command(List<String> flags, Class<?> program, List<String> arguments) {
        List<String> all = new ArrayList<>(FLAGS);
        all.addAll(flags);
        return bare(all, program, arguments);
    }

    /**
     * The same without those flags.
     *
     * @param flags all that the JVM gets
     * @param program the class whose {@code main} runs
     * @param arguments of the program
     * @return the command
     */
    public static List<String> bare(List<String> flags, Class<?> program, List<String> arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(flags);
        // Surefire passes a jar that only refers to the class path
        String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        command.addAll(List.of("-cp", classPath, program.getName()));
        command.addAll(arguments);
        return command;
    }

    /**
     * Runs a program to its end, which must be a good one.
     *
     * @param flags more flags of the JVM
     * @param program the class whose {@code main} runs
     * @param arguments of the program
     * @return what it printed
     * @throws IOException if it can't be started
     * @throws InterruptedException if this thread is interrupted
     */
    public static String run(List<String> flags, Class<?> program, String... arguments)
            throws IOException, InterruptedException {
        return run(command(flags, program, List.of(arguments)));
    }

    /**
     * The same for any command.
     *
     * @param command the program and its arguments
     * @return what it printed
     * @throws IOException if it can't be started
     * @throws InterruptedException if this thread is interrupted
     */
    public static String run(List<String> command) throws IOException, InterruptedException {
        Path output = Files.createTempFile("child", ".txt");
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
            boolean ended = process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS);
            process.destroyForcibly().waitFor();
            String printed = printed(output);
            assertThat(ended).as("hangs: %s", printed).isTrue();
            assertThat(process.exitValue()).as(printed).isZero();
            return printed;
        } finally {
            Files.delete(output);
        }
    }

    /**
     * What a process wrote to a file, from its beginning.
     *
     * @param output the file
     * @return what is in it, or why it can't be read
     */
    public static String printed(Path output) {
        try {
            byte[] all = Files.readAllBytes(output);
            return new String(all, 0, Math.min(all.length, MOST_PRINTED), StandardCharsets.UTF_8);
        } catch (IOException e) {
            return e.toString();
        }
    }
}
