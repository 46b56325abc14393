package dev.lanewise.text.json;

import dev.lanewise.text.TokenizerException;
import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;

/** Reads JSON into a tree: bounded depth, names and strings, one error type. */
public final class JsonFile {
    private static final int DEEPEST = 200;
    private static final int LONGEST_STRING = 256 << 20;
    private static final JsonFactory FACTORY = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(DEEPEST)
                    .maxStringLength(LONGEST_STRING)
                    .maxNameLength(1 << 20)
                    .build())
            .build();

    private JsonFile() {}

    /** The tree of a file. */
    public static Json read(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            return read(in, String.valueOf(file.getFileName()));
        } catch (IOException e) {
            throw new TokenizerException("cannot read " + file + ": " + e, e);
        }
    }

    /** The tree of a stream, which stays open. */
    public static Json read(InputStream in, String name) {
        try (JsonParser parser = FACTORY.createParser(ObjectReadContext.empty(), in)) {
            return new Json(document(parser, name), name);
        } catch (JacksonException e) {
            throw broken(name, e);
        }
    }

    /** The tree of a text. */
    public static Json read(String text, String name) {
        try (Reader reader = new StringReader(text);
                JsonParser parser = FACTORY.createParser(ObjectReadContext.empty(), reader)) {
            return new Json(document(parser, name), name);
        } catch (JacksonException e) {
            throw broken(name, e);
        } catch (IOException e) {
            throw new TokenizerException(name + ": " + e, e);
        }
    }

    private static TokenizerException broken(String name, JacksonException e) {
        String where = e.getLocation() == null
                ? ""
                : " at line " + e.getLocation().getLineNr() + ", column "
                        + e.getLocation().getColumnNr();
        return new TokenizerException(name + ": not JSON" + where + ": " + e.getOriginalMessage(), e);
    }

    private static @Nullable Object document(JsonParser parser, String name) {
        JsonToken first = parser.nextToken();
        if (first == null) {
            throw new TokenizerException(name + ": is empty");
        }
        Object value = value(parser, first);
        if (parser.nextToken() != null) {
            throw new TokenizerException(name + ": goes on after its value");
        }
        return value;
    }

    /** Recursion is bounded by the parser's own limit of depth. */
    private static @Nullable Object value(JsonParser parser, JsonToken token) {
        return switch (token) {
            case START_OBJECT -> object(parser);
            case START_ARRAY -> array(parser);
            case VALUE_STRING -> parser.getString();
            case VALUE_NUMBER_INT -> integer(parser);
            case VALUE_NUMBER_FLOAT -> parser.getDoubleValue();
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            default -> null;
        };
    }

    private static Object integer(JsonParser parser) {
        return parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER
                ? (Object) parser.getDoubleValue()
                : (Object) parser.getLongValue();
    }

    private static Map<String, Object> object(JsonParser parser) {
        Map<String, Object> map = Json.newMap();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String name = parser.currentName();
            put(map, name, value(parser, parser.nextToken()));
        }
        return map;
    }

    @SuppressWarnings("NullAway") // a tree holds JSON's null
    private static void put(Map<String, Object> map, String name, @Nullable Object value) {
        map.put(name, value);
    }

    @SuppressWarnings("NullAway") // a tree holds JSON's null
    private static List<Object> array(JsonParser parser) {
        List<Object> list = new ArrayList<>();
        for (JsonToken token = parser.nextToken(); token != JsonToken.END_ARRAY; token = parser.nextToken()) {
            list.add(value(parser, token));
        }
        return list;
    }
}
