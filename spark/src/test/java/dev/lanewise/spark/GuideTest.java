package dev.lanewise.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The guide's page on Spark compiles, runs, and prints what it says: that of module docs leaves it out. */
final class GuideTest {
    private static final Pattern BLOCK = Pattern.compile("(?s)(?:```|<!-- )(java|text)\\n(.*?)(?:```|-->)");

    @TempDir
    private Path folder;

    @Test
    @Timeout(120)
    void pageDoesWhatItSays() throws Exception {
        StringBuilder imports = new StringBuilder();
        StringBuilder members = new StringBuilder();
        StringBuilder body = new StringBuilder();
        StringBuilder output = new StringBuilder();
        Matcher block = BLOCK.matcher(Files.readString(Path.of("..", "docs", "guide", "spark.md")));
        while (block.find()) {
            String text = block.group(2);
            if (block.group(1).equals("text")) {
                output.append(text);
            } else if (text.startsWith("import ")) {
                imports.append(text);
            } else {
                (text.startsWith("static ") ? members : body).append(text);
            }
        }
        assertThat(output).isNotEmpty();
        assertThat(printed(imports + "public final class Page {\n" + members
                        + "public static void main(String[] args) throws Exception {\n" + body + "}\n}\n"))
                .isEqualTo(output.toString());
    }

    private String printed(String source) throws Exception {
        Path file = Files.writeString(folder.resolve("Page.java"), source);
        var messages = new ByteArrayOutputStream();
        int refused = ToolProvider.getSystemJavaCompiler()
                .run(null, null, messages, "-proc:none", "-d", folder.toString(), file.toString());
        assertThat(refused).as(messages.toString(StandardCharsets.UTF_8)).isZero();
        PrintStream console = System.out;
        var printed = new ByteArrayOutputStream();
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        try (var loader = new URLClassLoader(new URL[] {folder.toUri().toURL()}, before)) {
            System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
            // where Spark's tasks look for classes
            thread.setContextClassLoader(loader);
            loader.loadClass("Page").getMethod("main", String[].class).invoke(null, (Object) new String[0]);
        } finally {
            thread.setContextClassLoader(before);
            System.setOut(console);
        }
        return printed.toString(StandardCharsets.UTF_8);
    }
}
