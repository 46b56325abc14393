package dev.lanewise.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every piece of Java in the guide and the README compiles, runs, and prints what the page says. */
class GuideTest {
    @TempDir
    static Path folder;

    /** What the compiler says of the pages that don't compile. */
    private static final Map<Path, String> REFUSED = new HashMap<>();

    static List<Path> pages() throws IOException {
        try (Stream<Path> guide = Files.list(Path.of("guide"))) {
            // module spark, which is not always built, checks its own page
            Stream<Path> own = guide.filter(page -> !page.endsWith("spark.md")).sorted();
            return Stream.concat(Stream.of(Path.of("..", "README.md")), own).toList();
        }
    }

    @BeforeAll
    static void compileAndRun() throws IOException, InterruptedException {
        List<String> compiled = new ArrayList<>();
        for (Path page : pages()) {
            Path classes = Files.createDirectory(classes(page));
            SourceCompiler.compile(GuidePage.MAIN_CLASS, GuidePage.read(page).source(), classes)
                    .ifPresentOrElse(message -> REFUSED.put(page, message), () -> compiled.add(classes.toString()));
        }
        run(compiled);
    }

    private static Path classes(Path page) {
        return folder.resolve(page.getFileName().toString().replace(".md", ""));
    }

    /** In a folder of their own, with the flags that the README tells users. */
    private static void run(List<String> compiled) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules",
                "jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                PageRunner.class.getName()));
        command.addAll(compiled);
        Path log = folder.resolve("log.txt");
        Process process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        if (!process.waitFor(12, TimeUnit.MINUTES)) {
            process.destroyForcibly();
        }
        assertThat(process.waitFor())
                .as(() -> "exit code; what was printed:%n%s".formatted(read(log)))
                .isZero();
    }

    @ParameterizedTest
    @MethodSource("pages")
    void pageDoesWhatItSays(Path file) throws Exception {
        GuidePage page = GuidePage.read(file);
        assertThat(REFUSED.get(file))
                .as("what the compiler says of %s:%n%s", page.name(), page.source())
                .isNull();
        assertThat(classes(file).resolve(PageRunner.ERRORS))
                .as(() -> "the exception of " + page.name() + "; see "
                        + read(classes(file).resolve(PageRunner.ERRORS)))
                .doesNotExist();
        String printed = Files.readString(classes(file).resolve(PageRunner.OUTPUT));
        if (!page.output().isEmpty()) {
            assertThat(printed).as("what %s prints", page.name()).isEqualTo(page.output());
        }
    }

    private static String read(Path file) {
        try {
            return Files.exists(file) ? Files.readString(file) : "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
