package dev.lanewise.serve.generate;

import dev.lanewise.serve.generate.CompletionRequest.Prompt;
import dev.lanewise.serve.generate.CompletionRequest.Sampling;
import dev.lanewise.serve.http.Json;
import dev.lanewise.serve.http.Refusal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * Reads requests for texts in OpenAI's format. What would change the answer and is not supported is refused; other
 * unknown fields are left out, as clients send many.
 */
public final class CompletionReader {
    private static final int MOST_MESSAGES = 4_096;
    private static final int MOST_STOP_TEXTS = 16;
    private static final double HOTTEST = 2;

    private final JsonParser parser;
    private final boolean isChat;

    private String model = "";
    private @Nullable Prompt prompt;
    private long newTokens;
    private double temperature = 1;
    private double topP = 1;
    private long topK;
    private double minP;
    private double repetitionPenalty = 1;
    private @Nullable Long seed;
    private List<String> stop = List.of();
    private boolean isStreamed;
    private boolean includesUsage;

    private CompletionReader(JsonParser parser, boolean isChat) {
        this.parser = parser;
        this.isChat = isChat;
    }

    /**
     * Reads a request.
     *
     * @param isChat whether it holds messages rather than a prompt
     * @throws Refusal if it is wrong
     */
    public static CompletionRequest read(byte[] body, boolean isChat) {
        try (JsonParser parser = Json.promptParser(body)) {
            parser.nextToken();
            CompletionRequest request = new CompletionReader(parser, isChat).object();
            if (parser.nextToken() != null) {
                throw Refusal.bad("the body goes on after its JSON object; expected one object");
            }
            return request;
        } catch (JacksonException e) {
            throw Refusal.bad("the body is not a JSON object: " + Json.reason(e), e);
        }
    }

    private CompletionRequest object() {
        Json.require(parser, JsonToken.START_OBJECT, "the body");
        for (String name = Json.nextName(parser); name != null; name = Json.nextName(parser)) {
            // null says the same as leaving it out
            if (parser.nextToken() != JsonToken.VALUE_NULL && !sampling(name) && !content(name)) {
                refuseUnsupported(name);
            }
        }
        Prompt found = prompt;
        if (found == null) {
            throw Refusal.bad(
                    isChat ? "no 'messages'; expected an array of one or more" : "no 'prompt'; expected a text");
        }
        Sampling sampling =
                new Sampling((int) newTokens, temperature, topP, (int) topK, minP, repetitionPenalty, seed, stop);
        return new CompletionRequest(model, found, sampling, isStreamed, includesUsage);
    }

    private boolean content(String name) {
        switch (name) {
            case "model" -> model = Json.text(parser, name);
            case "stream" -> isStreamed = truth(name);
            case "stream_options" -> streamOptions();
            case "prompt" -> {
                if (isChat) {
                    throw Refusal.bad("prompt: expected 'messages'; or ask /v1/completions");
                }
                prompt = prompt();
            }
            case "messages" -> {
                if (!isChat) {
                    throw Refusal.bad("messages: expected 'prompt'; or ask /v1/chat/completions");
                }
                prompt = new Prompt.Chat(messages());
            }
            default -> {
                return false;
            }
        }
        return true;
    }

    private boolean sampling(String name) {
        switch (name) {
            case "max_tokens", "max_completion_tokens" -> newTokens = whole(name, 1, Integer.MAX_VALUE);
            case "temperature" -> temperature = number(name, 0, HOTTEST);
            case "top_p" -> topP = number(name, 0, 1);
            case "top_k" -> topK = Math.max(0, whole(name, -1, Integer.MAX_VALUE)); // -1 is all, as in vLLM
            case "min_p" -> minP = number(name, 0, 1);
            case "repetition_penalty" -> repetitionPenalty = number(name, Double.MIN_VALUE, 100);
            case "seed" -> seed = whole(name, Long.MIN_VALUE, Long.MAX_VALUE);
            case "stop" -> stop = stop();
            default -> {
                return false;
            }
        }
        return true;
    }

    private void streamOptions() {
        Json.require(parser, JsonToken.START_OBJECT, "stream_options");
        for (String name = Json.nextName(parser); name != null; name = Json.nextName(parser)) {
            if (parser.nextToken() != JsonToken.VALUE_NULL && name.equals("include_usage")) {
                includesUsage = truth(name);
            } else {
                Json.skip(parser);
            }
        }
    }

    /** Leaves a field out, unless it asks for something that is not done. */
    private void refuseUnsupported(String name) {
        switch (name) {
            case "n", "best_of" -> whole(name, 1, 1);
            case "presence_penalty", "frequency_penalty" -> number(name, 0, 0);
            case "echo" -> refuse(truth(name), name, "false");
            case "logprobs" -> {
                // a number in one format, a truth value in the other
                JsonToken token = parser.currentToken();
                refuse(token == JsonToken.VALUE_TRUE || token == JsonToken.VALUE_NUMBER_INT, name, "none");
                Json.skip(parser);
            }
            case "suffix" -> refuse(!Json.text(parser, name).isEmpty(), name, "none");
            case "tools", "functions", "logit_bias" -> {
                boolean isEmpty = parser.currentToken().isStructStart()
                        && parser.nextToken().isStructEnd();
                refuse(!isEmpty, name, "none");
            }
            case "response_format" -> {
                Object type = Json.parameters(parser).get("type");
                refuse(!"text".equals(type), name, "type 'text'");
            }
            default -> Json.skip(parser);
        }
    }

