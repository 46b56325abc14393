package dev.lanewise.bench.fuzz;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A case in which something is wrong.
 *
 * @param number the case
 * @param kind crash, hang, or what the case says
 * @param text what ran and what was seen
 */
record FuzzFinding(long number, String kind, String text) {
    /** The group of similar findings: of one kind in one operation. */
    String group() {
        String[] words = text.split("[ :]", 5);
        String what = words[0].equals("gradient") && words.length > 2 ? "gradient of " + words[2] : words[0];
        return kind + " in " + what;
    }

    Map<String, Object> fields(FuzzPart part, long seed) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("part", part.toString());
        fields.put("seed", seed);
        fields.put("case", number);
        fields.put("kind", kind);
        fields.put("text", text);
        return fields;
    }

    /** One line, with what reproduces it. */
    String line(FuzzPart part, long seed) {
        return part + " --seed " + seed + " --first " + number + ": " + kind + ": " + text;
    }
}
