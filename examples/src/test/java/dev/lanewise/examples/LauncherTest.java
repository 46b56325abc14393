package dev.lanewise.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
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

    /** Exit code and output. */
    private String run(String options) throws IOException, InterruptedException {
        Path script = Files.copy(Path.of("..", "lanewise"), folder.resolve("lanewise"));
        Path launcher =
                Files.createDirectories(folder.resolve("target/launcher/1")).getParent();
        Files.writeString(launcher.resolve("current"), "1");
        ProcessBuilder builder = new ProcessBuilder("sh", script.toString(), "--version").redirectErrorStream(true);
        builder.directory(folder.toFile());
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        builder.environment().put("LANEWISE_JAVA_OPTS", options);
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return process.waitFor() + " " + output;
    }
}
