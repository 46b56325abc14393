package dev.lanewise.text.regex;

import dev.lanewise.text.unicode.CharSet;
import java.util.List;

/** The syntax tree of a regular expression. */
sealed interface Node {
    /** One code point of a set. */
    record One(CharSet set) implements Node {}

    /** Parts one after the other. */
    record Sequence(List<Node> parts) implements Node {}

    /** The first alternative that leads to a match. */
    record Either(List<Node> alternatives) implements Node {}

    /** A repetition; {@code most} is {@link Integer#MAX_VALUE} without a limit. */
    record Repeat(Node body, int least, int most, Greed greed) implements Node {}

    /** A capturing group. */
    record Group(Node body, int index) implements Node {}

    /** A group that gives nothing back once it has matched. */
    record Atomic(Node body) implements Node {}

    /** Looks ahead or behind without consuming. */
    record Look(Node body, boolean behind, boolean negative) implements Node {}

    /** What a group has matched. */
    record Back(int group) implements Node {}

    /** A condition on the position. */
    record At(Anchor anchor) implements Node {}

    /** How a repetition chooses its count. */
    enum Greed {
        GREEDY(0),
        LAZY(1),
        POSSESSIVE(2);

        final int code;

        Greed(int code) {
            this.code = code;
        }
    }

    /** Conditions on a position; those of lines hold at every line, as in Ruby. */
    enum Anchor {
        LINE_START(0),
        LINE_END(1),
        TEXT_START(2),
        TEXT_END(3),
        TEXT_END_OR_NEWLINE(4),
        WORD_BOUNDARY(5),
        NO_WORD_BOUNDARY(6);

        final int code;

        Anchor(int code) {
            this.code = code;
        }
    }
}
