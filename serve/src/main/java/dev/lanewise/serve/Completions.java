package dev.lanewise.serve;

import dev.lanewise.serve.generate.CompletionReader;
import dev.lanewise.serve.generate.CompletionRequest;
import dev.lanewise.serve.generate.CompletionWriter;
import dev.lanewise.serve.generate.GenerationJob;
import dev.lanewise.serve.generate.GenerationJob.Event;
import dev.lanewise.serve.generate.GenerationLane;
import dev.lanewise.serve.http.Gate;
import dev.lanewise.serve.http.Json;
import dev.lanewise.serve.http.MemoryBudget;
import dev.lanewise.serve.http.Refusal;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.HttpRouting;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import tools.jackson.core.JsonGenerator;

/** Texts in the format of OpenAI's {@code /v1/completions} and {@code /v1/chat/completions}, and {@code /v1/models}. */
final class Completions {
    static final String ROUTE = "completions";
    static final String CHAT_ROUTE = "chat";

    private static final String EVENTS = "text/event-stream; charset=utf-8";

    /** What takes longer is worth looking after its caller. */
    private static final long UNWATCHED_NANOS = 20_000_000;

    /** What is read of a body, and its tokens, take so many times its bytes. */
    private static final int TIMES_BODY = 4;

    private final Models models;
    private final Gate gate;
    private final MemoryBudget memory;
    private final Settings settings;
    private final Reception reception;

    Completions(Models models, Gate gate, MemoryBudget memory, Settings settings, Reception reception) {
        this.models = models;
        this.gate = gate;
        this.memory = memory;
        this.settings = settings;
        this.reception = reception;
    }

    void addTo(HttpRouting.Builder routing) {
        routing.post("/v1/completions", reception.guarded(ROUTE, exchange -> complete(exchange, false)))
                .post("/v1/chat/completions", reception.guarded(CHAT_ROUTE, exchange -> complete(exchange, true)));
        reception.get(routing, "/v1/models", reception.guarded("models", this::list));
        reception.get(routing, "/v1/models/{model}", reception.guarded("model", this::model));
    }

    // ---- models

    private void list(Exchange exchange) {
        byte[] body = Json.object(json -> {
            json.writeName("object").writeString("list");
            json.writeName("data").writeStartArray();
            models.forEachNewest(served -> {
                json.writeStartObject();
                write(json, served);
                json.writeEndObject();
            });
            json.writeEndArray();
        });
        exchange.send(200, OpenInference.JSON, body);
    }

    private void model(Exchange exchange) {
        Served served = models.find(exchange.request.path().pathParameters().get("model"), null);
        exchange.asks(served);
        exchange.send(200, OpenInference.JSON, Json.object(json -> write(json, served)));
    }

    private static void write(JsonGenerator json, Served served) {
        json.writeName("id").writeString(served.name());
        json.writeName("object").writeString("model");
        json.writeName("created").writeNumber(served.since());
        json.writeName("owned_by").writeString("lanewise");
    }

    // ---- texts

    private void complete(Exchange exchange, boolean isChat) {
        exchange.enter(gate);
        try (MemoryBudget.Lease lease = memory.lease()) {
            byte[] body = exchange.body(settings, lease);
            lease.take((long) TIMES_BODY * body.length);
            CompletionRequest request = CompletionReader.read(body, isChat);
            Served served = models.find(request.model(), null);
            GenerationJob job = queued(exchange, served, request);
            CompletionWriter writer = new CompletionWriter(isChat, served.name(), request.includesUsage());
            try {
                if (request.isStreamed()) {
                    stream(exchange, job, writer);
                } else {
                    whole(exchange, job, writer);
                }
            } finally {
                exchange.caller.forget();
                job.cancel(); // if that was not its end
            }
        }
    }

    /** A version that was just replaced by another one takes no requests: the other one does. */
    private GenerationJob queued(Exchange exchange, Served served, CompletionRequest request) {
        Served now = served;
        while (true) {
            exchange.asks(now);
            GenerationLane lane = now.generation();
            if (lane == null) {
                throw Refusal.bad("model '" + now.name() + "' generates no texts; see /v2/models/" + now.name());
            }
            lane.requireRoom();
            GenerationJob job = lane.job(request);
            if (lane.offer(job)) {
                return job;
            }
            now = models.find(request.model(), null);
        }
    }

    /** What happens next; a caller that is gone by then is noticed. */
    private static Event next(Exchange exchange, GenerationJob job) {
        Event event = job.next(UNWATCHED_NANOS);
        if (event == null) {
            exchange.caller.whenGone(job::cancel);
            event = job.next();
        }
        return event;
    }

    private static void whole(Exchange exchange, GenerationJob job, CompletionWriter writer) {
        StringBuilder text = new StringBuilder();
        Event event = next(exchange, job);
        for (; event instanceof Event.Piece piece; event = next(exchange, job)) {
            text.append(piece.text());
        }
        if (event instanceof Event.End end) {
            exchange.generated(job.promptTokens(), end);
            byte[] body = writer.whole(text.toString(), end.reason(), job.promptTokens(), end.tokens());
            exchange.send(200, OpenInference.JSON, body);
        }
    }

    private void stream(Exchange exchange, GenerationJob job, CompletionWriter writer) {
        Event first = next(exchange, job); // what is refused until then gets a status of its own
        exchange.response.header(HeaderNames.CONTENT_TYPE, EVENTS).header(HeaderNames.CACHE_CONTROL, "no-cache");
        try (OutputStream out = exchange.response.outputStream()) {
            exchange.sendPiece(out, writer.first());
            try {
                Event event = first;
                for (; event instanceof Event.Piece piece; event = next(exchange, job)) {
                    exchange.sendPiece(out, writer.piece(piece.text()));
                }
                if (event instanceof Event.End end) {
                    exchange.generated(job.promptTokens(), end);
                    exchange.sendPiece(out, writer.last(end.reason(), job.promptTokens(), end.tokens()));
                }
            } catch (Refusal refusal) {
                reception.count(refusal);
                exchange.sendPiece(out, CompletionWriter.event(AnswerWriter.openAiError(refusal)));
            }
            exchange.streamed();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
