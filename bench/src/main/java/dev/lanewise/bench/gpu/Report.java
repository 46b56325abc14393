package dev.lanewise.bench.gpu;

import dev.lanewise.bench.Json;
import dev.lanewise.examples.JsonLine;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What a folder of results says: a file per step, {@code facts.json}, and made of these {@code gpu-check.json} and {@code
 * gpu-check.md}. Steps without a file have not been run.
 *
 * @param folder the results
 */
record Report(Path folder) {
    /** Writes the facts. */
    void save(Map<String, Object> facts) {
        write("facts.json", JsonLine.of(facts));
    }

    /** Writes what became of a step. */
    void save(GpuStep step, StepResult result, Map<String, Object> facts, double seconds) {
        Map<String, Object> fields = named(step);
        fields.put("status", result.status());
        fields.put("summary", result.summary());
        fields.put("seconds", Math.rint(seconds * 10) / 10);
        fields.put("date", Facts.now());
        fields.put("on", String.valueOf(facts.getOrDefault("summary", facts.get("device"))));
        fields.put("rows", result.rows());
        fields.put("failures", result.failures());
        write(step.id() + ".json", JsonLine.of(fields));
    }

    /** Makes the two files of all there is; returns their paths. */
    List<Path> write() {
        Map<String, Object> facts = read("facts.json", new LinkedHashMap<>());
        List<Map<String, Object>> steps = new ArrayList<>();
        for (GpuStep step : GpuStep.values()) {
            Map<String, Object> absent = named(step);
            absent.put("status", StepResult.NOT_RUN);
            absent.put("summary", facts.containsKey("unavailable") ? "nothing serves " + facts.get("device") : "");
            steps.add(read(step.id() + ".json", absent));
        }
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("facts", facts);
        all.put("steps", steps);
        return List.of(write("gpu-check.json", JsonLine.of(all)), write("gpu-check.md", markdown(facts, steps)));
    }

    private static Map<String, Object> named(GpuStep step) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("step", step.id());
        fields.put("title", step.title);
        return fields;
    }

    private Map<String, Object> read(String name, Map<String, Object> otherwise) {
        Path file = folder.resolve(name);
        try {
            return Files.isRegularFile(file) ? Json.object(Files.readString(file)) : otherwise;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Replaces a file as a whole: one that was cut off could not be read by the next run. */
    private Path write(String name, String text) {
        Path unfinished = folder.resolve(name + ".tmp");
        try {
            Files.writeString(unfinished, text.endsWith("\n") ? text : text + "\n");
            return Files.move(
                    unfinished,
                    folder.resolve(name),
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String markdown(Map<String, Object> facts, List<Map<String, Object>> steps) {
        StringBuilder out = new StringBuilder("# GPU check\n\n");
        facts.forEach((name, value) -> {
            if (!name.equals("doctor")) {
                out.append("- ")
                        .append(name.replace('_', ' '))
                        .append(": ")
                        .append(text(value))
                        .append('\n');
            }
        });
        out.append("\n| step | what | state | seconds | result |\n| --- | --- | --- | ---: | --- |\n");
        for (Map<String, Object> step : steps) {
            out.append("| ").append(step.get("step")).append(" | ").append(step.get("title"));
            out.append(" | ").append(step.get("status")).append(" | ").append(step.getOrDefault("seconds", ""));
            out.append(" | ").append(cell(step.getOrDefault("summary", ""))).append(" |\n");
        }
        steps.forEach(step -> details(out, step));
        if (facts.get("doctor") instanceof List<?> doctor && !doctor.isEmpty()) {
            out.append("\n## doctor\n\n```\n");
            doctor.forEach(line -> out.append(line).append('\n'));
            out.append("```\n");
        }
        return out.toString();
    }

    private static void details(StringBuilder out, Map<String, Object> step) {
        List<?> rows = step.get("rows") instanceof List<?> list ? list : List.of();
        List<?> failures = step.get("failures") instanceof List<?> list ? list : List.of();
        if (rows.isEmpty() && failures.isEmpty()) {
            return;
        }
        out.append("\n## ").append(step.get("step")).append("\n\n");
        out.append(step.get("date")).append(", ").append(step.get("on")).append("\n\n");
        table(out, rows);
        if (!failures.isEmpty()) {
            out.append("\nFailed:\n\n");
            failures.forEach(failure -> out.append("- ").append(cell(failure)).append('\n'));
        }
    }

    private static void table(StringBuilder out, List<?> rows) {
        Set<Object> columns = new LinkedHashSet<>();
        rows.forEach(row -> columns.addAll(((Map<?, ?>) row).keySet()));
        if (columns.isEmpty()) {
            return;
        }
        columns.forEach(column ->
                out.append("| ").append(column.toString().replace('_', ' ')).append(' '));
        out.append("|\n").append("| --- ".repeat(columns.size())).append("|\n");
        for (Object row : rows) {
            columns.forEach(column -> {
                Object value = ((Map<?, ?>) row).get(column);
                out.append("| ").append(value == null ? "" : cell(value)).append(' ');
            });
            out.append("|\n");
        }
    }

    private static String cell(Object value) {
        return text(value).replace("|", "\\|").replaceAll("\\s*\\R\\s*", " ");
    }

    private static String text(Object value) {
        return switch (value) {
            case Double real -> String.format(Locale.ROOT, "%.2f", real);
            case Map<?, ?> map ->
                map.entrySet().stream()
                        .map(entry -> entry.getKey() + " " + text(entry.getValue()))
                        .collect(Collectors.joining(", "));
            case List<?> list -> list.stream().map(Report::text).collect(Collectors.joining("; "));
            default -> value.toString();
        };
    }
}
