package dev.lanewise.docs;

import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;

/** Compiles a class as a user's project would, against the modules of this build. */
final class SourceCompiler {
    private SourceCompiler() {}

    /** Compiles a source file's text into a folder; returns what the compiler says where it fails. */
    static Optional<String> compile(String className, String source, Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve(className + ".java"), source);
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter messages = new StringWriter();
        List<String> options =
                List.of("-d", folder.toString(), "-proc:none", "-Xlint:deprecation", "-Werror", "-Xmaxerrs", "1000");
        try (var files = compiler.getStandardFileManager(null, Locale.ROOT, null)) {
            boolean compiled = compiler.getTask(messages, files, null, options, null, files.getJavaFileObjects(file))
                    .call();
            return compiled ? Optional.empty() : Optional.of(messages.toString());
        }
    }
}
