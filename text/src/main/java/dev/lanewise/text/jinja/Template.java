package dev.lanewise.text.jinja;

import java.time.ZonedDateTime;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A parsed template. */
public final class Template {
    private static final int LONGEST = 4 << 20;
    private final Statement root;

    private Template(Statement root) {
        this.root = root;
    }

    /** Parses a template. */
    public static Template parse(String source) {
        if (source.length() > LONGEST) {
            throw TemplateError.of(
                    "a template of " + source.length() + " characters; at most " + LONGEST + " are supported");
        }
        return new Template(new Statements(Lexer.tokens(source)).template());
    }

    /** Renders it with variables: null, Boolean, Long, Double, String, List and Map. */
    public String render(Map<String, ? extends @Nullable Object> variables, ZonedDateTime now) {
        Scope scope = Scope.root();
        Globals.define(scope, now);
        variables.forEach(scope::set);
        try {
            root.run(scope);
        } catch (StackOverflowError e) {
            throw TemplateError.of("an expression nested too deep");
        } catch (OutOfMemoryError e) {
            throw TemplateError.of("takes more memory than there is");
        }
        return scope.out.toString();
    }
}
