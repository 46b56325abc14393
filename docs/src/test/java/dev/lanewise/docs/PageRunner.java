package dev.lanewise.docs;

import dev.lanewise.tensor.Rng;
import java.io.PrintStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Runs the programs of pages one after the other, each as a process of its own would: with classes of its own and random
 * numbers from their beginning. Together they take half as long, since what one has warmed serves the next.
 */
final class PageRunner {
    static final String OUTPUT = "output.txt";

    /** There if the program ended by an exception. */
    static final String ERRORS = "errors.txt";

    private PageRunner() {}

    public static void main(String[] folders) throws Exception {
        for (String folder : folders) {
            run(Path.of(folder));
        }
    }

    private static void run(Path folder) throws Exception {
        PrintStream console = System.out;
        Rng.global().seed(0);
        try (PrintStream out = new PrintStream(folder.resolve(OUTPUT).toFile(), StandardCharsets.UTF_8);
                URLClassLoader loader =
                        new URLClassLoader(new URL[] {folder.toUri().toURL()})) {
            System.setOut(out);
            loader.loadClass(GuidePage.MAIN_CLASS)
                    .getMethod("main", String[].class)
                    .invoke(null, (Object) new String[0]);
        } catch (ReflectiveOperationException e) {
            try (PrintStream errors = new PrintStream(Files.newOutputStream(folder.resolve(ERRORS)))) {
                e.printStackTrace(errors);
            }
        } finally {
            System.setOut(console);
        }
    }
}
