package dev.lanewise.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The script {@code lanewise}, in a folder where nothing needs to be built. */
@EnabledOnOs(OS.LINUX)
final class LauncherTest {
    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource({
        "nonsense, nonsense",
        "-Xmx8g nonsense, nonsense",
        "*, *",
        "--add-opens java.base/java.lang=ALL-UNNAMED --add-modules=x y, y",
        "-cp a b, b"
    })
    void wordsThatAreNoOptionsOfJavaAreNamed(String options, String wrong) throws IOException, InterruptedException {
        assertThat(run(options))
                .isEqualTo("1 lanewise: LANEWISE_JAVA_OPTS: '" + wrong
                        + "' is not a Java option (expected one such as -Xmx8g); correct or unset it\n");
    }

    @ParameterizedTest
    @CsvSource({"-Xmx64m", "--add-opens java.base/java.lang=ALL-UNNAMED -Da=*", "''"})
    void optionsReachJava(String options) throws IOException, InterruptedException {
        // nothing was built, so Java finds no program
        assertThat(run(options))
                .startsWith("1 ")
                .contains("Error: Could not find or load main class dev.lanewise.bench.Main");
    }

    @ParameterizedTest
    @CsvSource({
        "lm generate m --prompt x, '', 4m 1",
        "lm chat m, '', 4m 1",
        "lm chat m, 7, 4m 7",
        "lm finetune m, '', 16m none",
        "train mnist-mlp, '', 16m none",
        "'', '', 16m none"
    })
    void generatingTakesLittleMemory(String arguments, String arenas, String young)
            throws IOException, InterruptedException {
        Path bin = Files.createDirectories(folder.resolve("jdk/bin"));
        Files.writeString(bin.resolveSibling("release"), "JAVA_VERSION=\"25\"\n");
        for (String program : List.of("java", "javac")) {
            Path file = Files.writeString(
                    bin.resolve(program),
                    "#!/bin/sh\nfor x; do case $x in -Xmn*) echo ${x#-Xmn} ${MALLOC_ARENA_MAX:-none};; esac; done\n");
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
        Map<String, String> environment =
                new HashMap<>(Map.of("JAVA_HOME", bin.getParent().toString()));
        if (!arenas.isEmpty()) {
            environment.put("MALLOC_ARENA_MAX", arenas);
        }
        String[] words = arguments.isEmpty() ? new String[0] : arguments.split(" ");
        assertThat(run(environment, words)).isEqualTo("0 " + young + "\n");
    }

    private String run(String options) throws IOException, InterruptedException {
        return run(Map.of("JAVA_HOME", System.getProperty("java.home"), "LANEWISE_JAVA_OPTS", options), "--version");
    }

    /** Exit code and output. */
    private String run(Map<String, String> environment, String... arguments) throws IOException, InterruptedException {
        Path script = Files.copy(Path.of("..", "lanewise"), folder.resolve("lanewise"));
        Path launcher =
                Files.createDirectories(folder.resolve("target/launcher/1")).getParent();
        Files.writeString(launcher.resolve("current"), "1");
        List<String> command = new ArrayList<>(List.of("sh", script.toString()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.directory(folder.toFile());
        builder.environment().remove("MALLOC_ARENA_MAX");
        builder.environment().putAll(environment);
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return process.waitFor() + " " + output;
    }
}
