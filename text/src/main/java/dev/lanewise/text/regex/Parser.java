package dev.lanewise.text.regex;

import dev.lanewise.text.TokenizerException;
import dev.lanewise.text.regex.Node.Anchor;
import dev.lanewise.text.regex.Node.Greed;
import dev.lanewise.text.unicode.CharSet;
import dev.lanewise.text.unicode.CodePoints;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/** Reads Oniguruma's Ruby syntax; refuses unknown constructs by name. */
final class Parser {
    private static final int DEEPEST = 100;
    private static final int MOST_REPEATS = 100_000;
    private final String source;
    private final int[] cps;
    private int at;
    private int depth;
    private boolean ignoreCase;
    private boolean dotAll;
    private boolean extended;
    private int groups;

    Parser(String source) {
        this.source = source;
        cps = CodePoints.of(source);
    }

    Node parse() {
        Node node = alternatives();
        if (at < cps.length) {
            throw error("an unmatched `)`");
        }
        return node;
    }

    int groups() {
        return groups;
    }

    private Node alternatives() {
        if (++depth > DEEPEST) {
            throw error("groups nested deeper than " + DEEPEST);
        }
        boolean oldCase = ignoreCase;
        boolean oldDot = dotAll;
        boolean oldExtended = extended;
        List<Node> all = new ArrayList<>();
        all.add(sequence());
        while (at < cps.length && cps[at] == '|') {
            at++;
            all.add(sequence());
        }
        ignoreCase = oldCase;
        dotAll = oldDot;
        extended = oldExtended;
        depth--;
        return all.size() == 1 ? all.getFirst() : new Node.Either(all);
    }

    private Node sequence() {
        List<Node> parts = new ArrayList<>();
        while (at < cps.length && cps[at] != '|' && cps[at] != ')') {
            if (extended && skipExtended()) {
                continue;
            }
            Node atom = atom();
            if (atom != null) {
                parts.add(repeats(atom));
            }
        }
        return parts.size() == 1 ? parts.getFirst() : new Node.Sequence(parts);
    }

    private boolean skipExtended() {
        int c = cps[at];
        if (c == ' ' || c >= 9 && c <= 13) {
            at++;
            return true;
        }
        if (c == '#') {
            while (at < cps.length && cps[at] != '\n') {
                at++;
            }
            return true;
        }
        return false;
    }

    private Node repeats(Node atom) {
        Node node = atom;
        while (at < cps.length) {
            int before = at;
            int c = cps[at];
            int least;
            int most;
            boolean interval = false;
            boolean exact = false;
            if (c == '*') {
                least = 0;
                most = Integer.MAX_VALUE;
                at++;
            } else if (c == '+') {
                least = 1;
                most = Integer.MAX_VALUE;
                at++;
            } else if (c == '?') {
                least = 0;
                most = 1;
                at++;
            } else if (c == '{' && interval()) {
                least = lowest;
                most = highest;
                interval = true;
                exact = least == most;
            } else {
                at = before;
                return node;
            }
            if (node instanceof Node.At || node instanceof Node.Look) {
                throw error("a repeated position");
            }
            Greed greed = Greed.GREEDY;
            if (peek('?') && !exact) {
                // after an exact count, Ruby's syntax reads ? as one more repetition
                greed = Greed.LAZY;
                at++;
            } else if (peek('+') && !interval) {
                // after an interval, Ruby's syntax reads + as one more repetition
                greed = Greed.POSSESSIVE;
                at++;
            }
            node = new Node.Repeat(node, least, most, greed);
        }
        return node;
    }

    private int lowest;
    private int highest;

