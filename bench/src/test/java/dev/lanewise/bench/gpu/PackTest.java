package dev.lanewise.bench.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.lang.module.ModuleDescriptor.Requires;
import java.lang.module.ModuleDescriptor.Requires.Modifier;
import java.lang.module.ModuleFinder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What the script takes along to a machine with a GPU. */
final class PackTest {
    /** The bytes of the largest library that the pack may take along. */
    private static final long LARGEST_PACKED = 1_500_000;

    /** A large library that only something else needs would make the pack too large to be brought to a GPU. */
    @Test
    void thePackLeavesLargeLibrariesOut() throws IOException {
        String script = Files.readString(Path.of("..", "panama-cuda", "gpu-check.sh"));
        Matcher list = Pattern.compile("for unused in ([^;]+);").matcher(script);
        assertThat(list.find()).isTrue();
        List<String> unused = List.of(list.group(1).split(" "));
        List<String> large = Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .map(File::new)
                .filter(jar -> jar.getName().endsWith(".jar") && jar.length() > LARGEST_PACKED)
                .map(File::getName)
                .toList();
        assertThat(large)
                .isNotEmpty()
                .allSatisfy(name -> assertThat(unused).anyMatch(prefix -> name.startsWith(prefix + "-")));
    }

    /** What Lanewise requires of the JDK, except for pictures and downloads, of which the check has none. */
    @Test
    void thePackedRuntimeHasTheModulesThatLanewiseRequires() throws IOException {
        String script = Files.readString(Path.of("..", "panama-cuda", "gpu-check.sh"));
        Matcher list = Pattern.compile("--add-modules (\\S+,\\S+)").matcher(script);
        assertThat(list.find()).isTrue();
        Path[] own = Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .map(Path::of)
                .filter(path -> Files.isRegularFile(path.resolve("module-info.class"))
                        || path.getFileName().toString().startsWith("lanewise-"))
                .toArray(Path[]::new);
        List<String> required = ModuleFinder.of(own).findAll().stream()
                .flatMap(module -> module.descriptor().requires().stream())
                .filter(requires -> !requires.modifiers().contains(Modifier.STATIC))
                .map(Requires::name)
                .filter(name -> name.startsWith("java.") || name.startsWith("jdk."))
                .filter(name ->
                        !List.of("java.base", "java.desktop", "java.net.http").contains(name))
                .distinct()
                .toList();
        assertThat(required).contains("jdk.incubator.vector");
        assertThat(list.group(1).split(",")).containsAll(required);
    }
}
