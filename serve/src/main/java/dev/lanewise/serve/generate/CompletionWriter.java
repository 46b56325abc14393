package dev.lanewise.serve.generate;

import dev.lanewise.serve.http.Json;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/** Writes texts in OpenAI's format: as a whole, or as server-sent events. */
public final class CompletionWriter {
    /** What ends a stream. */
    public static final byte[] DONE = "data: [DONE]\n\n".getBytes(StandardCharsets.US_ASCII);

    private static final byte[] DATA = "data: ".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] END = {'\n', '\n'};
    private static final long MILLIS = 1_000;

    private final boolean isChat;
    private final String model;
    private final boolean includesUsage;
    private final String id;
    private final long created = System.currentTimeMillis() / MILLIS;

    /**
     * A writer of one answer.
     *
     * @param isChat whether it answers a conversation
     * @param model the model's name
     * @param includesUsage whether a stream ends with the numbers of tokens
     */
    public CompletionWriter(boolean isChat, String model, boolean includesUsage) {
        this.isChat = isChat;
        this.model = model;
        this.includesUsage = includesUsage;
        this.id = (isChat ? "chatcmpl-" : "cmpl-")
                + HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
    }

    private void head(JsonGenerator json, String object) {
        json.writeName("id").writeString(id);
        json.writeName("object").writeString(object);
        json.writeName("created").writeNumber(created);
        json.writeName("model").writeString(model);
    }

    private static void usage(JsonGenerator json, int promptTokens, int newTokens) {
        json.writeName("usage").writeStartObject();
        json.writeName("prompt_tokens").writeNumber(promptTokens);
        json.writeName("completion_tokens").writeNumber(newTokens);
        json.writeName("total_tokens").writeNumber((long) promptTokens + newTokens);
        json.writeEndObject();
    }

    /** The whole answer. */
    public byte[] whole(String text, String reason, int promptTokens, int newTokens) {
        return Json.object(json -> {
            head(json, isChat ? "chat.completion" : "text_completion");
            json.writeName("choices").writeStartArray();
            json.writeStartObject();
            json.writeName("index").writeNumber(0);
            if (isChat) {
                json.writeName("message").writeStartObject();
                json.writeName("role").writeString("assistant");
                json.writeName("content").writeString(text);
                json.writeName("refusal").writeNull();
                json.writeEndObject();
            } else {
                json.writeName("text").writeString(text);
            }
            json.writeName("logprobs").writeNull();
            json.writeName("finish_reason").writeString(reason);
            json.writeEndObject();
            json.writeEndArray();
            usage(json, promptTokens, newTokens);
        });
    }

    // ---- events

    /** The event that a conversation's stream begins with; nothing for other texts. */
    public byte[] first() {
        return isChat ? choice("", "assistant", null) : new byte[0];
    }

    /** The event of a piece. */
    public byte[] piece(String text) {
        return choice(text, null, null);
    }

    /** The events that end a stream. */
    public byte[] last(String reason, int promptTokens, int newTokens) {
        ByteArrayOutputStream events = new ByteArrayOutputStream(512);
        events.writeBytes(choice(null, null, reason));
        if (includesUsage) {
            events.writeBytes(event(Json.object(json -> {
                head(json, isChat ? "chat.completion.chunk" : "text_completion");
                json.writeName("choices").writeStartArray();
                json.writeEndArray();
                usage(json, promptTokens, newTokens);
            })));
        }
        events.writeBytes(DONE);
        return events.toByteArray();
    }

    /** An event of some JSON. */
    public static byte[] event(byte[] json) {
        ByteArrayOutputStream event = new ByteArrayOutputStream(DATA.length + json.length + END.length);
        event.writeBytes(DATA);
        event.writeBytes(json);
        event.writeBytes(END);
        return event.toByteArray();
    }

    private byte[] choice(@Nullable String text, @Nullable String role, @Nullable String reason) {
        return event(Json.object(json -> {
            head(json, isChat ? "chat.completion.chunk" : "text_completion");
            json.writeName("choices").writeStartArray();
            json.writeStartObject();
            json.writeName("index").writeNumber(0);
            if (isChat) {
                json.writeName("delta").writeStartObject();
                if (role != null) {
                    json.writeName("role").writeString(role);
                }
                if (text != null) {
                    json.writeName("content").writeString(text);
                }
                json.writeEndObject();
            } else {
                json.writeName("text").writeString(text == null ? "" : text);
            }
            json.writeName("logprobs").writeNull();
            json.writeName("finish_reason").writeString(reason);
            json.writeEndObject();
            json.writeEndArray();
            if (includesUsage) {
                json.writeName("usage").writeNull();
            }
        }));
    }
}
