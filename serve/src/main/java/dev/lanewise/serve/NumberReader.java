package dev.lanewise.serve;

import dev.lanewise.nn.io.TensorData;
import dev.lanewise.serve.http.Json;
import dev.lanewise.serve.http.Refusal;
import dev.lanewise.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/** Reads the numbers of a tensor from JSON: in one array, or in arrays nested as its dimensions are. */
final class NumberReader {
    private final JsonParser parser;
    private final TensorInfo info;
    private final Shape shape;
    private final ByteBuffer target;

    private NumberReader(JsonParser parser, TensorInfo info, Shape shape) {
        this.parser = parser;
        this.info = info;
        this.shape = shape;
        byte[] bytes = new byte[Math.toIntExact(shape.elements() * info.dtype().bytes())];
        this.target = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * Reads an array.
     *
     * @param parser at the array's beginning; afterwards at its end
     * @param info what the tensor is
     * @param shape its shape, whose elements fit into a Java array
     * @throws Refusal if there are more or fewer numbers than the shape has, arrays are nested in another way, or a
     *     number is none of the type
     */
    static TensorData read(JsonParser parser, TensorInfo info, Shape shape) {
        NumberReader reader = new NumberReader(parser, info, shape);
        reader.array();
        return new TensorData(info.dtype(), shape, MemorySegment.ofArray(reader.target.array()));
    }

    private void array() {
        Json.require(parser, JsonToken.START_ARRAY, "'" + info.name() + "' data");
        // the first token inside tells
        if (parser.nextToken() == JsonToken.START_ARRAY && shape.rank() > 1) {
            nested(0);
        } else {
            flat();
        }
        if (target.hasRemaining()) {
            throw wrong(
                    target.position() / info.dtype().bytes() + " numbers",
                    shape.elements() + " for the shape " + shape);
        }
    }

    /** The rest of an array of numbers, the parser being at its first token. */
    private void flat() {
        for (JsonToken token = parser.currentToken(); token != JsonToken.END_ARRAY; token = parser.nextToken()) {
            element(token);
        }
    }

    /** The rest of an array of a dimension, the parser being at its first token. */
    private void nested(int dim) {
        long found = 0;
        for (JsonToken token = parser.currentToken(); token != JsonToken.END_ARRAY; token = parser.nextToken()) {
            if (dim == shape.rank() - 1) {
                element(token);
            } else {
                Json.require(parser, JsonToken.START_ARRAY, "'" + info.name() + "' data");
                parser.nextToken();
                nested(dim + 1);
            }
            found++;
        }
        if (found != shape.size(dim)) {
            throw wrong("an array of " + found + " in dimension " + dim, shape.size(dim) + " for the shape " + shape);
        }
    }

    private void element(JsonToken token) {
        if (!target.hasRemaining()) {
            throw wrong("more numbers", shape.elements() + " for the shape " + shape);
        }
        switch (info.dtype()) {
            case F32 -> target.putFloat(single(token));
            case F64 -> target.putDouble(real(token));
            case F16 -> target.putShort(half(token));
            case BF16 -> target.putShort(brain(token));
            case I8 -> target.put((byte) whole(token, Byte.MIN_VALUE, Byte.MAX_VALUE));
            case U8 -> target.put((byte) whole(token, 0, 255));
            case I32 -> target.putInt((int) whole(token, Integer.MIN_VALUE, Integer.MAX_VALUE));
            case I64 -> target.putLong(whole(token, Long.MIN_VALUE, Long.MAX_VALUE));
            case BOOL -> target.put(truth(token));
        }
    }

    private boolean isNumber(JsonToken token) {
        return token == JsonToken.VALUE_NUMBER_FLOAT || token == JsonToken.VALUE_NUMBER_INT;
    }

    /** What is no number in JSON is written as a text. */
    private double named(JsonToken token) {
        String text = token == JsonToken.VALUE_STRING ? parser.getString() : "";
        return switch (text) {
            case "NaN" -> Double.NaN;
            case "Infinity" -> Double.POSITIVE_INFINITY;
            case "-Infinity" -> Double.NEGATIVE_INFINITY;
            default -> throw wrong(token == JsonToken.VALUE_STRING ? "a text" : token.toString(), "a number");
        };
    }

    private float single(JsonToken token) {
        return isNumber(token) ? (float) finite(parser.getFloatValue()) : (float) named(token);
    }

    private double real(JsonToken token) {
        return isNumber(token) ? finite(parser.getDoubleValue()) : named(token);
    }

    private short half(JsonToken token) {
        if (!isNumber(token)) {
            return Float.floatToFloat16((float) named(token));
        }
        short half = Float.floatToFloat16((float) parser.getDoubleValue());
        finite(Float.float16ToFloat(half));
        return half;
    }

    /** Rounds to the nearest, ties to the even one. */
    private short brain(JsonToken token) {
        float value = single(token);
        int bits = Float.floatToRawIntBits(value);
        if (Float.isNaN(value)) {
            return (short) 0x7fc0;
        }
        int rounded = (bits + 0x7fff + (bits >>> 16 & 1)) >>> 16;
        if (!Float.isInfinite(value)) {
            finite(Float.intBitsToFloat(rounded << 16));
        }
        return (short) rounded;
    }

    private double finite(double value) {
        if (Double.isInfinite(value)) {
            throw wrong("a number beyond the type's range", "one of " + Datatype.of(info.dtype()));
        }
        return value;
    }

    private long whole(JsonToken token, long least, long most) {
        if (token != JsonToken.VALUE_NUMBER_INT) {
            throw wrong(token == JsonToken.VALUE_NUMBER_FLOAT ? "a fraction" : token.toString(), "a whole number");
        }
        long value = parser.getLongValue();
        if (value < least || value > most) {
            throw wrong(Long.toString(value), "a number from " + least + " to " + most);
        }
        return value;
    }

    private byte truth(JsonToken token) {
        return switch (token) {
            case VALUE_TRUE -> 1;
            case VALUE_FALSE -> 0;
            default -> (byte) whole(token, 0, 1);
        };
    }

    private Refusal wrong(String found, String expected) {
        return Refusal.bad("input '" + info.name() + "': found " + found + ", expected " + expected);
    }
}
