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

/** Reads JSON into a tree: bounded depth, names, strings and memory, one error type. */
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
        RegularFile.check(file);
        try (InputStream in = Files.newInputStream(file)) {
            return read(in, String.valueOf(file.getFileName()));
        } catch (IOException e) {
            throw RegularFile.unreadable(file, e);
        }
    }

    /** The tree of a stream, which stays open. */
    public static Json read(InputStream in, String name) {
        try (JsonParser parser = FACTORY.createParser(ObjectReadContext.empty(), in)) {
            return new Json(new Tree(parser, name, heap()).document(), name);
        } catch (JacksonException e) {
            throw broken(name, e);
        }
    }

    /** The tree of a text. */
    public static Json read(String text, String name) {
        return read(text, name, heap());
    }

    private static long heap() {
        return Runtime.getRuntime().maxMemory() / 2;
    }

    /** The tree of a text, of about as many bytes at most. */
    static Json read(String text, String name, long heap) {
        try (Reader reader = new StringReader(text);
                JsonParser parser = FACTORY.createParser(ObjectReadContext.empty(), reader)) {
            return new Json(new Tree(parser, name, heap).document(), name);
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

    /** Builds a tree while it counts about how much of the heap that takes: a few bytes can make an object of many. */
    private static final class Tree {
        /** A reference, and the object it leads to. */
        private static final int VALUE = 32;

        /** An empty map or list. */
        private static final int COLLECTION = 64;

        private final JsonParser parser;
        private final String name;
        private long left;

        Tree(JsonParser parser, String name, long heap) {
            this.parser = parser;
            this.name = name;
            this.left = heap;
        }

        @Nullable
        Object document() {
            JsonToken first = parser.nextToken();
            if (first == null) {
                throw new TokenizerException(name + ": is empty");
            }
            Object value = value(first);
            if (parser.nextToken() != null) {
                throw new TokenizerException(name + ": goes on after its value");
            }
            return value;
        }

        /** Recursion is bounded by the parser's own limit of depth. */
        private @Nullable Object value(JsonToken token) {
            take(VALUE);
            return switch (token) {
                case START_OBJECT -> object();
                case START_ARRAY -> array();
                case VALUE_STRING -> string(parser.getString());
                case VALUE_NUMBER_INT -> integer();
                case VALUE_NUMBER_FLOAT -> parser.getDoubleValue();
                case VALUE_TRUE -> true;
                case VALUE_FALSE -> false;
                default -> null;
            };
        }

        private void take(long bytes) {
            left -= bytes;
            if (left < 0) {
                throw new TokenizerException(
                        name + ": its values take more than half of the Java heap; check the file, or raise -Xmx");
            }
        }

        private String string(String text) {
            take(VALUE + text.length());
            return text;
        }

        private Object integer() {
            return parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER
                    ? (Object) parser.getDoubleValue()
                    : (Object) parser.getLongValue();
        }

        private Map<String, Object> object() {
            take(COLLECTION);
            Map<String, Object> map = Json.newMap();
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                String key = string(parser.currentName());
                take(VALUE);
                put(map, key, value(parser.nextToken()));
            }
            return map;
        }

        private List<Object> array() {
            take(COLLECTION);
            List<Object> list = new ArrayList<>();
            for (JsonToken token = parser.nextToken(); token != JsonToken.END_ARRAY; token = parser.nextToken()) {
                add(list, value(token));
            }
            return list;
        }

        @SuppressWarnings("NullAway") // a tree holds JSON's null
        private static void put(Map<String, Object> map, String key, @Nullable Object value) {
            map.put(key, value);
        }

        @SuppressWarnings("NullAway") // a tree holds JSON's null
        private static void add(List<Object> list, @Nullable Object value) {
            list.add(value);
        }
    }
}
