package dev.lanewise.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.testkit.ChildJvm;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class FlagsTest {
    @Test
    void theErrorNamesTheFlag() throws IOException, InterruptedException {
        assertOneLine("--add-modules jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED");
    }

    @Test
    void vectorsTooNarrowAreOneLine() throws IOException, InterruptedException {
        assertOneLine(
                "vectors of 64 bits (expected 128 or more); leave out -XX:MaxVectorSize",
                "--add-modules=jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED",
                "-XX:MaxVectorSize=8");
    }

    @Test
    @EnabledForJreRange(min = JRE.JAVA_24) // where the flag came
    void deniedNativeAccessIsOneLine() throws IOException, InterruptedException {
        assertOneLine(
                "native access is denied to it (--illegal-native-access=deny); add"
                        + " --enable-native-access=ALL-UNNAMED to the java command line",
                "--add-modules=jdk.incubator.vector",
                "--illegal-native-access=deny");
    }

    @ParameterizedTest
    @CsvSource({
        "lanewise.threads, 0, a number from 1 to 4096",
        "lanewise.unscoped, many, 'a number of bytes, 0 or more'"
    })
    void wrongSettingsAreOneLine(String property, String value, String expected)
            throws IOException, InterruptedException {
        assertOneLine(
                "(expected " + expected + "); correct or remove -D" + property,
                "--add-modules=jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED",
                "-D" + property + "=" + value);
    }

    private static void assertOneLine(String part, String... flags) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        ChildJvm.bare(List.of(flags), Main.class, List.of("train", "linear-regression")))
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isEqualTo(1);
        assertThat(output.lines().filter(line -> !line.contains("Using incubator modules")))
                .hasSize(1);
        assertThat(output).contains(part);
    }
}
