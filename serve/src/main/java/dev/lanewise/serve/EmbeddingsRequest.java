package dev.lanewise.serve;

import dev.lanewise.serve.http.Json;
import dev.lanewise.serve.http.Refusal;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * A request to {@code /v1/embeddings}.
 *
 * @param model the model's name
 * @param texts what to turn into vectors
 * @param base64 whether vectors are to be written as their bytes, little-endian, in base64
 * @param dimensions the size that vectors are to have, or 0 if the request does not say
 */
record EmbeddingsRequest(String model, List<String> texts, boolean base64, long dimensions) {
    private static final int MOST_TEXTS = 2_048;

    /**
     * Reads a request.
     *
     * @throws Refusal if it is wrong
     */
    static EmbeddingsRequest read(byte[] body) {
        try (JsonParser parser = Json.parser(body, 0, body.length)) {
            parser.nextToken();
            EmbeddingsRequest request = object(parser);
            if (parser.nextToken() != null) {
                throw Refusal.bad("the body goes on after its JSON object; expected one object");
            }
            return request;
        } catch (JacksonException e) {
            throw Refusal.bad("the body is not a JSON object: " + Json.reason(e), e);
        }
    }

    private static EmbeddingsRequest object(JsonParser parser) {
        Json.require(parser, JsonToken.START_OBJECT, "the body");
        String model = "";
        List<String> texts = List.of();
        String format = "float";
        long dimensions = 0;
        for (String name = Json.nextName(parser); name != null; name = Json.nextName(parser)) {
            if (parser.nextToken() == JsonToken.VALUE_NULL) {
                continue; // says the same as leaving it out
            }
            switch (name) {
                case "model" -> model = Json.text(parser, "model");
                case "input" -> texts = texts(parser);
                case "encoding_format" -> format = Json.text(parser, "encoding_format");
                case "dimensions" -> {
                    Json.require(parser, JsonToken.VALUE_NUMBER_INT, "dimensions");
                    dimensions = parser.getLongValue();
                }
                default -> Json.skip(parser);
            }
        }
        if (texts.isEmpty()) {
            throw Refusal.bad("no 'input'; expected a text, or an array of 1 to " + MOST_TEXTS);
        }
        if (!format.equals("float") && !format.equals("base64")) {
            throw Refusal.bad("encoding_format: found '" + format + "', expected 'float' or 'base64'");
        }
        return new EmbeddingsRequest(model, texts, format.equals("base64"), dimensions);
    }

    private static List<String> texts(JsonParser parser) {
        if (parser.currentToken() == JsonToken.VALUE_STRING) {
            return List.of(parser.getString());
        }
        Json.require(parser, JsonToken.START_ARRAY, "input");
        List<String> texts = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            if (parser.currentToken() == JsonToken.VALUE_NUMBER_INT || parser.currentToken() == JsonToken.START_ARRAY) {
                throw Refusal.bad("input: tokens, which are of another model's vocabulary as a rule; expected texts");
            }
            if (texts.size() == MOST_TEXTS) {
                throw Refusal.bad("input: more than " + MOST_TEXTS + " texts; send fewer at once");
            }
            texts.add(Json.text(parser, "input"));
        }
        return texts;
    }
}
