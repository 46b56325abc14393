package dev.lanewise.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Users get along without the records of operations and without what backends implement. */
class UserImportsTest {
    private static final Path EXAMPLES =
            Path.of("..", "examples", "src", "main", "java", "dev", "lanewise", "examples");
    private static final Pattern INNER = Pattern.compile("dev\\.lanewise\\.tensor\\.(op|spi)\\b");

    static List<Path> texts() throws IOException {
        List<Path> texts = new ArrayList<>(GuideTest.pages());
        try (Stream<Path> examples = Files.walk(EXAMPLES)) {
            examples.filter(file -> file.toString().endsWith(".java")).sorted().forEach(texts::add);
        }
        try (Stream<Path> projects = Files.walk(Path.of("src", "it"))) {
            projects.filter(file -> file.toString().endsWith(".java")).forEach(texts::add);
        }
        return texts;
    }

    @ParameterizedTest
    @MethodSource("texts")
    void nothingOfOperationsOrBackendsIsNamed(Path file) throws IOException {
        assertThat(Files.readAllLines(file))
                .noneMatch(line -> INNER.matcher(line).find());
    }

    @Test
    void referenceTrainersAreLookedAt() throws IOException {
        assertThat(texts())
                .anyMatch(file -> file.endsWith("LinearRegression.java"))
                .anyMatch(file -> file.endsWith("SentenceClassifier.java"))
                .allMatch(Files::exists);
    }
}
