package dev.lanewise.text.jinja;

import java.util.ArrayList;
import java.util.List;

/** Splits a template into text and the tokens of its tags; blocks are trimmed as configured by transformers. */
final class Lexer {
    /** What a token is. */
    enum Kind {
        TEXT,
        OUTPUT_BEGIN,
        OUTPUT_END,
        BLOCK_BEGIN,
        BLOCK_END,
        NAME,
        STRING,
        INTEGER,
        FLOAT,
        OPERATOR,
        END
    }

    /**
     * A token.
     *
     * @param kind what it is
     * @param text its text; of a string, its value
     * @param line the line it begins in
     */
    record Token(Kind kind, String text, int line) {
        boolean is(Kind other, String value) {
            return kind == other && text.equals(value);
        }
    }

    private static final List<String> OPERATORS = List.of(
            "**", "//", "==", "!=", ">=", "<=", "+", "-", "*", "/", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<",
            "=", ".", ":", "|", ",");

    private final String source;
    private final List<Token> tokens = new ArrayList<>();
    private int at;
    private int line = 1;
    /** Whether the preceding input ended a line. */
    private boolean lineStart = true;

    private Lexer(String source) {
        String normalized = source.replace("\r\n", "\n").replace('\r', '\n');
        this.source = normalized.endsWith("\n") ? normalized.substring(0, normalized.length() - 1) : normalized;
    }

    static List<Token> tokens(String source) {
        Lexer lexer = new Lexer(source);
        lexer.run();
        return lexer.tokens;
    }

    private void run() {
        while (at < source.length()) {
            int tag = nextTag();
            if (tag < 0) {
                text(source.substring(at));
                at = source.length();
                break;
            }
            char kind = source.charAt(tag + 1);
            int after = tag + 2;
            char sign = after < source.length() ? source.charAt(after) : ' ';
            text(before(tag, kind, sign));
            advance(tag);
            at = sign == '-' || sign == '+' ? after + 1 : after;
            switch (kind) {
                case '#' -> comment();
                case '{' -> tag(Kind.OUTPUT_BEGIN, Kind.OUTPUT_END, "}}", false);
                default -> {
                    if (!raw()) {
                        tag(Kind.BLOCK_BEGIN, Kind.BLOCK_END, "%}", true);
                    }
                }
            }
        }
        tokens.add(new Token(Kind.END, "", line));
    }

    private int nextTag() {
        for (int i = source.indexOf('{', at); i >= 0 && i + 1 < source.length(); i = source.indexOf('{', i + 1)) {
            char c = source.charAt(i + 1);
            if (c == '{' || c == '%' || c == '#') {
                return i;
            }
        }
        return -1;
    }

    /** The text before a tag, trimmed as its sign says; a block alone on its line loses its indentation. */
    private String before(int tag, char kind, char sign) {
        String text = source.substring(at, tag);
        if (sign == '-') {
            return Py.strip(text, null, false, true);
        }
        if (sign != '+' && kind != '{') {
            int from = text.lastIndexOf('\n') + 1;
            if ((from > 0 || lineStart)
                    && from < text.length()
                    && text.substring(from).codePoints().allMatch(Py::isSpace)) {
                return text.substring(0, from);
            }
        }
        return text;
    }

    private void text(String text) {
        if (!text.isEmpty()) {
            tokens.add(new Token(Kind.TEXT, text, line));
        }
    }

    /** Counts the lines up to a position. */
    private void advance(int to) {
        for (int i = at; i < to; i++) {
            if (source.charAt(i) == '\n') {
                line++;
            }
        }
        at = to;
    }

    private void comment() {
        int end = source.indexOf("#}", at);
        if (end < 0) {
            throw TemplateError.at(line, "a comment without its `#}`");
        }
        char sign = source.charAt(end - 1);
        boolean signed = end > at && (sign == '-' || sign == '+');
        finish(end + 2, signed ? sign : ' ', true);
    }

    /** Continues after a tag: past white space if it says so, past one line end if it is a block. */
    private void finish(int end, char sign, boolean block) {
        int to = end;
        if (sign == '-') {
            while (to < source.length() && Py.isSpace(source.charAt(to))) {
                to++;
            }
        } else if (block && sign != '+' && to < source.length() && source.charAt(to) == '\n') {
            to++;
        }
        lineStart = source.charAt(to - 1) == '\n';
        advance(to);
    }