    private boolean interval() {
        int i = at + 1;
        long least = -1;
        long most = -1;
        int start = i;
        while (i < cps.length && cps[i] >= '0' && cps[i] <= '9') {
            least = Math.min(1_000_000, Math.max(least, 0) * 10 + cps[i++] - '0');
        }
        if (i < cps.length && cps[i] == ',') {
            i++;
            while (i < cps.length && cps[i] >= '0' && cps[i] <= '9') {
                most = Math.min(1_000_000, Math.max(most, 0) * 10 + cps[i++] - '0');
            }
            if (least < 0 && most < 0) {
                return false;
            }
        } else {
            most = least;
        }
        if (i >= cps.length || cps[i] != '}' || i == start) {
            return false;
        }
        lowest = (int) Math.max(least, 0);
        highest = most < 0 ? Integer.MAX_VALUE : (int) most;
        if (lowest > MOST_REPEATS || highest != Integer.MAX_VALUE && (highest > MOST_REPEATS || highest < lowest)) {
            throw error("a repetition of " + lowest + " to " + highest);
        }
        at = i + 1;
        return true;
    }

    private boolean peek(int c) {
        return at < cps.length && cps[at] == c;
    }

    /** Null for what only sets options. */
    private @Nullable Node atom() {
        int c = cps[at++];
        return switch (c) {
            case '.' -> one("." + dotAll, dotAll ? x -> true : x -> x != '\n');
            case '^' -> new Node.At(Anchor.LINE_START);
            case '$' -> new Node.At(Anchor.LINE_END);
            case '[' -> written(at - 1, new Brackets().parse());
            case '(' -> group();
            case '\\' -> escape();
            case '*', '+', '?' -> throw error("`" + Character.toString(c) + "` with nothing to repeat");
            default -> literal(c);
        };
    }

    /** The set that ends here and whose condition follows from what is written. */
    private Node written(int start, IntPredicate condition) {
        return one((ignoreCase ? "i" : "c") + CodePoints.string(cps, start, at), condition);
    }

    private Node one(String name, IntPredicate condition) {
        return new Node.One(Sets.cached(name, condition));
    }

    private Node literal(int c) {
        if (!ignoreCase) {
            return new Node.One(CharSet.ofBounds(c, c + 1));
        }
        int[] same = Sets.sameIgnoringCase(c);
        if (at < cps.length
                && "ss ff fi fl st"
                        .contains(Character.toString(Character.toLowerCase(c))
                                + Character.toString(Character.toLowerCase(cps[at])))
                && c != ' '
                && cps[at] != ' ') {
            throw error("ignoring case in letters that one character may stand for");
        }
        same = same.clone();
        java.util.Arrays.sort(same);
        int[] bounds = new int[2 * same.length];
        for (int i = 0; i < same.length; i++) {
            bounds[2 * i] = same[i];
            bounds[2 * i + 1] = same[i] + 1;
        }
        return new Node.One(CharSet.ofBounds(bounds));
    }

    private @Nullable Node group() {
        if (!peek('?')) {
            int index = ++groups;
            return close(new Node.Group(alternatives(), index));
        }
        at++;
        int c = next();
        return switch (c) {
            case ':' -> close(alternatives());
            case '=' -> close(new Node.Look(alternatives(), false, false));
            case '!' -> close(new Node.Look(alternatives(), false, true));
            case '>' -> close(new Node.Atomic(alternatives()));
            case '#' -> {
                while (next() != ')') {
                    // a comment
                }
                yield null;
            }
            case '<' -> {
                if (peek('=') || peek('!')) {
                    boolean negative = next() == '!';
                    yield close(new Node.Look(alternatives(), true, negative));
                }
                while (next() != '>') {
                    // a name, which nothing here refers to
                }
                int index = ++groups;
                yield close(new Node.Group(alternatives(), index));
            }
            default -> {
                at--;
                yield options();
            }
        };
    }

    private int next() {
        if (at >= cps.length) {
            throw error("an unfinished group");
        }
        return cps[at++];
    }

    /** {@code (?imx-imx)} holds to the end of the group around it, {@code (?imx-imx:…)} inside. */
    private @Nullable Node options() {
        boolean oldCase = ignoreCase;
        boolean oldDot = dotAll;
        boolean oldExtended = extended;
        boolean on = true;
        while (true) {
            int c = next();
            switch (c) {
                case '-' -> on = false;
                case 'i' -> ignoreCase = on;
                case 'm' -> dotAll = on;
                case 'x' -> extended = on;
                case ')' -> {
                    // in Ruby, what follows is one group with the options, its alternatives included
                    Node rest = alternatives();
                    ignoreCase = oldCase;
                    dotAll = oldDot;
                    extended = oldExtended;
                    return rest;
                }
                case ':' -> {
                    Node node = close(alternatives());
                    ignoreCase = oldCase;
                    dotAll = oldDot;
                    extended = oldExtended;
                    return node;
                }
                default -> throw error("the group `(?" + Character.toString(c) + "`");
            }
        }
    }

