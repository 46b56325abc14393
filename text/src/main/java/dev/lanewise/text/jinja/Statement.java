package dev.lanewise.text.jinja;

/** Something that writes or changes variables. */
interface Statement {
    /** What a loop does next. */
    enum Flow {
        NEXT,
        BREAK,
        CONTINUE
    }

    Flow run(Scope scope);
}
