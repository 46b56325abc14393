package dev.lanewise.bench;

import dev.lanewise.nn.io.BadFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/**
 * Times of work by its name, which is the operation and its shape or the workload: {@code matmul 32x32x32}.
 *
 * @param seconds by name, in the order of the lines
 */
public record Measurements(Map<String, Double> seconds) {
    private static final JsonFactory FACTORY = new JsonFactory();

    /** Reads the lines that {@code bench ops|train --json} or the peer's script printed. */
    static Measurements read(Path file) {
        try {
            return parse(file.toString(), Files.readAllLines(file));
        } catch (IOException e) {
            throw BadFileException.unreadable(file, "lines of JSON that bench --json wrote", e);
        }
    }

    /**
     * Parses lines; for lines with the same name, the best time counts. Lines that are not JSON objects are skipped,
     * since a JVM or Python may print warnings among them.
     *
     * @param source the source's name in messages
     */
    public static Measurements parse(String source, List<String> lines) {
        Map<String, Double> best = new LinkedHashMap<>();
        for (String line : lines) {
            if (line.startsWith("{")) {
                Line parsed = parse(source, line);
                best.merge(parsed.name, parsed.seconds, Math::min);
            }
        }
        return new Measurements(best);
    }

    /** The numbers of a line by key; everything else is omitted. */
    static Map<String, Double> numbers(String line) {
        Map<String, Double> numbers = new LinkedHashMap<>();
        try (JsonParser parser = FACTORY.createParser(ObjectReadContext.empty(), line)) {
            parser.nextToken();
            for (String key = parser.nextName(); key != null; key = parser.nextName()) {
                if (parser.nextToken().isNumeric()) {
                    numbers.put(key, parser.getDoubleValue());
                }
            }
        }
        return numbers;
    }

    private record Line(String name, double seconds) {}

    private static Line parse(String source, String line) {
        String name = null;
        StringJoiner shape = new StringJoiner("x", " ", "").setEmptyValue("");
        double seconds = Double.NaN;
        try (JsonParser parser = FACTORY.createParser(ObjectReadContext.empty(), line)) {
            parser.nextToken();
            for (String key = parser.nextName(); key != null; key = parser.nextName()) {
                JsonToken value = parser.nextToken();
                switch (key) {
                    case "op", "workload" -> name = parser.getString();
                    case "us" -> seconds = parser.getDoubleValue() / 1e6;
                    case "ms_per_step" -> seconds = parser.getDoubleValue() / 1e3;
                    case "shape" -> {
                        while (parser.nextToken() != JsonToken.END_ARRAY) {
                            shape.add(parser.getString());
                        }
                    }
                    default -> {
                        if (value == JsonToken.START_ARRAY || value == JsonToken.START_OBJECT) {
                            parser.skipChildren();
                        }
                    }
                }
            }
        } catch (JacksonException e) {
            throw bad(source, line, e);
        }
        if (name == null || !(seconds > 0)) {
            throw bad(source, line, null);
        }
        return new Line(name + shape, seconds);
    }

    private static BadFileException bad(String source, String line, @Nullable Exception cause) {
        return new BadFileException(
                source,
                "the line " + line,
                "op or workload, and us or ms_per_step above 0",
                "write it with bench --json",
                cause);
    }
}
