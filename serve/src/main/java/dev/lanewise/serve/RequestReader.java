package dev.lanewise.serve;

import dev.lanewise.nn.io.TensorData;
import dev.lanewise.serve.http.Json;
import dev.lanewise.serve.http.MemoryBudget;
import dev.lanewise.serve.http.Refusal;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.TensorException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * Reads a request of the Open Inference Protocol (version 2), with its extension for binary tensors: JSON, followed by
 * the elements of some inputs, little-endian, in the inputs' order. No memory is taken for a tensor before its name,
 * type and shape are found in the signature, and the body is long enough to hold its elements.
 */
final class RequestReader {
    private static final int MOST_DIMENSIONS = 32;
    /** What fits into an array of the JVM. */
    private static final long MOST_BYTES = Integer.MAX_VALUE - 8;

    private static final long MICROSECONDS_OF_A_DAY = 86_400_000_000L;

    private final byte[] body;
    private final int jsonLength;
    private final Signature signature;
    private final MemoryBudget.Lease memory;
    private final Map<String, TensorData> inputs = new LinkedHashMap<>();
    private @Nullable List<Requested> outputs;
    private @Nullable String id;
    private Map<String, Object> parameters = Map.of();
    private int binaryAt;

    /** An output that is asked for; null where the request as a whole says whether it is binary. */
    private record Requested(String name, @Nullable Boolean binary) {}

    /**
     * A reader of one request.
     *
     * @param jsonLength how many bytes of the body are JSON
     */
    RequestReader(byte[] body, int jsonLength, Signature signature, MemoryBudget.Lease memory) {
        this.body = body;
        this.jsonLength = jsonLength;
        this.signature = signature;
        this.memory = memory;
        this.binaryAt = jsonLength;
    }

    /**
     * Reads the request.
     *
     * @throws Refusal if it is wrong or takes too much memory
     */
    InferRequest read() {
        parse("inputs");
        for (TensorInfo info : signature.inputs()) {
            if (!inputs.containsKey(info.name())) {
                throw Refusal.bad("input " + info + " is missing; expected all of " + signature.inputs());
            }
        }
        return new InferRequest(id, inputs, wanted(), timeout());
    }

    /**
     * Reads the outputs of an answer, some or all of those that the signature calls inputs.
     *
     * @throws Refusal if it is wrong
     */
    Map<String, TensorData> readAnswer() {
        parse("outputs");
        return inputs;
    }

    private void parse(String tensors) {
        try (JsonParser parser = Json.parser(body, 0, jsonLength)) {
            parser.nextToken();
            object(parser, tensors);
            if (parser.nextToken() != null) {
                throw Refusal.bad("the body goes on after its JSON object; for binary tensors give "
                        + OpenInference.JSON_LENGTH + " in the header");
            }
        } catch (JacksonException e) {
            throw Refusal.bad("the body is not a JSON object of the protocol: " + Json.reason(e), e);
        }
        if (binaryAt != body.length) {
            throw Refusal.bad((body.length - binaryAt) + " bytes after the last binary input; expected none");
        }
    }

    private void object(JsonParser parser, String tensors) {
        Json.require(parser, JsonToken.START_OBJECT, "the body");
        for (String name = Json.nextName(parser); name != null; name = Json.nextName(parser)) {
            parser.nextToken();
            if (name.equals(tensors)) {
                inputs(parser);
                continue;
            }
            switch (name) {
                case "id" -> id = Json.text(parser, "id");
                case "parameters" -> parameters = Json.parameters(parser);
                case "outputs" -> outputs(parser);
                default -> Json.skip(parser);
            }
        }
    }

    private @Nullable Duration timeout() {
        long micros = Json.number(parameters, "timeout");
        if (micros < 0) {
            throw Refusal.bad("parameter 'timeout': found " + micros + ", expected microseconds, 0 for the server's");
        }
        return micros == 0 ? null : Duration.ofNanos(Math.min(micros, MICROSECONDS_OF_A_DAY) * 1_000);
    }

