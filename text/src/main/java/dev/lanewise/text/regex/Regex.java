package dev.lanewise.text.regex;

import dev.lanewise.text.unicode.CharSet;

/**
 * A regular expression over code points in Oniguruma's Ruby syntax, which tokenizer files use. Backtracking keeps its
 * own stack, so that no text overflows the thread's, and gives up with an error on texts that would take forever.
 */
public final class Regex {
    final String source;
    final int[] code;
    final CharSet[] sets;
    final int registers;

    Regex(String source, int[] code, CharSet[] sets, int registers) {
        this.source = source;
        this.code = code;
        this.sets = sets;
        this.registers = registers;
    }

    /** Compiles an expression. */
    public static Regex compile(String source) {
        return Compiler.compile(source);
    }

    /** Receives the matches of a text. */
    public interface Sink {
        /** A match from {@code start} to before {@code end}. */
        void match(int start, int end);
    }

    /**
     * Passes on all matches in [start, end) in order; conditions on the position see only that part. An empty match
     * right after another match is skipped.
     */
    public void forEach(int[] text, int start, int end, Sink sink) {
        Matcher matcher = new Matcher(this, text, start, end);
        int from = start;
        int lastEnd = -1;
        while (from <= end) {
            int found = matcher.find(from);
            if (found < 0) {
                return;
            }
            int matchEnd = matcher.end();
            if (found == matchEnd && lastEnd == matchEnd) {
                from++;
                continue;
            }
            sink.match(found, matchEnd);
            from = matchEnd;
            lastEnd = matchEnd;
        }
    }
}