    /** {@code {% raw %}}: text up to its end, tags and all. */
    private boolean raw() {
        java.util.regex.Matcher start = java.util.regex.Pattern.compile("\\s*raw\\s*([-+]?)%\\}")
                .matcher(source)
                .region(at, source.length());
        if (!start.lookingAt()) {
            return false;
        }
        finish(start.end(), sign(start.group(1)), true);
        java.util.regex.Matcher end = java.util.regex.Pattern.compile("\\{%([-+]?)\\s*endraw\\s*([-+]?)%\\}")
                .matcher(source);
        if (!end.find(at)) {
            throw TemplateError.at(line, "`raw` without `endraw`");
        }
        text(before(end.start(), '%', sign(end.group(1))));
        advance(end.start());
        finish(end.end(), sign(end.group(2)), true);
        return true;
    }

    private static char sign(String group) {
        return group.isEmpty() ? ' ' : group.charAt(0);
    }

    private void tag(Kind begin, Kind end, String close, boolean block) {
        tokens.add(new Token(begin, "", line));
        int depth = 0;
        while (true) {
            skipSpace();
            if (at >= source.length()) {
                throw TemplateError.at(line, "a tag without its `" + close + "`");
            }
            char c = source.charAt(at);
            if (depth == 0 && closes(close)) {
                char sign = c == '-' || c == '+' && block ? c : ' ';
                tokens.add(new Token(end, "", line));
                finish(at + (sign == ' ' ? 2 : 3), sign, block);
                return;
            }
            if (c == '"' || c == '\'') {
                string(c);
            } else if (c >= '0' && c <= '9') {
                number();
            } else if (Character.isUnicodeIdentifierStart(c) || c == '_') {
                name();
            } else {
                String operator = operator();
                if ("([{".contains(operator)) {
                    depth++;
                } else if (")]}".contains(operator)) {
                    depth--;
                }
            }
        }
    }

    private boolean closes(String close) {
        return source.startsWith(close, at)
                || source.startsWith("-" + close, at)
                || close.equals("%}") && source.startsWith("+%}", at);
    }

    private void skipSpace() {
        int to = at;
        while (to < source.length() && Py.isSpace(source.charAt(to))) {
            to++;
        }
        advance(to);
    }

    private void name() {
        int to = at;
        while (to < source.length()
                && (Character.isUnicodeIdentifierPart(source.charAt(to)) && source.charAt(to) >= ' '
                        || source.charAt(to) == '_')) {
            to++;
        }
        tokens.add(new Token(Kind.NAME, source.substring(at, to), line));
        at = to;
    }

    private void number() {
        java.util.regex.Matcher m = java.util.regex.Pattern.compile(
                        "(\\d[\\d_]*)(\\.\\d[\\d_]*)?([eE][-+]?\\d[\\d_]*)?")
                .matcher(source)
                .region(at, source.length());
        if (!m.lookingAt()) {
            throw TemplateError.at(line, "a number that is none");
        }
        if (source.charAt(at - 1) == '.') {
            // an index after a point: a.0.1
            tokens.add(new Token(Kind.INTEGER, m.group(1).replace("_", ""), line));
            at += m.group(1).length();
            return;
        }
        boolean integer = m.group(2) == null && m.group(3) == null;
        tokens.add(new Token(integer ? Kind.INTEGER : Kind.FLOAT, m.group().replace("_", ""), line));
        at = m.end();
    }

    private String operator() {
        for (String operator : OPERATORS) {
            if (source.startsWith(operator, at)) {
                tokens.add(new Token(Kind.OPERATOR, operator, line));
                at += operator.length();
                return operator;
            }
        }
        throw TemplateError.at(line, "the character `" + Character.toString(source.codePointAt(at)) + "`");
    }

    private void string(char quote) {
        int start = line;
        StringBuilder out = new StringBuilder();
        int i = at + 1;
        while (true) {
            if (i >= source.length()) {
                throw TemplateError.at(start, "a string without its closing quote");
            }
            char c = source.charAt(i++);
            if (c == quote) {
                break;
            }
            if (c != '\\' || i >= source.length()) {
                out.append(c);
                continue;
            }
            i = escape(i, out);
        }
        tokens.add(new Token(Kind.STRING, out.toString(), start));
        advance(i);
    }

    /** Python's escapes; an invalid one is kept as it is. */
    private int escape(int at, StringBuilder out) {
        char c = source.charAt(at);
        int simple = "abfnrtv\\'\"".indexOf(c);
        if (simple >= 0) {
            out.append("\u0007\b\f\n\r\t\u000b\\'\"".charAt(simple));
            return at + 1;
        }
        if (c == '\n') {
            return at + 1;
        }
        int digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
        if (digits > 0) {
            try {
                out.appendCodePoint(Integer.parseInt(source.substring(at + 1, at + 1 + digits), 16));
                return at + 1 + digits;
            } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
                throw TemplateError.at(line, "the escape `\\" + c + "` in a string");
            }
        }
        if (c >= '0' && c <= '7' || c == 'N') {
            throw TemplateError.at(line, "the escape `\\" + c + "` in a string");
        }
        out.append('\\');
        return at;
    }
}