    private static void refuse(boolean isAsked, String name, String expected) {
        if (isAsked) {
            throw Refusal.bad(name + ": not supported; expected " + expected);
        }
    }

    // ---- what is continued

    private Prompt prompt() {
        return switch (parser.currentToken()) {
            case VALUE_STRING -> new Prompt.Text(parser.getString());
            case START_ARRAY -> promptOfArray();
            default -> throw Refusal.bad("prompt: found " + parser.currentToken() + ", expected a text or tokens");
        };
    }

    /** Tokens, or an array of one prompt. */
    private Prompt promptOfArray() {
        JsonToken first = parser.nextToken();
        if (first == JsonToken.VALUE_NUMBER_INT) {
            return tokens();
        }
        if (first != JsonToken.VALUE_STRING && first != JsonToken.START_ARRAY) {
            throw Refusal.bad("prompt: found an array of " + first + ", expected tokens, or one text");
        }
        if (first == JsonToken.START_ARRAY) {
            parser.nextToken();
        }
        Prompt one = first == JsonToken.VALUE_STRING ? new Prompt.Text(parser.getString()) : tokens();
        if (parser.nextToken() != JsonToken.END_ARRAY) {
            throw Refusal.bad("prompt: more than one; send a request for each");
        }
        return one;
    }

    private Prompt tokens() {
        int[] ids = new int[64];
        int count = 0;
        for (; parser.currentToken() != JsonToken.END_ARRAY; parser.nextToken()) {
            if (count == ids.length) {
                ids = Arrays.copyOf(ids, 2 * count);
            }
            ids[count++] = (int) whole("prompt", 0, Integer.MAX_VALUE);
        }
        return new Prompt.Tokens(Arrays.copyOf(ids, count));
    }

    private List<Map<String, Object>> messages() {
        Json.require(parser, JsonToken.START_ARRAY, "messages");
        List<Map<String, Object>> messages = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            if (messages.size() == MOST_MESSAGES) {
                throw Refusal.bad("messages: more than " + MOST_MESSAGES + "; send fewer");
            }
            messages.add(message());
        }
        if (messages.isEmpty()) {
            throw Refusal.bad("messages: found none, expected one or more");
        }
        return messages;
    }

    private Map<String, Object> message() {
        Json.require(parser, JsonToken.START_OBJECT, "a message");
        Map<String, Object> message = new LinkedHashMap<>();
        for (String name = Json.nextName(parser); name != null; name = Json.nextName(parser)) {
            JsonToken token = parser.nextToken();
            switch (name) {
                case "role", "name" -> message.put(name, Json.text(parser, name));
                case "content" -> message.put(name, token == JsonToken.VALUE_NULL ? "" : text());
                default -> Json.skip(parser);
            }
        }
        if (!message.containsKey("role") || !message.containsKey("content")) {
            throw Refusal.bad("a message with " + message.keySet() + "; expected 'role' and 'content'");
        }
        return message;
    }

    /** A text, or an array of parts that are texts. */
    private String text() {
        if (parser.currentToken() == JsonToken.VALUE_STRING) {
            return parser.getString();
        }
        Json.require(parser, JsonToken.START_ARRAY, "content");
        StringBuilder all = new StringBuilder();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            Map<String, Object> part = Json.parameters(parser);
            if (!(part.get("text") instanceof String text) || !"text".equals(part.get("type"))) {
                throw Refusal.bad("content: found a part of type '" + part.get("type") + "', expected 'text'");
            }
            all.append(text);
        }
        return all.toString();
    }

    // ---- values

    private List<String> stop() {
        List<String> texts = new ArrayList<>();
        if (parser.currentToken() == JsonToken.VALUE_STRING) {
            texts.add(parser.getString());
        } else {
            Json.require(parser, JsonToken.START_ARRAY, "stop");
            while (parser.nextToken() != JsonToken.END_ARRAY) {
                texts.add(Json.text(parser, "stop"));
                if (texts.size() > MOST_STOP_TEXTS) {
                    throw Refusal.bad("stop: more than " + MOST_STOP_TEXTS + " texts; send fewer");
                }
            }
        }
        if (texts.contains("")) {
            throw Refusal.bad("stop: found an empty text, expected at least one character");
        }
        return texts;
    }

    private boolean truth(String name) {
        return switch (parser.currentToken()) {
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            default -> throw Refusal.bad(name + ": found " + parser.currentToken() + ", expected true or false");
        };
    }

    private long whole(String name, long least, long most) {
        Json.require(parser, JsonToken.VALUE_NUMBER_INT, name);
        if (parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER
                || parser.getLongValue() < least
                || parser.getLongValue() > most) {
            throw Refusal.bad(name + ": found " + parser.getString() + ", expected "
                    + (least == most ? least : least + " to " + most));
        }
        return parser.getLongValue();
    }

    private double number(String name, double least, double most) {
        JsonToken token = parser.currentToken();
        boolean isNumber = token == JsonToken.VALUE_NUMBER_INT || token == JsonToken.VALUE_NUMBER_FLOAT;
        double value = isNumber ? parser.getDoubleValue() : Double.NaN;
        if (!(value >= least && value <= most)) {
            throw Refusal.bad(name + ": found " + (isNumber ? parser.getString() : token) + ", expected "
                    + (least == most ? least : least + " to " + most));
        }
        return value;
    }
}
