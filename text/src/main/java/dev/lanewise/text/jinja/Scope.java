package dev.lanewise.text.jinja;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The variables of a part of a template, the output it writes to, and limits for the whole. */
final class Scope {
    private static final long MOST_STEPS = 2_000_000;
    private static final int LONGEST_OUTPUT = 64 << 20;
    private static final int DEEPEST = 150;

    /** Names that Jinja itself defines, so that they can't pass for undefined variables. */
    private static final Set<String> UNSUPPORTED =
            Set.of("varargs", "kwargs", "cycler", "joiner", "lipsum", "self", "super");

    private final Map<String, Object> variables = new HashMap<>();
    private final @Nullable Scope parent;
    private final Limits limits;
    private final int depth;
    StringBuilder out;

    /** Shared by all scopes of a rendering. */
    private static final class Limits {
        private long steps = MOST_STEPS;
    }

    private Scope(@Nullable Scope parent, Limits limits, int depth, StringBuilder out) {
        this.parent = parent;
        this.limits = limits;
        this.depth = depth;
        this.out = out;
    }

    static Scope root() {
        return new Scope(null, new Limits(), 0, new StringBuilder());
    }

    Scope child() {
        return child(out);
    }

    Scope child(StringBuilder output) {
        if (depth > DEEPEST) {
            throw TemplateError.of("calls nested deeper than " + DEEPEST);
        }
        return new Scope(this, limits, depth + 1, output);
    }

    void step() {
        if (--limits.steps < 0) {
            throw TemplateError.of("takes more than " + MOST_STEPS + " steps");
        }
    }

    void write(String text) {
        if (out.length() + text.length() > LONGEST_OUTPUT) {
            throw TemplateError.of("writes more than " + LONGEST_OUTPUT + " characters");
        }
        out.append(text);
    }

    @Nullable
    Object get(String name) {
        for (Scope scope = this; scope != null; scope = scope.parent) {
            if (scope.variables.containsKey(name)) {
                return scope.variables.get(name);
            }
        }
        if (UNSUPPORTED.contains(name)) {
            throw TemplateError.of("`" + name + "` is not supported");
        }
        return new Py.Undefined(name);
    }

    @SuppressWarnings("NullAway") // None is a value
    void set(String name, @Nullable Object value) {
        variables.put(name, value);
    }
}
