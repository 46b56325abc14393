package dev.lanewise.cpu.template;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A template of Java classes that differ in an element type or a number of rows.
 *
 * <p>Lines that begin with {@code #} are for the template, all others are Java with {@code $name$} for values:
 *
 * <ul>
 *   <li>{@code #class F32Tile8x2 F32 ROWS=8} asks for a class of that name, for an element type and with values of its own.
 *       The name is {@code $Class$};
 *   <li>{@code #if[F32]}, {@code #else}, {@code #end}: lines for classes that have a value of that name;
 *       {@code #if[$i$ == 0]} compares;
 *   <li>{@code #for[i 0..8]}, {@code #end}: lines repeated with {@code $i$} from 0 to 7; {@code #for[n 8 4]} names the values;
 *   <li>{@code # text}: a comment, left out.
 * </ul>
 *
 * <p>Loads and stores of vectors are written out ({@link DirectAccess}).
 */
final class KernelTemplate {
    private static final Pattern VALUE = Pattern.compile("\\$(\\w+)\\$");
    private static final Pattern BLOCK = Pattern.compile("#(if|for)\\[(.*)]");

    /** What the names of the element types stand for. */
    private static final Map<String, Map<String, String>> TYPES = Map.of(
            "F32",
                    Map.of(
                            "T",
                            "F32",
                            "t",
                            "f32",
                            "type",
                            "float",
                            "Type",
                            "Float",
                            "TYPE",
                            "FLOAT",
                            "precision",
                            "single",
                            "Precision",
                            "Single",
                            "f",
                            "f",
                            "narrow",
                            "(float) "),
            "F64",
                    Map.of(
                            "T",
                            "F64",
                            "t",
                            "f64",
                            "type",
                            "double",
                            "Type",
                            "Double",
                            "TYPE",
                            "DOUBLE",
                            "precision",
                            "double",
                            "Precision",
                            "Double",
                            "f",
                            "d",
                            "narrow",
                            ""));

    private final String name;
    private final List<String> lines;
    private int at;
    /** How many blocks around the current line are not written. */
    private int hidden;

    /**
     * A template's text.
     *
     * @param name where it comes from, for errors
     */
    KernelTemplate(String name, List<String> lines) {
        this.name = name;
        this.lines = lines;
    }

    /** The text of each class that the template asks for, by the class's name. */
    Map<String, String> classes() {
        Map<String, String> classes = new LinkedHashMap<>();
        for (at = 0; at < lines.size(); at++) {
            String line = lines.get(at).strip();
            if (line.startsWith("#class ")) {
                String[] words = line.split(" +", -1);
                int asked = at;
                classes.put(words[1], text(values(words)));
                at = asked;
            }
        }
        if (classes.isEmpty()) {
            throw new IllegalArgumentException(name + ": asks for no class");
        }
        return classes;
    }

    private Map<String, String> values(String[] words) {
        Map<String, String> values = new LinkedHashMap<>();
        values.put("Class", words[1]);
        for (String word : List.of(words).subList(2, words.length)) {
            if (TYPES.containsKey(word)) {
                values.put(word, "");
                values.putAll(TYPES.get(word));
            } else {
                String[] pair = word.split("=", 2);
                values.put(pair[0], pair.length == 2 ? pair[1] : "");
            }
        }
        return values;
    }

    private String text(Map<String, String> values) {
        List<String> out = new ArrayList<>();
        at = 0;
        block(values, out);
        if (at < lines.size()) {
            throw error("closes nothing");
        }
        return DirectAccess.of(String.join("\n", out) + "\n");
    }

    /** Writes the lines from here to the directive that ends the block, or passes over hidden ones, and stays there. */
    private void block(Map<String, String> values, List<String> out) {
        for (; at < lines.size(); at++) {
            String line = lines.get(at).strip();
            if (line.startsWith("#class ") || line.startsWith("# ")) {
                continue;
            }
            Matcher block = BLOCK.matcher(line);
            if (line.equals("#else") || line.equals("#end")) {
                return;
            } else if (!line.startsWith("#")) {
                if (hidden == 0) {
                    out.add(fill(lines.get(at), values));
                }
            } else if (!block.matches()) {
                throw error("no directive");
            } else if (hidden > 0) {
                choose(false, values, out);
            } else if (block.group(1).equals("if")) {
                choose(holds(fill(block.group(2), values), values), values, out);
            } else {
                repeat(fill(block.group(2), values).split(" +", -1), values, out);
            }
        }
    }

    private static boolean holds(String condition, Map<String, String> values) {
        String[] sides = condition.split(" *== *", 2);
        return sides.length == 2 ? sides[0].equals(sides[1]) : values.containsKey(condition);
    }

    private void choose(boolean holds, Map<String, String> values, List<String> out) {
        inner(values, out, !holds);
        if (lines.get(at).strip().equals("#else")) {
            inner(values, out, holds);
        }
        requireEnd();
    }

    private void repeat(String[] words, Map<String, String> values, List<String> out) {
        int start = at;
        Map<String, String> inside = new LinkedHashMap<>(values);
        for (String value : rangeOrList(words)) {
            at = start;
            inside.put(words[0], value);
            inner(inside, out, false);
            requireEnd();
        }
    }

    private List<String> rangeOrList(String[] words) {
        Stream<String> given = Stream.of(words).skip(1);
        if (words.length == 2 && words[1].contains("..")) {
            String[] ends = words[1].split("\\.\\.", 2);
            given = IntStream.range(Integer.parseInt(ends[0]), Integer.parseInt(ends[1]))
                    .mapToObj(Integer::toString);
        }
        List<String> values = given.toList();
        if (values.isEmpty()) {
            throw error("repeats nothing");
        }
        return values;
    }

    private void inner(Map<String, String> values, List<String> out, boolean hides) {
        int start = at++;
        hidden += hides ? 1 : 0;
        block(values, out);
        hidden -= hides ? 1 : 0;
        if (at == lines.size()) {
            at = start;
            throw error("has no #end");
        }
    }

    private void requireEnd() {
        if (!lines.get(at).strip().equals("#end")) {
            throw error("stands for no #if");
        }
    }

    private String fill(String text, Map<String, String> values) {
        return VALUE.matcher(text).replaceAll(found -> {
            String value = values.get(found.group(1));
            if (value == null) {
                throw error("knows no value " + found.group());
            }
            return Matcher.quoteReplacement(value);
        });
    }

    private IllegalArgumentException error(String what) {
        return new IllegalArgumentException(
                name + ":" + (at + 1) + ": " + lines.get(at).strip() + ": " + what);
    }
}
