package dev.lanewise.serve.http;

import java.io.ByteArrayOutputStream;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;

/** How JSON is read and written: with bounds, since it comes from anybody. */
public final class Json {
    /** Objects in arrays in objects, and the dimensions of a tensor's data. */
    private static final int DEEPEST = 40;

    private static final int LONGEST_TEXT = 65_536;
    /** Of a request for a text: a prompt may be a book. */
    private static final int LONGEST_PROMPT = 1 << 22;

    private static final int LONGEST_NAME = 1_024;
    private static final int LONGEST_NUMBER = 100;
    private static final int MOST_PARAMETERS = 100;
    /** Of one object: the parser remembers each, to find those that are given twice. */
    private static final int MOST_NAMES = 256;

    /** Keeps up to 6,000 names that it has met, which come from anybody, and begins anew beyond that. */
    private static final JsonFactory FACTORY = factory(LONGEST_TEXT);

    private static final JsonFactory PROMPTS = factory(LONGEST_PROMPT);

    private Json() {}

    private static JsonFactory factory(int longestText) {
        return JsonFactory.builder()
                .streamReadConstraints(StreamReadConstraints.builder()
                        .maxNestingDepth(DEEPEST)
                        .maxStringLength(longestText)
                        .maxNameLength(LONGEST_NAME)
                        .maxNumberLength(LONGEST_NUMBER)
                        .build())
                .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                .enable(StreamReadFeature.USE_FAST_DOUBLE_PARSER)
                .build();
    }

    /** The bytes of an object with what its content writes. */
    public static byte[] object(Consumer<JsonGenerator> content) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(512);
        try (JsonGenerator json = FACTORY.createGenerator(ObjectWriteContext.empty(), bytes)) {
            json.writeStartObject();
            content.accept(json);
            json.writeEndObject();
        }
        return bytes.toByteArray();
    }

    /** Writes an array; what is no number in JSON becomes a text. */
    public static void write(JsonGenerator json, float[] values) {
        json.writeStartArray();
        for (float value : values) {
            json.writeNumber(value);
        }
        json.writeEndArray();
    }

    /** A parser of some bytes. */
    public static JsonParser parser(byte[] body, int from, int length) {
        return FACTORY.createParser(ObjectReadContext.empty(), body, from, length);
    }

    /** A parser of bytes that may hold texts of the length of a book. */
    public static JsonParser promptParser(byte[] body) {
        return PROMPTS.createParser(ObjectReadContext.empty(), body, 0, body.length);
    }

    /** What is wrong with malformed JSON, and where, in one line. */
    public static String reason(JacksonException e) {
        String text = Objects.requireNonNullElse(e.getOriginalMessage(), "malformed");
        String line = text.lines()
                .findFirst()
                .orElse("malformed")
                // what the parser could be told to take, which no client can do
                .replaceFirst(
                        ": enable `JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS`.*",
                        "; expected a number, or \"NaN\", \"Infinity\" or \"-Infinity\" as a text");
        return e.getLocation() == null
                ? line
                : line + " (line " + e.getLocation().getLineNr() + ", column "
                        + e.getLocation().getColumnNr() + ")";
    }

    /**
     * Requires that the parser is at a token.
     *
     * @throws Refusal if it is at another one
     */
    public static void require(JsonParser parser, JsonToken expected, String what) {
        if (parser.currentToken() != expected) {
            throw Refusal.bad(what + ": found " + parser.currentToken() + ", expected " + expected + " at line "
                    + parser.currentTokenLocation().getLineNr() + ", column "
                    + parser.currentTokenLocation().getColumnNr());
        }
    }

    /**
     * The text that the parser is at.
     *
     * @throws Refusal if it is at something else
     */
    public static String text(JsonParser parser, String what) {
        require(parser, JsonToken.VALUE_STRING, what);
        return parser.getString();
    }

    /**
     * The next name of an object, or null at its end.
     *
     * @throws Refusal if the object has too many
     */
    public static @Nullable String nextName(JsonParser parser) {
        String name = parser.nextName();
        if (name != null) {
            checkNames(parser);
        }
        return name;
    }

    private static void checkNames(JsonParser parser) {
        if (parser.streamReadContext().getEntryCount() > MOST_NAMES) {
            throw Refusal.bad("an object of more than " + MOST_NAMES + " names at line "
                    + parser.currentTokenLocation().getLineNr() + ", column "
                    + parser.currentTokenLocation().getColumnNr() + "; expected fewer");
        }
    }

    /**
     * Goes to the end of the array or object that the parser is at the beginning of; stays at anything else.
     *
     * @throws Refusal if an object has too many names
     */
    public static void skip(JsonParser parser) {
        JsonToken token = parser.currentToken();
        int open = token.isStructStart() ? 1 : 0;
        while (open > 0) {
            token = parser.nextToken();
            if (token == JsonToken.PROPERTY_NAME) {
                checkNames(parser);
            } else if (token.isStructStart()) {
                open++;
            } else if (token.isStructEnd()) {
                open--;
            }
        }
    }

    /** The scalars of an object of parameters: texts, whole numbers, truth values; others are left out. */
    public static Map<String, Object> parameters(JsonParser parser) {
        require(parser, JsonToken.START_OBJECT, "parameters");
        Map<String, Object> parameters = new LinkedHashMap<>();
        for (String name = nextName(parser); name != null; name = nextName(parser)) {
            switch (parser.nextToken()) {
                case VALUE_STRING -> parameters.put(name, parser.getString());
                case VALUE_NUMBER_INT -> parameters.put(name, parser.getLongValue());
                case VALUE_TRUE, VALUE_FALSE -> parameters.put(name, parser.getBooleanValue());
                default -> skip(parser);
            }
            if (parameters.size() > MOST_PARAMETERS) {
                throw Refusal.bad("parameters: more than " + MOST_PARAMETERS + "; send fewer");
            }
        }
        return parameters;
    }

    /** A parameter, false if it is missing. */
    public static boolean truth(Map<String, Object> parameters, String name) {
        Object value = parameters.getOrDefault(name, false);
        if (value instanceof Boolean truth) {
            return truth;
        }
        throw Refusal.bad("parameter '" + name + "': found " + value + ", expected true or false");
    }

    /** A parameter, 0 if it is missing. */
    public static long number(Map<String, Object> parameters, String name) {
        Object value = parameters.getOrDefault(name, 0L);
        if (value instanceof Long number) {
            return number;
        }
        throw Refusal.bad("parameter '" + name + "': found '" + value + "', expected a whole number");
    }
}
