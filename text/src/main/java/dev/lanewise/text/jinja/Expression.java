package dev.lanewise.text.jinja;

import org.jspecify.annotations.Nullable;

/** Something with a value. */
interface Expression {
    @Nullable
    Object eval(Scope scope);
}