    private Node close(Node node) {
        if (!peek(')')) {
            throw error("a group without its `)`");
        }
        at++;
        return node;
    }

    private Node escape() {
        if (at >= cps.length) {
            throw error("a lone `\\` at the end");
        }
        int c = cps[at++];
        return switch (c) {
            case 'A' -> new Node.At(Anchor.TEXT_START);
            case 'z' -> new Node.At(Anchor.TEXT_END);
            case 'Z' -> new Node.At(Anchor.TEXT_END_OR_NEWLINE);
            case 'b' -> new Node.At(Anchor.WORD_BOUNDARY);
            case 'B' -> new Node.At(Anchor.NO_WORD_BOUNDARY);
            case 'R' -> {
                Node crlf = new Node.Sequence(List.of(literal('\r'), literal('\n')));
                Node single = one("\\R", x -> x >= 10 && x <= 13 || x == 0x85 || x == 0x2028 || x == 0x2029);
                yield new Node.Atomic(new Node.Either(List.of(crlf, single)));
            }
            case 'w' -> one("\\w", Sets::wordEscape);
            case 'W' -> one("\\W", x -> !Sets.wordEscape(x));
            default -> {
                if (c >= '1' && c <= '9') {
                    yield new Node.Back(c - '0');
                }
                int start = --at;
                IntPredicate set = setEscape();
                yield set != null ? written(start, set) : literal(characterEscape());
            }
        };
    }

    /** A set by escape; null, and nothing read, if a character follows instead. */
    private @Nullable IntPredicate setEscape() {
        int c = cps[at++];
        return switch (c) {
            case 's' -> Sets::space;
            case 'S' -> x -> !Sets.space(x);
            case 'd' -> Sets::digit;
            case 'D' -> x -> !Sets.digit(x);
            case 'h' -> Sets::hex;
            case 'H' -> x -> !Sets.hex(x);
            case 'w' -> Sets::word;
            case 'W' -> x -> !Sets.word(x);
            case 'p', 'P' -> property(c == 'P');
            default -> {
                at--;
                yield null;
            }
        };
    }

    private IntPredicate property(boolean negative) {
        if (!peek('{')) {
            throw error("`\\p` without `{`");
        }
        int end = ++at;
        while (end < cps.length && cps[end] != '}') {
            end++;
        }
        if (end == cps.length) {
            throw error("`\\p{` without `}`");
        }
        String name = CodePoints.string(cps, at, end);
        at = end + 1;
        boolean not = negative;
        if (name.startsWith("^")) {
            not = !not;
            name = name.substring(1);
        }
        return named(name, not);
    }

    private IntPredicate named(String name, boolean negative) {
        IntPredicate found = Sets.property(name);
        if (found == null) {
            throw error("the property `" + name + "`");
        }
        if (ignoreCase
                && List.of("lu", "ll", "lt", "upper", "lower").contains(name.toLowerCase(java.util.Locale.ROOT))) {
            throw error("the property `" + name + "` where case is ignored");
        }
        return negative ? found.negate() : found;
    }

    private int characterEscape() {
        int c = cps[at++];
        return switch (c) {
            case 't' -> '\t';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 'f' -> '\f';
            case 'v' -> 0x0B;
            case 'a' -> 0x07;
            case 'e' -> 0x1B;
            case '0' -> octal();
            case 'x' -> peek('{') ? braced() : hexDigits(1, 2);
            case 'u' -> hexDigits(4, 4);
            default -> {
                if (c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9') {
                    throw error("the escape `\\" + Character.toString(c) + "`");
                }
                yield c;
            }
        };
    }

    private int octal() {
        int value = 0;
        for (int i = 0; i < 2 && at < cps.length && cps[at] >= '0' && cps[at] <= '7'; i++) {
            value = value * 8 + cps[at++] - '0';
        }
        return value;
    }

