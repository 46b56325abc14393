package dev.lanewise.cuda.kernel;

import dev.lanewise.cuda.lib.Version;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A row of the table of registers: the kernels of one name in programs that differ in types, or in an expression, only. */
final class RegisterRow {
    private static final Pattern TYPES = Pattern.compile("(_(f32|f64|f16|bf16|i8|u8|i32|i64|bool))+$|_\\d+$");

    private static final Pattern ROW =
            Pattern.compile("(?m)^\\| (\\S+ \\| \\S+) \\| (\\d+) \\| (\\d+)(?: to (\\d+))? \\|$");

    /** Programs of one expression each. */
    private static final List<String> ELEMENTWISE = List.of("packed", "strided");

    private final String name;
    private int programs;
    private int least = Integer.MAX_VALUE;
    private int most;

    RegisterRow(String name) {
        this.name = name;
    }

    /** Which row a kernel belongs to. */
    static String name(KernelSource source, String kernel) {
        if (ELEMENTWISE.contains(kernel)) {
            return "elementwise | " + kernel;
        }
        Matcher types = TYPES.matcher(source.name());
        return types.replaceFirst("") + " | " + kernel;
    }

    synchronized void add(int registers) {
        programs++;
        least = Math.min(least, registers);
        most = Math.max(most, registers);
    }

    /** The rows of a document, by their names. */
    static Map<String, RegisterRow> read(String table) {
        Map<String, RegisterRow> rows = new HashMap<>();
        Matcher matcher = ROW.matcher(table);
        while (matcher.find()) {
            RegisterRow row = new RegisterRow(matcher.group(1));
            row.programs = Integer.parseInt(matcher.group(2));
            row.least = Integer.parseInt(matcher.group(3));
            row.most = matcher.group(4) == null ? row.least : Integer.parseInt(matcher.group(4));
            rows.put(row.name, row);
        }
        return rows;
    }

    /** Whether a table has this row, of as many programs and as large a range or more. */
    boolean isWithin(Map<String, RegisterRow> table) {
        RegisterRow row = table.get(name);
        return row != null && row.programs >= programs && row.least <= least && row.most >= most;
    }

    @Override
    public String toString() {
        return name + " of " + programs + ": " + least + " to " + most;
    }

    /** The document. */
    static String table(Version compiler, Collection<RegisterRow> rows) {
        StringBuilder out = new StringBuilder("# Registers of the CUDA kernels\n\n"
                + "Compiled for compute capability 9.0 by NVRTC " + compiler
                + "; written by `KernelTemplatesTest` with `-Dlanewise.cuda.kernels=all -Dlanewise.cuda.writeRegisters=true`.\n"
                + "A multiprocessor has 65,536: a block of 256 threads with 64 each takes a quarter of them. No kernel spills or\n"
                + "has local memory, except for sine, cosine and tangent and the normal random numbers made of them: large angles are\n"
                + "reduced by a table.\n\n"
                + "| programs | kernel | how many | registers |\n| --- | --- | ---: | ---: |\n");
        for (RegisterRow row : rows) {
            out.append("| ")
                    .append(row.name)
                    .append(" | ")
                    .append(row.programs)
                    .append(" | ")
                    .append(row.least);
            out.append(row.most == row.least ? "" : " to " + row.most).append(" |\n");
        }
        return out.toString();
    }
}
