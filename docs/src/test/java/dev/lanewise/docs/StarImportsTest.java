package dev.lanewise.docs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.nn.Layer;
import dev.lanewise.serve.Server;
import dev.lanewise.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A user's file needs nothing but star imports: no two names meet, nor one with a name of {@code java.lang}. */
class StarImportsTest {
    /** Of every module whose classes users name. */
    private static final List<ExportedApi> MODULES = ExportedApi.ofAllModules();

    @TempDir
    Path folder;

    /** Packages that a user's file imports as a whole. */
    private static List<String> userPackages() {
        return MODULES.stream()
                .flatMap(module -> module.packages().stream())
                .filter(name -> !name.matches("dev\\.lanewise\\.tensor\\.(op|spi)\\b.*"))
                .toList();
    }

    private static String imports() {
        return userPackages().stream().map(name -> "import " + name + ".*;\n").collect(Collectors.joining());
    }

    @Test
    void everyPublicClassIsNamedByStarImportsAlone() throws IOException {
        List<Class<?>> types = MODULES.stream()
                .flatMap(module -> module.classes().stream())
                .filter(type -> userPackages().contains(type.getPackageName()))
                .toList();
        assertThat(types).hasSizeGreaterThan(250).contains(Tensor.class, Layer.class, Server.class);

        String names =
                types.stream().map(type -> type.getSimpleName() + ".class").collect(Collectors.joining(",\n"));
        String source = imports() + "\nfinal class Names {\nstatic final Class<?>[] ALL = {\n" + names + "};\n}\n";

        assertThat(SourceCompiler.compile("Names", source, folder)).isEmpty();
    }

    @Test
    void ambiguousNameIsFound() throws IOException {
        String source = imports() + "import java.lang.annotation.*;\nimport java.awt.*;\n"
                + "final class Names { Class<?> window = Window.class; }";

        assertThat(SourceCompiler.compile("Names", source, folder).orElseThrow())
                .contains("reference to Window");
    }

    static List<Path> pages() throws IOException {
        return GuideTest.pages();
    }

    @ParameterizedTest
    @MethodSource("pages")
    void pageCompilesWithStarImports(Path file) throws IOException {
        String source = GuidePage.read(file).source();
        String own = Arrays.stream(source.split("\n"))
                .filter(line -> userPackages().stream()
                        .noneMatch(name -> line.matches("import " + name.replace(".", "\\.") + "\\.(\\w+|\\*);")))
                .collect(Collectors.joining("\n"));

        assertThat(SourceCompiler.compile(GuidePage.MAIN_CLASS, imports() + own, folder))
                .as(own)
                .isEmpty();
    }
}
