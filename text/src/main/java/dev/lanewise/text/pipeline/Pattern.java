package dev.lanewise.text.pipeline;

import dev.lanewise.text.json.Json;
import dev.lanewise.text.regex.Regex;
import dev.lanewise.text.unicode.CodePoints;
import java.util.Arrays;
import java.util.Set;

/** What Split and Replace look for: a text or a regular expression. */
interface Pattern {
    /** Passes on the matches in [start, end) of a text. */
    void forEach(int[] text, int start, int end, Regex.Sink sink);

    static Pattern of(Json json) {
        json.only(Set.of("String", "Regex"));
        if (json.map().size() != 1) {
            throw json.expected("either String or Regex");
        }
        if (json.map().containsKey("Regex")) {
            Regex regex = Regex.compile(json.get("Regex").string());
            return regex::forEach;
        }
        String literal = json.get("String").string();
        if (literal.isEmpty()) {
            return Regex.compile("")::forEach;
        }
        return new Literal(CodePoints.of(literal));
    }

    /** Divides a range of a text into matches and gaps. */
    default void cut(int[] text, int start, int end, Matches out) {
        out.clear();
        int[] last = {start};
        forEach(text, start, end, (from, to) -> {
            if (last[0] != from) {
                out.add(last[0], from, false);
            }
            out.add(from, to, true);
            last[0] = to;
        });
        if (last[0] != end) {
            out.add(last[0], end, false);
        }
    }

    /** A text. */
    record Literal(int[] cps) implements Pattern {
        @Override
        public void forEach(int[] text, int start, int end, Regex.Sink sink) {
            int n = cps.length;
            for (int i = start; i + n <= end; ) {
                if (text[i] == cps[0] && Arrays.equals(text, i, i + n, cps, 0, n)) {
                    sink.match(i, i + n);
                    i += n;
                } else {
                    i++;
                }
            }
        }
    }
}
