package dev.lanewise.docs;

import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/** Compiles a class as a user's project would, against the modules of this build. */
final class SourceCompiler {
    private static final JavaCompiler COMPILER = ToolProvider.getSystemJavaCompiler();

    /** Of all compilations: to list what is on the class path takes as long as to compile a page. */
    private static final StandardJavaFileManager FILES = COMPILER.getStandardFileManager(null, Locale.ROOT, null);

    private SourceCompiler() {}

    /** Compiles a source file's text into a folder; returns what the compiler says where it fails. */
    static synchronized Optional<String> compile(String className, String source, Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve(className + ".java"), source);
        StringWriter messages = new StringWriter();
        List<String> options =
                List.of("-d", folder.toString(), "-proc:none", "-Xlint:deprecation", "-Werror", "-Xmaxerrs", "1000");
        boolean compiled = COMPILER.getTask(messages, FILES, null, options, null, FILES.getJavaFileObjects(file))
                .call();
        return compiled ? Optional.empty() : Optional.of(messages.toString());
    }
}
