package dev.lanewise.serve;

import dev.lanewise.nn.io.TensorData;
import dev.lanewise.serve.http.Gate;
import dev.lanewise.serve.http.Json;
import dev.lanewise.serve.http.MemoryBudget;
import dev.lanewise.serve.http.Refusal;
import dev.lanewise.tensor.TensorException;
import io.helidon.webserver.http.HttpRouting;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/**
 * Vectors of texts in the format of OpenAI's {@code /v1/embeddings}. Texts of a request, and those of others, whose
 * encodings have the same shape are computed together.
 */
final class Embeddings {
    /** Texts that are not ASCII take so many times their bytes. */
    private static final int TIMES_BODY = 2;

    private final Models models;
    private final Gate gate;
    private final MemoryBudget memory;
    private final Settings settings;

    Embeddings(Models models, Gate gate, MemoryBudget memory, Settings settings) {
        this.models = models;
        this.gate = gate;
        this.memory = memory;
        this.settings = settings;
    }

    void addTo(HttpRouting.Builder routing, Reception reception) {
        routing.post("/v1/embeddings", reception.guarded("embeddings", this::embed));
    }

    private void embed(Exchange exchange) {
        exchange.enter(gate);
        try (MemoryBudget.Lease lease = memory.lease()) {
            byte[] body = exchange.body(settings, lease);
            lease.take((long) TIMES_BODY * body.length);
            EmbeddingsRequest request = EmbeddingsRequest.read(body);
            exchange.send(200, OpenInference.JSON, answered(exchange, request, lease));
        }
    }

    /** A version that was just replaced by another one takes no texts: the other one does, with its own tokens. */
    private byte[] answered(Exchange exchange, EmbeddingsRequest request, MemoryBudget.Lease lease) {
        while (true) {
            Served served = models.find(request.model(), null);
            exchange.asks(served);
            if (!(served.servable() instanceof TextServable texts)) {
                throw Refusal.bad("model '" + served.name() + "' takes no texts; see /v2/models/" + served.name());
            }
            // encoding takes time from requests that are answered
            served.lane().requireRoom();
            List<TextServable.Encoded> encoded = encoded(exchange, texts, request.texts(), lease);
            List<TensorData> vectors = vectors(exchange, served, encoded);
            if (vectors != null) {
                lease.take(vectors.size() * vectors.getFirst().shape().elements() * AnswerWriter.JSON_BYTES);
                return answer(request, served, encoded, vectors);
            }
        }
    }

    private List<TextServable.Encoded> encoded(
            Exchange exchange, TextServable model, List<String> texts, MemoryBudget.Lease lease) {
        List<TextServable.Encoded> encoded = new ArrayList<>();
        for (String text : texts) {
            if (exchange.nanos() > settings.deadline().toNanos()) {
                throw Refusal.late(
                        "texts were not encoded within " + settings.deadline().toMillis() + " ms; send fewer at once");
            }
            TextServable.Encoded one = encoded(model, text);
            for (TensorData data : one.inputs().values()) {
                lease.take(data.segment().byteSize());
            }
            encoded.add(one);
        }
        return encoded;
    }

    private static TextServable.Encoded encoded(TextServable model, String text) {
        try {
            return model.encode(text);
        } catch (TensorException e) {
            throw Refusal.bad("the model can't take this text: " + e.getMessage(), e);
        }
    }

    /** A vector for each text: those that fit go through the model together. Null if it takes nothing more. */
    private @Nullable List<TensorData> vectors(Exchange exchange, Served served, List<TextServable.Encoded> texts) {
        Signature signature = served.signature();
        TensorInfo output = signature.outputs().getFirst();
        Lane lane = served.lane();
        Map<Pending.Form, List<Integer>> forms = new LinkedHashMap<>();
        for (int i = 0; i < texts.size(); i++) {
            Pending.Form form = lane.pending(request(texts, List.of(i), signature)).form;
            forms.computeIfAbsent(form, first -> new ArrayList<>()).add(i);
        }
        Map<Pending, List<Integer>> queued = new LinkedHashMap<>();
        try {
            for (List<Integer> alike : forms.values()) {
                for (int from = 0;
                        from < alike.size();
                        from += settings.batching().largest()) {
                    List<Integer> some = alike.subList(
                            from,
                            Math.min(alike.size(), from + settings.batching().largest()));
                    Pending pending = lane.pending(request(texts, some, signature));
                    if (!lane.offer(pending)) {
                        return null;
                    }
                    queued.put(pending, some);
                }
            }
            TensorData[] vectors = new TensorData[texts.size()];
            queued.forEach((pending, some) -> {
                Answer answer = lane.await(pending, settings.deadline(), exchange.caller);
                exchange.has(answer);
                TensorData all = Objects.requireNonNull(answer.outputs().get(output.name()), output.name());
                for (int i = 0; i < some.size(); i++) {
                    vectors[some.get(i)] = Rows.of(all, i, 1);
                }
            });
            return List.of(vectors);
        } finally {
            queued.keySet().forEach(lane::remove); // what is left of it, after a refusal
        }
    }

    private static TensorData input(TextServable.Encoded text, TensorInfo info) {
        TensorData data = text.inputs().get(info.name());
        if (data == null || data.dtype() != info.dtype() || !info.accepts(data.shape())) {
            throw new IllegalStateException("a text's encoding without " + info);
        }
        return data;
    }

    /** Several texts of one form; where their lengths differ, they are padded to the longest. */
    private static InferRequest request(List<TextServable.Encoded> texts, List<Integer> some, Signature signature) {
        Map<String, TensorData> inputs = new HashMap<>();
        for (TensorInfo info : signature.inputs()) {
            List<TensorData> parts =
                    some.stream().map(i -> input(texts.get(i), info)).toList();
            inputs.put(info.name(), Rows.joined(parts));
        }
        String output = signature.outputs().getFirst().name();
        return new InferRequest(null, inputs, List.of(new InferRequest.Output(output, true)), null);
    }

    // ---- answers

    private static byte[] answer(
            EmbeddingsRequest request, Served served, List<TextServable.Encoded> encoded, List<TensorData> vectors) {
        long tokens = encoded.stream().mapToLong(TextServable.Encoded::tokens).sum();
        return Json.object(json -> {
            json.writeName("object").writeString("list");
            json.writeName("data").writeStartArray();
            for (int i = 0; i < vectors.size(); i++) {
                vector(json, i, vectors.get(i), request);
            }
            json.writeEndArray();
            json.writeName("model").writeString(served.name());
            json.writeName("usage").writeStartObject();
            json.writeName("prompt_tokens").writeNumber(tokens);
            json.writeName("total_tokens").writeNumber(tokens);
            json.writeEndObject();
        });
    }

    private static void vector(JsonGenerator json, int index, TensorData vector, EmbeddingsRequest request) {
        float[] values = vector.toFloatArray();
        if (request.dimensions() != 0 && request.dimensions() != values.length) {
            throw Refusal.bad("dimensions: found " + request.dimensions() + ", expected " + values.length
                    + ", the size of the model's vectors");
        }
        json.writeStartObject();
        json.writeName("object").writeString("embedding");
        json.writeName("index").writeNumber(index);
        json.writeName("embedding");
        if (request.base64()) {
            byte[] raw = TensorData.of(values, values.length).segment().toArray(ValueLayout.JAVA_BYTE);
            json.writeString(Base64.getEncoder().encodeToString(raw));
        } else {
            Json.write(json, values);
        }
        json.writeEndObject();
    }
}
