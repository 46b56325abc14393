package dev.lanewise.nn.train;

import dev.lanewise.nn.io.CheckpointException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Figures by name as text that can be read back as the same figures in the same order: one line {@code name=value}
 * each.
 */
final class Notes {
    private Notes() {}

    static String text(Map<String, Double> figures) {
        StringBuilder text = new StringBuilder();
        figures.forEach(
                (name, value) -> text.append(name).append('=').append(value).append('\n'));
        return text.toString();
    }

    /** The notes among the metadata of a file, by what follows the prefix in their names. */
    static Map<String, Map<String, Double>> of(Path file, Map<String, String> facts, String prefix) {
        Map<String, Map<String, Double>> notes = new LinkedHashMap<>();
        facts.forEach((name, text) -> {
            if (name.startsWith(prefix)) {
                notes.put(name.substring(prefix.length()), parse(file, name, text));
            }
        });
        return notes;
    }

    private static Map<String, Double> parse(Path file, String heading, String text) {
        Map<String, Double> figures = new LinkedHashMap<>();
        text.lines().forEach(line -> {
            int sign = Math.max(0, line.lastIndexOf('='));
            figures.put(line.substring(0, sign), number(file, heading, line.substring(sign + 1)));
        });
        return figures;
    }

    static double number(Path file, String name, @Nullable String text) {
        try {
            return Double.parseDouble(text == null ? "nothing" : text);
        } catch (NumberFormatException e) {
            throw new CheckpointException(
                    file, "'" + text + "' for " + name, "a number", "save the checkpoint again", e);
        }
    }
}
