package dev.lanewise.text.jinja;

import dev.lanewise.text.TokenizerException;

/** What is wrong with a template, or with what it is given. */
public final class TemplateError extends TokenizerException {
    private final boolean raised;

    private TemplateError(String message, boolean raised) {
        super(message);
        this.raised = raised;
    }

    /** An error found here. */
    static TemplateError of(String message) {
        return new TemplateError("chat template: " + message, false);
    }

    /** An error in a line of the template. */
    static TemplateError at(int line, String message) {
        return new TemplateError("chat template: line " + line + ": " + message, false);
    }

    /** What the template itself raised, without a word more. */
    static TemplateError raisedBy(String message) {
        return new TemplateError(message, true);
    }

    /** Whether the template itself raised it. */
    public boolean raised() {
        return raised;
    }
}
