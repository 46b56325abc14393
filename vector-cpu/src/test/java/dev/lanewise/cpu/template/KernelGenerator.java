package dev.lanewise.cpu.template;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Writes the kernels in {@code src/main/generated} from their templates in {@code src/main/templates}. After a change of a
 * template, in the project's folder:
 *
 * <pre>{@code java vector-cpu/src/test/java/dev/lanewise/cpu/template/KernelGenerator.java}</pre>
 *
 * <p>What it writes is committed, so that compilers and editors find plain Java; a test fails when it is stale.
 */
final class KernelGenerator {
    private static final Path PACKAGE = Path.of("dev", "lanewise", "cpu");

    private KernelGenerator() {}

    /** Writes all generated files, and deletes those that no template asks for. */
    public static void main(String[] args) throws IOException {
        Path main = sources();
        Path folder = main.resolve("generated");
        Map<Path, String> files = generate(main.resolve("templates"));
        for (Path stale : files(folder)) {
            if (!files.containsKey(folder.relativize(stale))) {
                Files.delete(stale);
            }
        }
        for (Map.Entry<Path, String> file : files.entrySet()) {
            Path path = folder.resolve(file.getKey());
            Files.createDirectories(path.getParent());
            Files.writeString(path, file.getValue());
        }
    }

    /** The module's {@code src/main}, from its own folder or the project's. */
    static Path sources() {
        Path own = Path.of("src", "main");
        return Files.isDirectory(own.resolve("templates"))
                ? own
                : Path.of("vector-cpu").resolve(own);
    }

    /** What the templates in a folder ask for: the text of each file, by its place among the sources. */
    static Map<Path, String> generate(Path templates) throws IOException {
        Map<Path, String> files = new TreeMap<>();
        for (Path path : files(templates)) {
            String place = templates.relativize(path).toString().replace('\\', '/');
            Path folder = PACKAGE.resolve(templates.relativize(path)).getParent();
            KernelTemplate template = new KernelTemplate(place, Files.readAllLines(path));
            template.classes().forEach((name, text) -> {
                String header = "// Generated from src/main/templates/" + place + ": do not edit.\n";
                files.put(folder.resolve(name + ".java"), header + text);
            });
        }
        return files;
    }

    /** All files in a folder and those below it. */
    static List<Path> files(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> paths = Files.walk(folder)) {
            return paths.filter(Files::isRegularFile).toList();
        }
    }
}
