package dev.lanewise.serve;

import dev.lanewise.serve.http.Gate;
import dev.lanewise.serve.http.Json;
import dev.lanewise.serve.http.MemoryBudget;
import dev.lanewise.serve.http.Refusal;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/** The Open Inference Protocol, version 2, over HTTP. */
final class OpenInference {
    /** How many bytes of a body are JSON, where binary tensors follow. */
    static final String JSON_LENGTH = "Inference-Header-Content-Length";

    static final String JSON = "application/json";

    private static final HeaderName JSON_LENGTH_HEADER = HeaderNames.create(JSON_LENGTH);
    private static final String BINARY = "application/octet-stream";
    private static final String VERSION =
            Objects.requireNonNullElse(Server.class.getPackage().getImplementationVersion(), "unpackaged");

    private final Models models;
    private final Gate gate;
    private final MemoryBudget memory;
    private final Settings settings;

    OpenInference(Models models, Gate gate, MemoryBudget memory, Settings settings) {
        this.models = models;
        this.gate = gate;
        this.memory = memory;
        this.settings = settings;
    }

    /** Names no files: a request finds its model in a table, or not at all. */
    void addTo(HttpRouting.Builder routing, Reception reception) {
        reception.get(routing, "/v2", reception.guarded("server", this::server));
        reception.get(routing, "/v2/health/live", reception.open("health", exchange -> health(exchange, "live", true)));
        reception.get(
                routing,
                "/v2/health/ready",
                reception.open("health", exchange -> health(exchange, "ready", gate.isOpen())));
        for (String model : List.of("/v2/models/{model}", "/v2/models/{model}/versions/{version}")) {
            reception.get(routing, model, reception.guarded("model", this::model));
            reception.get(routing, model + "/ready", reception.guarded("health", this::modelReady));
            routing.post(model + "/infer", reception.guarded("infer", this::infer));
        }
    }

    // ---- metadata and health

    private static void send(Exchange exchange, int status, Consumer<JsonGenerator> content) {
        exchange.send(status, JSON, Json.object(content));
    }

    private static void health(Exchange exchange, String name, boolean good) {
        send(exchange, good ? 200 : 503, json -> json.writeName(name).writeBoolean(good));
    }

    private void server(Exchange exchange) {
        send(exchange, 200, json -> {
            json.writeName("name").writeString("lanewise");
            json.writeName("version").writeString(VERSION);
            json.writeName("extensions").writeStartArray();
            json.writeString("binary_tensor_data").writeEndArray();
        });
    }

    private void model(Exchange exchange) {
        Served served = served(exchange);
        send(exchange, 200, json -> {
            json.writeName("name").writeString(served.name());
            json.writeName("versions").writeStartArray();
            models.versions(served.name()).forEach(json::writeString);
            json.writeEndArray();
            json.writeName("platform").writeString("lanewise");
            tensors(json, "inputs", served.signature().inputs());
            tensors(json, "outputs", served.signature().outputs());
        });
    }

    private static void tensors(JsonGenerator json, String name, List<TensorInfo> infos) {
        json.writeName(name).writeStartArray();
        for (TensorInfo info : infos) {
            json.writeStartObject();
            json.writeName("name").writeString(info.name());
            json.writeName("datatype").writeString(Datatype.of(info.dtype()));
            json.writeName("shape").writeStartArray();
            Objects.requireNonNullElse(info.sizes(), List.of(TensorInfo.OPEN)).forEach(json::writeNumber);
            json.writeEndArray();
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private void modelReady(Exchange exchange) {
        Served served = served(exchange);
        boolean ready = gate.isOpen();
        send(exchange, ready ? 200 : 503, json -> {
            json.writeName("name").writeString(served.name());
            json.writeName("ready").writeBoolean(ready);
        });
    }

    private Served served(Exchange exchange) {
        Served served = models.find(parameter(exchange.request, "model"), version(exchange.request));
        exchange.asks(served);
        return served;
    }

    private static String parameter(ServerRequest request, String name) {
        return request.path().pathParameters().get(name);
    }

    private static @Nullable String version(ServerRequest request) {
        return request.path().pathParameters().first("version").orElse(null);
    }

    // ---- inference

    private void infer(Exchange exchange) {
        exchange.enter(gate);
        try (MemoryBudget.Lease lease = memory.lease()) {
            Served served = served(exchange);
            served.lane().requireRoom();
            byte[] body = exchange.body(settings, lease);
            AnswerWriter.Body answer = answered(exchange, served, body, lease);
            if (answer.isBinary()) {
                exchange.response.header(JSON_LENGTH_HEADER, Integer.toString(answer.jsonLength()));
            }
            exchange.send(200, answer.isBinary() ? BINARY : JSON, answer.bytes());
        }
    }

    private AnswerWriter.Body answered(Exchange exchange, Served served, byte[] body, MemoryBudget.Lease lease) {
        int jsonLength = jsonLength(exchange.request, body.length);
        InferRequest read = new RequestReader(body, jsonLength, served.signature(), lease).read();
        Queued queued = queued(exchange, served, read);
        Served used = queued.by();
        Answer answer = used.lane().await(queued.pending(), patience(read), exchange.caller);
        exchange.has(answer);
        lease.take(AnswerWriter.memory(read, answer));
        return AnswerWriter.write(used.name(), used.version(), read, answer);
    }

    private record Queued(Served by, Pending pending) {}

    /** A version that was just replaced by another one takes no requests: the other one does, if it takes the same. */
    private Queued queued(Exchange exchange, Served served, InferRequest request) {
        Served now = served;
        Pending pending = now.lane().pending(request);
        while (!now.lane().offer(pending)) {
            now = served(exchange);
            if (!now.signature().equals(served.signature())) {
                throw Refusal.unavailable("the model was just replaced by one that takes something else; try again");
            }
            pending = now.lane().pending(request);
        }
        return new Queued(now, pending);
    }

    private Duration patience(InferRequest request) {
        Duration own = request.timeout();
        return own == null || own.compareTo(settings.deadline()) > 0 ? settings.deadline() : own;
    }

    private static int jsonLength(ServerRequest request, int length) {
        String text = request.headers().first(JSON_LENGTH_HEADER).orElse(null);
        if (text == null) {
            return length;
        }
        int json = text.matches("\\d{1,9}") ? Integer.parseInt(text) : -1;
        if (json < 0 || json > length) {
            throw Refusal.bad(
                    JSON_LENGTH + ": found '" + text + "', expected a number of bytes up to the body's, " + length);
        }
        return json;
    }
}
