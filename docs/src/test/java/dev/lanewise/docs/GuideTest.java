package dev.lanewise.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every piece of Java in the guide and the README compiles, runs, and prints what the page says. */
class GuideTest {
    @TempDir
    Path folder;

    static List<Path> pages() throws IOException {
        try (Stream<Path> guide = Files.list(Path.of("guide"))) {
            return Stream.concat(Stream.of(Path.of("..", "README.md")), guide.sorted())
                    .toList();
        }
    }

    @ParameterizedTest
    @MethodSource("pages")
    void pageDoesWhatItSays(Path file) throws Exception {
        GuidePage page = GuidePage.read(file);
        compile(page);
        String printed = run();
        if (!page.output().isEmpty()) {
            assertThat(printed).as("what %s prints", page.name()).isEqualTo(page.output());
        }
    }

    private void compile(GuidePage page) throws IOException {
        assertThat(SourceCompiler.compile(GuidePage.MAIN_CLASS, page.source(), folder))
                .as("%s compiles:%n%s", page.name(), page.source())
                .isEmpty();
    }

    /** In a process and a folder of its own, with the flags that the README tells users. */
    private String run() throws IOException, InterruptedException {
        Path output = folder.resolve("output.txt");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--add-modules",
                        "jdk.incubator.vector",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        folder + System.getProperty("path.separator") + System.getProperty("java.class.path"),
                        GuidePage.MAIN_CLASS)
                .directory(folder.toFile())
                .redirectOutput(output.toFile())
                .redirectError(folder.resolve("errors.txt").toFile())
                .start();
        if (!process.waitFor(2, TimeUnit.MINUTES)) {
            process.destroyForcibly();
        }
        assertThat(process.waitFor())
                .as("exit code; errors:%n%s", Files.readString(folder.resolve("errors.txt")))
                .isZero();
        return Files.readString(output);
    }
}
