package dev.lanewise.bench.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.lang.module.ModuleDescriptor.Requires;
import java.lang.module.ModuleDescriptor.Requires.Modifier;
import java.lang.module.ModuleFinder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the script takes along to a machine with a GPU. */
final class PackTest {
    /** The bytes of the largest library that the pack may take along. */
    private static final long LARGEST_PACKED = 1_500_000;

    @TempDir
    private Path project;

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

    /** The pack lies beside the script or in the folder that it was made in; cases that it lacks are the project's. */
    @ParameterizedTest
    @CsvSource({"., true", "., false", "target, false"})
    void theScriptFindsItsPackAndTheReferenceCases(String place, boolean hasCases) throws Exception {
        Path script = Files.createDirectories(project.resolve("panama-cuda")).resolve("gpu-check.sh");
        Files.copy(Path.of("..", "panama-cuda", "gpu-check.sh"), script, StandardCopyOption.COPY_ATTRIBUTES);
        Path content = project.resolve("content");
        Path java = content.resolve("gpu-check/runtime/bin/java");
        Files.createDirectories(java.getParent());
        Files.writeString(java, "#!/bin/sh\necho \"core $(ulimit -c)\"\nfor argument; do echo \"$argument\"; done\n");
        assertThat(java.toFile().setExecutable(true)).isTrue();
        if (hasCases) {
            Files.createDirectories(content.resolve("gpu-check/testkit/golden"));
        }
        Path pack = Files.createDirectories(script.resolveSibling(place)).resolve("gpu-check.tar.gz");
        run("tar", "-czf", pack.toString(), "-C", content.toString(), "gpu-check");
        List<String> arguments =
                run("sh", "-c", "ulimit -c unlimited 2>/dev/null; exec \"$0\" run first", script.toString());
        assertThat(arguments).startsWith("core 0").endsWith("bench", "gpu-check", "first");
        Path home = Path.of(arguments.stream()
                .filter(argument -> argument.startsWith("-Dlanewise.home="))
                .findFirst()
                .orElseThrow()
                .substring("-Dlanewise.home=".length()));
        assertThat(arguments)
                .contains("-Dlanewise.golden="
                        + (hasCases ? home : project.toRealPath())
                                .resolve("testkit")
                                .resolve("golden"));
    }

    /** Whoever packs without NVRTC learns it before the time on a GPU is spent on compiling; Python's libraries are searched. */
    @Test
    void aPackWithoutKernelsIsSaidLast() throws Exception {
        Path script = Files.createDirectories(project.resolve("panama-cuda")).resolve("gpu-check.sh");
        Files.copy(Path.of("..", "panama-cuda", "gpu-check.sh"), script, StandardCopyOption.COPY_ATTRIBUTES);
        Path jdk = project.resolve("jdk");
        Path searched = project.resolve("searched");
        program(project.resolve("lanewise"), "echo '    java.home = " + jdk + "'");
        program(jdk.resolve("bin/java"), "echo \"$LANEWISE_CUDA_PATH\" >'" + searched + "'; exit 1");
        program(jdk.resolve("bin/jar"), "");
        // a runtime that passes every check
        Path trial = script.resolveSibling("target/gpu-check/trial");
        program(
                jdk.resolve("bin/jlink"),
                "mkdir -p \"$2/bin\"; printf '#!/bin/sh\\nmkdir -p %s\\n' '" + trial
                        + "' >\"$2/bin/java\"; chmod +x \"$2/bin/java\"");
        program(project.resolve("bin/python3"), "echo /of/python/nvidia");
        Path jars = Files.createDirectories(project.resolve("target/launcher/1"));
        Files.writeString(jars.resolveSibling("current"), "1\n");
        Files.createFile(jars.resolve("some.jar"));
        Files.createFile(Files.createDirectories(project.resolve("bench/peers")).resolve("pytorch_peer.py"));
        String path = "PATH=" + project.resolve("bin") + File.pathSeparator + System.getenv("PATH");
        List<String> lines = run("env", path, script.toString(), "pack", "--without-cases");
        assertThat(lines.getLast()).startsWith("gpu-check: the pack has no kernels");
        assertThat(searched).content().endsWith("/of/python/nvidia\n");
        assertThat(run(
                        "tar",
                        "-tzf",
                        script.resolveSibling("target/gpu-check.tar.gz").toString()))
                .contains("gpu-check/kernels.txt")
                .noneMatch(entry -> entry.startsWith("gpu-check/kernels/"));
    }

    private static void program(Path file, String text) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, "#!/bin/sh\n" + text + "\n");
        assertThat(file.toFile().setExecutable(true)).isTrue();
    }

    private static List<String> run(String... command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        List<String> lines;
        try (BufferedReader reader = process.inputReader()) {
            lines = reader.lines().toList();
        }
        assertThat(process.waitFor()).as(lines.toString()).isZero();
        return lines;
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
