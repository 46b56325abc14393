package dev.lanewise.text.regex;

import dev.lanewise.text.unicode.CharSet;
import java.util.List;

/** The syntax tree of a regular expression. */
sealed interface Node {
    /** One code point of a set. */
    record One(CharSet set) implements Node {}

    /** Parts after each other. */
    record Sequence(List<Node> parts) implements Node {}

    /** The first alternative that leads to a match. */
    record Either(List<Node> alternatives) implements Node {}

    /** A repetition; {@code most} is {@link Integer#MAX_VALUE} without a limit. */
    record Repeat(Node body, int least, int most, Greed greed) implements Node {}

    /** A capturing group. */
    record Group(Node body, int index) implements Node {}

    /** A group that gives nothing back once it has matched. */
    record Atomic(Node body) implements Node {}

    /** Looks ahead or behind without taking. */
    record Look(Node body, boolean behind, boolean negative) implements Node {}

    /** What a group has matched. */
    record Back(int group) implements Node {}

    /** A condition on the position. */
    record At(Anchor anchor) implements Node {}

    /** How a repetition chooses its count. */
    enum Greed {
        GREEDY,
        LAZY,
        POSSESSIVE
    }

    /** Conditions on a position; those of lines hold at every line, as in Ruby. */
    enum Anchor {
        LINE_START,
        LINE_END,
        TEXT_START,
        TEXT_END,
        TEXT_END_OR_NEWLINE,
        WORD_BOUNDARY,
        NO_WORD_BOUNDARY
    }
}
