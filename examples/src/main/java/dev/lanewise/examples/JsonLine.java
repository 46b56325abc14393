package dev.lanewise.examples;

import java.io.StringWriter;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/** One JSON object in one line. */
public final class JsonLine {
    private static final JsonFactory FACTORY = new JsonFactory();

    private JsonLine() {}

    /**
     * Writes strings, whole numbers, real numbers (null where they are not finite), truth values, arrays of floats, and
     * lists and maps of these, in the map's order.
     */
    public static String of(Map<String, ?> fields) {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = FACTORY.createGenerator(ObjectWriteContext.empty(), text)) {
            write(json, fields);
        }
        return escaped(text.toString());
    }

    /** Escapes characters that would control a terminal, so that they reach a program but not a person's terminal. */
    private static String escaped(String json) {
        StringBuilder escaped = new StringBuilder(json.length());
        for (int i = 0; i < json.length(); i++) {
            char c = json.charAt(i);
            if (Output.steers(c)) {
                escaped.append(String.format("\\u%04x", (int) c));
            } else {
                escaped.append(c);
            }
        }
        return escaped.toString();
    }

    private static void write(JsonGenerator json, Object value) {
        switch (value) {
            case Double real -> {
                if (Double.isFinite(real)) {
                    json.writeNumber(real);
                } else {
                    json.writeNull();
                }
            }
            case Long whole -> json.writeNumber(whole);
            case Integer whole -> json.writeNumber(whole);
            case Boolean truth -> json.writeBoolean(truth);
            case float[] numbers -> {
                json.writeStartArray();
                for (float number : numbers) {
                    write(json, (double) number);
                }
                json.writeEndArray();
            }
            case List<?> list -> {
                json.writeStartArray();
                list.forEach(element -> write(json, element));
                json.writeEndArray();
            }
            case Map<?, ?> map -> {
                json.writeStartObject();
                map.forEach((name, element) -> {
                    json.writeName(name.toString());
                    write(json, element);
                });
                json.writeEndObject();
            }
            default -> json.writeString(value.toString());
        }
    }
}
