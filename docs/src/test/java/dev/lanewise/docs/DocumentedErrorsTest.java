package dev.lanewise.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a public method or constructor itself throws for its arguments is in its documentation. */
class DocumentedErrorsTest {
    /** Documentation, annotations, and the head of a public method, constructor or compact constructor. */
    private static final Pattern METHOD = Pattern.compile(
            "(/\\*\\*(?:(?!\\*/).)*+\\*/)\\s*((?:@\\w+(?:\\([^)]*\\))?\\s*)*)"
                    + "(public [^;{}=()]*?\\([^;{]*?\\)(?:\\s*throws [\\w., ]+)?|public \\w+)\\s*\\{",
            Pattern.DOTALL);

    private static final Pattern TYPE = Pattern.compile(
            "public (?:static |final |abstract |sealed |non-sealed )*(?:class|interface|record|enum)\\b");
    private static final Pattern THROWN = Pattern.compile("throw new (\\w+)\\(");
    private static final Pattern CHECKED =
            Pattern.compile("\\b(?:LayerSizes|Windows|Hyperparameters)\\.(?!bad)\\w+\\(");
    private static final Pattern CHECK =
            Pattern.compile("private static void (\\w+)\\([^;{]*?\\)\\s*(?:throws [\\w., ]+)?\\{");
    private static final Pattern EXPORT = Pattern.compile("exports ([\\w.]+)\\s*;");

    /** Of states, not of arguments. */
    private static final Set<String> OTHERS = Set.of("AssertionError", "IllegalStateException", "UncheckedIOException");

    @ParameterizedTest
    @ValueSource(strings = {"autograd", "nn", "text", "onnx", "lm", "serve", "distributed"})
    void errorsAreDocumented(String module) throws IOException {
        Path sources = Path.of("..", module, "src", "main", "java");
        List<String> silent = new ArrayList<>();
        for (Path folder : exported(sources)) {
            try (Stream<Path> files = Files.list(folder)) {
                for (Path file :
                        files.filter(path -> path.toString().endsWith(".java")).toList()) {
                    undocumented(Files.readString(file))
                            .forEach(method -> silent.add(folder.relativize(file) + ": " + method));
                }
            }
        }
        assertThat(silent).isEmpty();
    }

    private static List<Path> exported(Path sources) throws IOException {
        return EXPORT.matcher(Files.readString(sources.resolve("module-info.java")))
                .results()
                .map(export -> sources.resolve(export.group(1).replace('.', '/')))
                .toList();
    }

    private static List<String> undocumented(String source) {
        List<String> silent = new ArrayList<>();
        Set<String> checks = checks(source);
        Matcher method = METHOD.matcher(source);
        while (method.find()) {
            String head = method.group(3);
            if (!TYPE.matcher(head).lookingAt()) {
                Set<String> thrown = thrown(source.substring(method.end(), end(source, method.end())), checks);
                thrown.removeIf(type -> method.group(1).contains("@throws " + type));
                if (!thrown.isEmpty()) {
                    silent.add(head + " " + thrown);
                }
            }
        }
        return silent;
    }

    /**
     * The names of a source's own methods that do nothing but check: private ones without a result that throw one type, each
     * of which is the only one of its name.
     */
    private static Set<String> checks(String source) {
        Set<String> checks = new TreeSet<>();
        Matcher check = CHECK.matcher(source);
        while (check.find()) {
            String name = check.group(1);
            boolean throwing =
                    source.substring(check.end(), end(source, check.end())).contains("throw new TensorException(");
            if (throwing
                    && Pattern.compile("\\b(?:void|\\w+) " + name + "\\(")
                                    .matcher(source)
                                    .results()
                                    .count()
                            == 1) {
                checks.add(name);
            }
        }
        return checks;
    }

    private static Set<String> thrown(String body, Set<String> checks) {
        Set<String> thrown = THROWN.matcher(body)
                .results()
                .map((MatchResult found) -> found.group(1))
                .filter(type -> !OTHERS.contains(type))
                .collect(Collectors.toCollection(TreeSet::new));
        if (CHECKED.matcher(body).find()
                || checks.stream().anyMatch(name -> body.matches("(?s).*(?<![\\w.])" + name + "\\(.*"))) {
            thrown.add("TensorException");
        }
        return thrown;
    }

    /** The end of a block, whose strings have as many closing braces as opening ones. */
    private static int end(String source, int from) {
        int at = from;
        for (int open = 1; open > 0 && at < source.length(); at++) {
            char c = source.charAt(at);
            open += c == '{' ? 1 : c == '}' ? -1 : 0;
        }
        return at;
    }
}
