package dev.lanewise.cuda.lib;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the generated bindings declare has a caller: a list of wanted symbols grows by itself, and never shrinks. */
class BindingsTest {
    private static final Path SOURCES = Path.of("src/main/java/dev/lanewise/cuda");
    private static final Path GENERATED = SOURCES.resolve("generated");
    private static final Pattern METHOD = Pattern.compile("public static \\S+ (\\w+)\\(");
    private static final Pattern NAME = Pattern.compile("\\w+");

    @ParameterizedTest
    @ValueSource(
            strings = {"driver/DriverBindings", "nvrtc/NvrtcBindings", "cublas/CublasBindings", "cudnn/CudnnBindings"})
    void everyFunctionAndConstantIsUsed(String bindings) throws IOException {
        Set<String> names = sources()
                .flatMap(source -> NAME.matcher(source).results())
                .map(MatchResult::group)
                .collect(Collectors.toSet());
        List<String> declared = METHOD.matcher(Files.readString(GENERATED.resolve(bindings + ".java")))
                .results()
                .map(match -> match.group(1))
                .filter(name -> !name.contains("$"))
                .distinct()
                .toList();
        assertThat(declared).isNotEmpty();
        assertThat(names).containsAll(declared);
    }

    private static Stream<String> sources() throws IOException {
        try (Stream<Path> files = Files.walk(SOURCES)) {
            return files
                    .filter(file -> file.toString().endsWith(".java") && !file.startsWith(GENERATED))
                    .map(file -> {
                        try {
                            return Files.readString(file);
                        } catch (IOException e) {
                            throw new UncheckedIOException(e);
                        }
                    })
                    .toList()
                    .stream();
        }
    }
}