    private int braced() {
        at++;
        int value = hexDigits(1, 8);
        if (!peek('}')) {
            throw error("`\\x{` without `}`");
        }
        at++;
        return value;
    }

    private int hexDigits(int least, int most) {
        long value = 0;
        int n = 0;
        while (n < most && at < cps.length && Sets.hex(cps[at])) {
            value = value * 16 + Character.digit(cps[at++], 16);
            n++;
        }
        if (n < least || value > Character.MAX_CODE_POINT) {
            throw error("a code point that is none");
        }
        return (int) value;
    }

    private TokenizerException error(String what) {
        return new TokenizerException(
                "regular expression `" + source + "`: " + what + " is not supported (character " + at + ")");
    }

    /** A bracket expression; brackets may hold brackets, and {@code &&} intersects. */
    private final class Brackets {
        private int first = -1;

        IntPredicate parse() {
            if (++depth > DEEPEST) {
                throw error("brackets nested deeper than " + DEEPEST);
            }
            boolean negative = peek('^');
            if (negative) {
                at++;
            }
            IntPredicate all = union();
            while (at + 1 < cps.length && cps[at] == '&' && cps[at + 1] == '&') {
                at += 2;
                IntPredicate right = union();
                IntPredicate left = all;
                all = c -> left.test(c) && right.test(c);
            }
            next();
            depth--;
            return negative ? all.negate() : all;
        }

        /** Up to {@code ]} or {@code &&}, which are not read. */
        private IntPredicate union() {
            List<IntPredicate> items = new ArrayList<>();
            boolean start = true;
            while (true) {
                if (at >= cps.length) {
                    throw error("a bracket without its `]`");
                }
                if (cps[at] == ']' && !start || cps[at] == '&' && at + 1 < cps.length && cps[at + 1] == '&') {
                    return any(items.toArray(IntPredicate[]::new));
                }
                start = false;
                items.add(item());
            }
        }

        private IntPredicate any(IntPredicate[] items) {
            return c -> {
                for (IntPredicate item : items) {
                    if (item.test(c)) {
                        return true;
                    }
                }
                return false;
            };
        }

        private IntPredicate item() {
            if (cps[at] == '[') {
                at++;
                return peek(':') ? posix() : new Brackets().parse();
            }
            if (cps[at] == '\\' && at + 1 < cps.length) {
                at++;
                IntPredicate set = setEscape();
                if (set != null) {
                    return set;
                }
                at--;
            }
            first = character();
            if (peek('-') && at + 1 < cps.length && cps[at + 1] != ']') {
                int dash = at++;
                if (cps[at] == '['
                        || cps[at] == '\\' && at + 1 < cps.length && "sSdDhHwWpP".indexOf(cps[at + 1]) >= 0) {
                    at = dash;
                } else {
                    return range(first, character());
                }
            }
            return range(first, first);
        }

        private int character() {
            int c = cps[at++];
            if (c != '\\') {
                return c;
            }
            if (at >= cps.length) {
                throw error("a lone `\\` at the end");
            }
            if (cps[at] == 'b') {
                at++;
                return 0x08;
            }
            return characterEscape();
        }

        private IntPredicate range(int low, int high) {
            if (low > high) {
                throw error("an empty range");
            }
            if (!ignoreCase) {
                return c -> c >= low && c <= high;
            }
            return c -> {
                if (c >= low && c <= high) {
                    return true;
                }
                for (int other : Sets.sameIgnoringCase(c)) {
                    if (other >= low && other <= high) {
                        return true;
                    }
                }
                return false;
            };
        }

        private IntPredicate posix() {
            int end = ++at;
            while (end + 1 < cps.length && !(cps[end] == ':' && cps[end + 1] == ']')) {
                end++;
            }
            if (end + 1 >= cps.length) {
                throw error("`[:` without `:]`");
            }
            String name = CodePoints.string(cps, at, end);
            at = end + 2;
            boolean not = name.startsWith("^");
            return named(not ? name.substring(1) : name, not);
        }
    }
}
