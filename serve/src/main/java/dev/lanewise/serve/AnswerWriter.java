package dev.lanewise.serve;

import dev.lanewise.nn.io.TensorData;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;

/** Writes an answer of the Open Inference Protocol: JSON, followed by the elements of the outputs that are binary. */
final class AnswerWriter {
    private AnswerWriter() {}

    /** The bytes of an answer; the first of them are JSON, and that is all of it if no output is binary. */
    record Body(byte[] bytes, int jsonLength) {
        boolean isBinary() {
            return jsonLength < bytes.length;
        }
    }

    static Body write(String model, String version, InferRequest request, Answer answer) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(512);
        List<TensorData> binary = new ArrayList<>();
        try (JsonGenerator json = Json.FACTORY.createGenerator(ObjectWriteContext.empty(), bytes)) {
            json.writeStartObject();
            json.writeName("model_name").writeString(model);
            json.writeName("model_version").writeString(version);
            String id = request.id();
            if (id != null) {
                json.writeName("id").writeString(id);
            }
            json.writeName("outputs").writeStartArray();
            for (InferRequest.Output output : request.outputs()) {
                TensorData data = answer.outputs().get(output.name());
                if (data != null) {
                    write(json, output, data, binary);
                }
            }
            json.writeEndArray();
            json.writeEndObject();
        }
        int jsonLength = bytes.size();
        binary.forEach(data -> bytes.writeBytes(data.segment().toArray(ValueLayout.JAVA_BYTE)));
        return new Body(bytes.toByteArray(), jsonLength);
    }

    private static void write(
            JsonGenerator json, InferRequest.Output output, TensorData data, List<TensorData> binary) {
        json.writeStartObject();
        json.writeName("name").writeString(output.name());
        json.writeName("datatype").writeString(Datatype.of(data.dtype()));
        json.writeName("shape").writeStartArray();
        for (long size : data.shape().toArray()) {
            json.writeNumber(size);
        }
        json.writeEndArray();
        if (output.binary()) {
            json.writeName("parameters").writeStartObject();
            json.writeName("binary_data_size").writeNumber(data.segment().byteSize());
            json.writeEndObject();
            binary.add(data);
        } else {
            json.writeName("data").writeStartArray();
            numbers(json, data);
            json.writeEndArray();
        }
        json.writeEndObject();
    }

    private static void numbers(JsonGenerator json, TensorData data) {
        switch (data.dtype()) {
            case F32, F16, BF16 -> {
                for (float value : data.toFloatArray()) {
                    if (Float.isFinite(value)) {
                        json.writeNumber(value);
                    } else {
                        json.writeString(Float.toString(value));
                    }
                }
            }
            case F64 -> {
                for (double value : data.toDoubleArray()) {
                    if (Double.isFinite(value)) {
                        json.writeNumber(value);
                    } else {
                        json.writeString(Double.toString(value));
                    }
                }
            }
            case I8, U8, I32, I64 -> {
                for (long value : data.toLongArray()) {
                    json.writeNumber(value);
                }
            }
            case BOOL -> {
                for (long value : data.toLongArray()) {
                    json.writeBoolean(value != 0);
                }
            }
        }
    }

    /** A body of one text, as errors have it. */
    static byte[] error(String message) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(128);
        try (JsonGenerator json = Json.FACTORY.createGenerator(ObjectWriteContext.empty(), bytes)) {
            json.writeStartObject();
            json.writeName("error").writeString(message);
            json.writeEndObject();
        }
        return bytes.toByteArray();
    }

    /** An error as OpenAI's clients expect it. */
    static byte[] openAiError(Refusal refusal) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(128);
        try (JsonGenerator json = Json.FACTORY.createGenerator(ObjectWriteContext.empty(), bytes)) {
            json.writeStartObject();
            json.writeName("error").writeStartObject();
            json.writeName("message").writeString(refusal.text());
            json.writeName("type").writeString(refusal.status() < 500 ? "invalid_request_error" : "server_error");
            json.writeName("code").writeString(refusal.kind());
            json.writeEndObject();
            json.writeEndObject();
        }
        return bytes.toByteArray();
    }
}