    // ---- outputs

    private void outputs(JsonParser parser) {
        Json.require(parser, JsonToken.START_ARRAY, "outputs");
        List<Requested> wanted = new ArrayList<>();
        Set<String> names = new HashSet<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            Requested output = output(parser);
            if (!names.add(output.name())) {
                throw Refusal.bad("output '" + output.name() + "' is asked for twice");
            }
            wanted.add(output);
        }
        outputs = wanted;
    }

    private Requested output(JsonParser parser) {
        Json.require(parser, JsonToken.START_OBJECT, "an output");
        String output = "";
        Boolean binary = null;
        for (String name = Json.nextName(parser); name != null; name = Json.nextName(parser)) {
            parser.nextToken();
            switch (name) {
                case "name" -> output = Json.text(parser, "an output's name");
                case "parameters" -> {
                    Map<String, Object> own = Json.parameters(parser);
                    if (own.containsKey("classification")) {
                        throw Refusal.bad("outputs: 'classification' is not supported; read the scores");
                    }
                    binary = own.containsKey("binary_data") ? Boolean.valueOf(Json.truth(own, "binary_data")) : null;
                }
                default -> Json.skip(parser);
            }
        }
        if (Signature.find(signature.outputs(), output) == null) {
            throw Refusal.bad("no output '" + output + "'; expected names of " + signature.outputs());
        }
        return new Requested(output, binary);
    }

    private List<InferRequest.Output> wanted() {
        boolean binary = Json.truth(parameters, "binary_data_output");
        List<Requested> asked = outputs;
        if (asked == null || asked.isEmpty()) {
            return signature.outputs().stream()
                    .map(info -> new InferRequest.Output(info.name(), binary))
                    .toList();
        }
        return asked.stream()
                .map(output ->
                        new InferRequest.Output(output.name(), Objects.requireNonNullElse(output.binary(), binary)))
                .toList();
    }

    // ---- inputs

    private void inputs(JsonParser parser) {
        Json.require(parser, JsonToken.START_ARRAY, "inputs");
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            input(parser);
        }
    }

    private void input(JsonParser parser) {
        Json.require(parser, JsonToken.START_OBJECT, "an input");
        String name = null;
        String datatype = null;
        long[] sizes = null;
        Map<String, Object> own = Map.of();
        TensorData data = null;
        long skippedAt = -1;
        for (String field = Json.nextName(parser); field != null; field = Json.nextName(parser)) {
            parser.nextToken();
            switch (field) {
                case "name" -> name = Json.text(parser, "an input's name");
                case "datatype" -> datatype = Json.text(parser, "an input's datatype");
                case "shape" -> sizes = sizes(parser);
                case "parameters" -> own = Json.parameters(parser);
                case "data" -> {
                    if (name != null && datatype != null && sizes != null) {
                        data = numbers(parser, declared(name, datatype, sizes));
                    } else {
                        skippedAt = parser.currentLocation().getByteOffset() - 1;
                        Json.skip(parser);
                    }
                }
                default -> Json.skip(parser);
            }
        }
        if (name == null || datatype == null || sizes == null) {
            throw Refusal.bad("an input with name " + name + ", datatype " + datatype + ", shape "
                    + Arrays.toString(sizes) + "; expected all three");
        }
        Declared declared = declared(name, datatype, sizes);
        if (own.containsKey("binary_data_size")) {
            if (data != null || skippedAt >= 0) {
                throw Refusal.bad("input '" + name + "' has both 'data' and 'binary_data_size'; expected one");
            }
            data = binary(declared, Json.number(own, "binary_data_size"));
        } else if (data == null) {
            data = numbersAt(skippedAt, declared);
        }
        inputs.put(name, data);
    }

    private static long[] sizes(JsonParser parser) {
        Json.require(parser, JsonToken.START_ARRAY, "shape");
        long[] sizes = new long[MOST_DIMENSIONS];
        int rank = 0;
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            Json.require(parser, JsonToken.VALUE_NUMBER_INT, "shape");
            if (rank == MOST_DIMENSIONS) {
                throw Refusal.bad("shape: more than " + MOST_DIMENSIONS + " dimensions");
            }
            sizes[rank++] = parser.getLongValue();
        }
        return Arrays.copyOf(sizes, rank);
    }

    private record Declared(TensorInfo info, Shape shape) {}

    /** An input as the request describes it, once the signature agrees. */
    private Declared declared(String name, String datatype, long[] sizes) {
        TensorInfo info = Signature.find(signature.inputs(), name);
        if (info == null) {
            throw Refusal.bad("no input '" + name + "'; expected names of " + signature.inputs());
        }
        if (inputs.containsKey(name)) {
            throw Refusal.bad("input '" + name + "' is given twice");
        }
        DType dtype = Datatype.parse(datatype);
        if (dtype != info.dtype()) {
            throw Refusal.bad(
                    "input '" + name + "': found datatype " + datatype + ", expected " + Datatype.of(info.dtype()));
        }
        try {
            Shape shape = Shape.of(sizes);
            if (info.accepts(shape)) {
                return new Declared(info, shape);
            }
        } catch (TensorException e) { // negative sizes; more elements than can be counted
            throw Refusal.bad("input '" + name + "': found shape " + Arrays.toString(sizes) + ", expected " + info, e);
        }
        throw Refusal.bad("input '" + name + "': found shape " + Arrays.toString(sizes) + ", expected " + info);
    }

    private TensorData numbersAt(long offset, Declared declared) {
        if (offset < 0 || offset >= jsonLength || body[(int) offset] != '[') {
            throw Refusal.bad("input '" + declared.info().name() + "' has no 'data'; expected an array in UTF-8, or "
                    + "'binary_data_size' in its parameters");
        }
        int from = (int) offset;
        try (JsonParser again = Json.parser(body, from, jsonLength - from)) {
            again.nextToken();
            return numbers(again, declared);
        }
    }

    private TensorData numbers(JsonParser parser, Declared declared) {
        // a number and what separates it from the next take two bytes
        long most = jsonLength / 2 + 1L;
        if (declared.shape().elements() > most) {
            throw Refusal.bad(
                    "input '" + declared.info().name() + "': a body of " + jsonLength + " bytes can't hold the "
                            + declared.shape().elements() + " numbers of the shape " + declared.shape());
        }
        long bytes = declared.shape().elements() * declared.info().dtype().bytes();
        if (bytes > MOST_BYTES) {
            throw Refusal.tooLarge("input '" + declared.info().name() + "' takes " + bytes + " bytes; expected at most "
                    + MOST_BYTES + "; send less at once");
        }
        memory.take(bytes);
        return NumberReader.read(parser, declared.info(), declared.shape());
    }

    /** A part of the body itself. */
    private TensorData binary(Declared declared, long size) {
        String name = declared.info().name();
        int unit = declared.info().dtype().bytes();
        if (size < 0 || size % unit != 0 || size / unit != declared.shape().elements()) {
            throw Refusal.bad("input '" + name + "': found a binary_data_size of " + size + ", expected "
                    + declared.shape().elements() + " times " + unit + " bytes");
        }
        if (size > body.length - binaryAt) {
            throw Refusal.bad("input '" + name + "': found " + (body.length - binaryAt) + " bytes, expected " + size
                    + " after the JSON, whose length " + OpenInference.JSON_LENGTH + " gives");
        }
        MemorySegment segment = MemorySegment.ofArray(body).asSlice(binaryAt, size);
        binaryAt += (int) size;
        return new TensorData(declared.info().dtype(), declared.shape(), segment);
    }
}
