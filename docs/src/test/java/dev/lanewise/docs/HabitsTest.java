package dev.lanewise.docs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.nn.Layer;
import dev.lanewise.nn.optim.Lbfgs;
import dev.lanewise.nn.optim.Optimizer;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import java.io.IOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What is alike is made alike: who knows one layer, optimizer or method knows the others. */
class HabitsTest {
    private static final int MOST_FILES = 40;

    /** A method of tensors with its documentation. */
    private static final Pattern METHOD =
            Pattern.compile("/\\*\\*((?:(?!\\*/).)*)\\*/\\s+(?:@[^\\n]*\\s+)*default [^;{]*?(\\w+)\\(", Pattern.DOTALL);

    /** What no tensor refuses. */
    private static final Set<String> ALWAYS = Set.of(
            "all",
            "any",
            "contiguous",
            "copy",
            "eq",
            "flatten",
            "ge",
            "gt",
            "isFinite",
            "isInfinite",
            "isNan",
            "keep",
            "le",
            "lt",
            "ne",
            "nonzero",
            "squeeze",
            "sum",
            "to",
            "unique");

    private static List<Class<?>> subtypes(Class<?> parent) {
        return ExportedApi.of(Layer.class).classes().stream()
                .filter(type -> parent.isAssignableFrom(type) && !Modifier.isAbstract(type.getModifiers()))
                .toList();
    }

    private static Set<String> forms(Class<?> type) {
        return Arrays.stream(type.getConstructors())
                .map(HabitsTest::form)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static String form(Constructor<?> constructor) {
        return Arrays.stream(constructor.getParameterTypes())
                .map(Class::getSimpleName)
                .collect(Collectors.joining(" "));
    }

    private static void assertAlike(String names, int count, String... forms) {
        List<Class<?>> types = subtypes(Layer.class).stream()
                .filter(type -> type.getSimpleName().matches(names))
                .toList();
        assertThat(types).hasSize(count);
        for (Class<?> type : types) {
            assertThat(forms(type)).as(type.getSimpleName()).containsExactlyInAnyOrder(forms);
        }
    }

    @Test
    void convolutionsAndPoolingsOfEveryRankTakeTheSameOptions() {
        assertAlike(
                "Conv(Transpose)?[123]d",
                6,
                "long long int",
                "long long int int int",
                "long long Window",
                "long long Window Rng",
                "long long Window int",
                "long long Window int boolean",
                "long long Window int boolean Rng");
        assertAlike("MaxPool[123]d", 3, "int", "int int int", "Window");
        assertAlike("AvgPool[123]d", 3, "int", "int int int", "Window", "Window boolean");
    }

    private static Set<String> functions(String name) {
        return Arrays.stream(Tensor.class.getMethods())
                .filter(method -> method.getName().equals(name))
                .map(method -> Arrays.stream(method.getParameterTypes())
                        .map(Class::getSimpleName)
                        .collect(Collectors.joining(" ")))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void functionsOfEveryRankTakeTheSameOptions() {
        for (int rank = 1; rank <= 3; rank++) {
            for (String name : List.of("conv", "convTranspose")) {
                assertThat(functions(name + rank + "d"))
                        .as(name + rank)
                        .containsExactly("Tensor Tensor", "Tensor Tensor Window int");
            }
            assertThat(functions("maxPool" + rank + "d")).containsExactly("Window");
            assertThat(functions("avgPool" + rank + "d")).containsExactly("Window", "Window boolean");
        }
    }

    @Test
    void everyConvolutionTellsItsOptions() {
        assertThat(subtypes(Layer.class).stream()
                        .filter(type -> type.getSimpleName().matches("Conv(Transpose)?[123]d"))
                        .map(type -> Arrays.stream(type.getDeclaredMethods())
                                .filter(method -> Modifier.isPublic(method.getModifiers()))
                                .map(Method::getName)
                                .collect(Collectors.toSet())))
                .hasSize(6)
                .allSatisfy(names -> assertThat(names).contains("window", "groups", "weight", "bias"));
    }

    @Test
    void everyLayerWithRandomWeightsCanBeMadeWithoutAStream() {
        List<Class<?>> random = subtypes(Layer.class).stream()
                .filter(type -> forms(type).stream().anyMatch(form -> form.endsWith(Rng.class.getSimpleName())))
                .toList();
        assertThat(random).hasSizeGreaterThan(20);
        assertThat(random).allMatch(type -> forms(type).stream().anyMatch(form -> !form.contains("Rng")));
    }

    @Test
    void everyOptimizerNeedsOnlyParametersAndARate() {
        List<Class<?>> optimizers = subtypes(Optimizer.class);
        assertThat(optimizers).hasSizeGreaterThan(12);
        assertThat(optimizers).allMatch(type -> forms(type).contains("List double"));
        // L-BFGS knows one search direction for all parameters
        assertThat(optimizers)
                .filteredOn(type -> !forms(type).contains("ParameterGroups double"))
                .containsExactly(Lbfgs.class);
    }

    @Test
    void everyMethodOfTensorsSaysWhatItRefuses() throws IOException {
        Path folder = Path.of("..", "tensor", "src", "main", "java", "dev", "lanewise", "tensor");
        List<String> silent = new ArrayList<>();
        int seen = 0;
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.filter(path -> path.toString().endsWith("Methods.java"))
                    .toList()) {
                Matcher method = METHOD.matcher(Files.readString(file));
                while (method.find()) {
                    seen++;
                    if (!method.group(1).contains("@throws") && !ALWAYS.contains(method.group(2))) {
                        silent.add(file.getFileName() + ": " + method.group(2));
                    }
                }
            }
        }
        assertThat(seen).isGreaterThan(250);
        assertThat(silent).isEmpty();
    }

    @Test
    void noPackageHasMoreFilesThanAReaderKeepsInMind() throws IOException {
        Map<String, Integer> counts = new TreeMap<>();
        try (Stream<Path> files = Files.walk(Path.of(".."))) {
            files.filter(file -> file.toString().matches(".*/src/(main|test)/java/.*\\.java"))
                    .filter(file -> !file.toString().contains("/target/"))
                    // written by jextract
                    .filter(file -> !file.toString().matches(".*/(cuda|mpi)/generated/.*"))
                    .forEach(file -> counts.merge(file.getParent().toString(), 1, Integer::sum));
        }
        assertThat(counts).hasSizeGreaterThan(80);
        assertThat(counts)
                .allSatisfy((folder, count) -> assertThat(count).as(folder).isLessThanOrEqualTo(MOST_FILES));
    }
}
