package dev.lanewise.serve;

import dev.lanewise.nn.io.TensorData;
import dev.lanewise.serve.http.Json;
import dev.lanewise.serve.http.Refusal;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import tools.jackson.core.JsonGenerator;

/** Writes an answer of the Open Inference Protocol: JSON, followed by the elements of the outputs that are binary. */
final class AnswerWriter {
    /** The most that a number in JSON takes of the heap while it is written: its text, and that again when the buffer grows. */
    static final long JSON_BYTES = 40;

    private AnswerWriter() {}

    /** How many bytes of the heap {@link #write} takes at most. */
    static long memory(InferRequest request, Answer answer) {
        long bytes = 0;
        for (InferRequest.Output output : request.outputs()) {
            TensorData data = answer.outputs().get(output.name());
            if (data != null) {
                bytes += output.binary()
                        ? data.segment().byteSize()
                        : data.shape().elements() * JSON_BYTES;
            }
        }
        return bytes;
    }

    /** The bytes of an answer; the first of them are JSON, and that is all of it if no output is binary. */
    record Body(byte[] bytes, int jsonLength) {
        boolean isBinary() {
            return jsonLength < bytes.length;
        }
    }

    static Body write(String model, String version, InferRequest request, Answer answer) {
        List<TensorData> binary = new ArrayList<>();
        byte[] json = Json.object(object -> {
            object.writeName("model_name").writeString(model);
            object.writeName("model_version").writeString(version);
            String id = request.id();
            if (id != null) {
                object.writeName("id").writeString(id);
            }
            object.writeName("outputs").writeStartArray();
            for (InferRequest.Output output : request.outputs()) {
                TensorData data = answer.outputs().get(output.name());
                if (data != null) {
                    write(object, output, data, binary);
                }
            }
            object.writeEndArray();
        });
        return new Body(followed(json, binary), json.length);
    }

    private static byte[] followed(byte[] json, List<TensorData> binary) {
        if (binary.isEmpty()) {
            return json;
        }
        long length = json.length;
        for (TensorData data : binary) {
            length += data.segment().byteSize();
        }
        byte[] bytes = Arrays.copyOf(json, Math.toIntExact(length));
        long at = json.length;
        for (TensorData data : binary) {
            long size = data.segment().byteSize();
            MemorySegment.copy(data.segment(), 0, MemorySegment.ofArray(bytes), at, size);
            at += size;
        }
        return bytes;
    }

    private static void write(
            JsonGenerator json, InferRequest.Output output, TensorData data, List<TensorData> binary) {
        json.writeStartObject();
        json.writeName("name").writeString(output.name());
        json.writeName("datatype").writeString(Datatype.of(data.dtype()));
        json.writeName("shape")
                .writeArray(data.shape().toArray(), 0, data.shape().rank());
        if (output.binary()) {
            json.writeName("parameters").writeStartObject();
            json.writeName("binary_data_size").writeNumber(data.segment().byteSize());
            json.writeEndObject();
            binary.add(data);
        } else {
            json.writeName("data");
            write(json, data);
        }
        json.writeEndObject();
    }

    private static void write(JsonGenerator json, TensorData data) {
        switch (data.dtype()) {
            case F32, F16, BF16 -> Json.write(json, data.toFloatArray());
            case F64 -> {
                double[] values = data.toDoubleArray();
                json.writeArray(values, 0, values.length);
            }
            case I8, U8, I32, I64 -> {
                long[] values = data.toLongArray();
                json.writeArray(values, 0, values.length);
            }
            case BOOL -> {
                json.writeStartArray();
                for (long value : data.toLongArray()) {
                    json.writeBoolean(value != 0);
                }
                json.writeEndArray();
            }
        }
    }

    /** A body of one text, as errors have it. */
    static byte[] error(String message) {
        return Json.object(json -> json.writeName("error").writeString(message));
    }

    /** An error as OpenAI's clients expect it. */
    static byte[] openAiError(Refusal refusal) {
        return Json.object(json -> {
            json.writeName("error").writeStartObject();
            json.writeName("message").writeString(refusal.text());
            json.writeName("type").writeString(refusal.status() < 500 ? "invalid_request_error" : "server_error");
            json.writeName("param").writeNull();
            json.writeName("code").writeString(refusal.kind());
            json.writeEndObject();
        });
    }
}
