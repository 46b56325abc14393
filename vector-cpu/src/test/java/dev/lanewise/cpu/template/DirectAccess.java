package dev.lanewise.cpu.template;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Writes out loads and stores of vectors: {@code loadF32(x)} becomes {@code FloatVector.fromMemorySegment(...)}. In a method
 * that has grown large C2 leaves calls of {@code Access} as they are, with the vectors boxed; the Vector API's own are always
 * inlined.
 */
final class DirectAccess {
    private static final Pattern CALL = Pattern.compile("(?<![\\w.])(load|store)(F32|F64|Widened)\\(");
    private static final Pattern IMPORT =
            Pattern.compile("import static dev\\.lanewise\\.cpu\\.memory\\.Access\\.(load|store)(F32|F64|Widened);\n");
    private static final String MEMORY = "import static dev.lanewise.cpu.memory.NativeMemory.";
    private static final String VECTOR = "import jdk.incubator.vector.";
    private static final String SPECIES = "import dev.lanewise.cpu.Species;\n";

    private DirectAccess() {}

    /** The text of a class, with its accesses written out. */
    static String of(String text) {
        if (!IMPORT.matcher(text).find()) {
            return text;
        }
        StringBuilder out = new StringBuilder(IMPORT.matcher(text).replaceAll(""));
        for (Matcher call = CALL.matcher(out); call.find(); call = CALL.matcher(out)) {
            int end = close(out, call.end());
            List<String> arguments = arguments(out.substring(call.end(), end));
            String written = call.group(1).equals("load") ? load(call.group(2), arguments) : store(arguments);
            // a method is called on what was cast
            boolean cast = written.startsWith("(") && out.charAt(end + 1) == '.';
            out.replace(call.start(), end + 1, cast ? "(" + written + ")" : written);
        }
        return imported(out.toString());
    }

    private static String load(String type, List<String> arguments) {
        if (type.equals("Widened")) {
            return "(DoubleVector) FloatVector.fromMemorySegment(Species.F32_HALF, " + place(arguments.get(0))
                    + ").convertShape(VectorOperators.F2D, Species.F64, 0)";
        }
        String vector = type.equals("F32") ? "FloatVector" : "DoubleVector";
        String place = "Species." + type + ", " + place(arguments.get(0));
        return vector + ".fromMemorySegment(" + place + mask(arguments, 1) + ")";
    }

    private static String store(List<String> arguments) {
        String vector = arguments.get(0);
        // a name, or a chain of calls
        boolean plain = vector.matches("\\w+(\\.\\w+)*|.*\\)");
        return (plain ? vector : "(" + vector + ")") + ".intoMemorySegment(" + place(arguments.get(1))
                + mask(arguments, 2) + ")";
    }

    private static String place(String address) {
        return "ALL, " + (address.matches("[\\w.]+") ? address : "(" + address + ")") + " & MASK, Species.ORDER";
    }

    private static String mask(List<String> arguments, int at) {
        return arguments.size() > at ? ", " + arguments.get(at) : "";
    }

    /** Where the parenthesis closes that opened before a position. */
    private static int close(CharSequence text, int from) {
        int depth = 1;
        for (int i = from; i < text.length(); i++) {
            depth += text.charAt(i) == '(' ? 1 : text.charAt(i) == ')' ? -1 : 0;
            if (depth == 0) {
                return i;
            }
        }
        throw new IllegalArgumentException("not closed: " + text.subSequence(from, Math.min(from + 40, text.length())));
    }

    private static List<String> arguments(String text) {
        List<String> arguments = new ArrayList<>();
        int depth = 0;
        int start = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            depth += c == '(' ? 1 : c == ')' ? -1 : 0;
            if (c == ',' && depth == 0) {
                arguments.add(text.substring(start, i).strip());
                start = i + 1;
            }
        }
        arguments.add(text.substring(start).strip());
        return arguments;
    }

    private static String imported(String text) {
        String added = text;
        for (String name : List.of("MASK", "ALL")) {
            String line = MEMORY + name + ";\n";
            if (!added.contains(line)) {
                added = added.replaceFirst("(package [\\w.]+;\n\n)", "$1" + line);
            }
        }
        for (String line : List.of(
                VECTOR + "VectorOperators;\n", VECTOR + "DoubleVector;\n", VECTOR + "FloatVector;\n", SPECIES)) {
            String used = line.replaceAll(".*\\.(\\w+);\n", "$1.");
            if (added.contains(used) && !added.contains(line)) {
                added = added.replaceFirst("\nimport (?!static)", "\n" + line + "import ");
            }
        }
        return added;
    }
}
