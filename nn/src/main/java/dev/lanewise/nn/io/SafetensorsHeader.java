package dev.lanewise.nn.io;

import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.TensorSpec;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.json.JsonFactory;

/** The JSON header of a safetensors file: parsing, checking, writing. */
final class SafetensorsHeader {
    private static final String METADATA = "__metadata__";
    private static final String REMEDY =
            "the file is damaged or was not written by a safetensors library: copy," + " download or save it again";
    private static final int MAX_RANK = 64;

    /** The longest metadata that is read, in characters. No known checkpoint has longer metadata. */
    static final int MAX_METADATA = 1 << 24;

    /** How many times its own size a header of many small tensors takes in memory while it is open. */
    static final int HEAP_PER_BYTE = 10;

    // Hostile names must not accumulate in a table that outlives the file.
    private static final JsonFactory JSON = JsonFactory.builder()
            .disable(TokenStreamFactory.Feature.CANONICALIZE_PROPERTY_NAMES)
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(3)
                    .maxNumberLength(20)
                    .maxNameLength(1 << 16)
                    .maxStringLength(MAX_METADATA)
                    .build())
            .build();

    /** A tensor's place: {@code begin} and {@code end} count from the first byte after the header. */
    record Entry(String name, StoredType type, Shape shape, long begin, long end) {}

    private final Object file;
    private final Map<String, Entry> entries = new LinkedHashMap<>();
    private final Map<String, String> metadata = new LinkedHashMap<>();
    private boolean metadataSeen;

    private SafetensorsHeader(Object file) {
        this.file = file;
    }

    /**
     * Parses and checks a header.
     *
     * @param json the header's bytes without the length before them
     * @param dataBytes how many bytes follow the header in the file
     */
    static SafetensorsHeader parse(Object file, byte[] json, long dataBytes) {
        SafetensorsHeader header = new SafetensorsHeader(file);
        header.checkUtf8(json);
        try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), json)) {
            header.readRoot(parser);
        } catch (JacksonException malformed) {
            throw header.bad(
                    "a header that is not valid JSON (" + malformed.getOriginalMessage() + ")",
                    "one JSON object of tensors",
                    malformed);
        }
        header.checkLayout(dataBytes);
        return header;
    }

    Map<String, Entry> entries() {
        return entries;
    }

    Map<String, String> metadata() {
        return metadata;
    }

    /** The parser itself is lenient about UTF-8, and would guess other encodings. */
    private void checkUtf8(byte[] json) {
        CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
        ByteBuffer in = ByteBuffer.wrap(json);
        CharBuffer unused = CharBuffer.allocate(1 << 12);
        CoderResult result;
        do {
            result = decoder.decode(in, unused.clear(), true);
        } while (result.isOverflow());
        if (result.isError()) {
            throw bad("a header that is not valid UTF-8", "JSON in UTF-8", null);
        }
        for (byte b : json) {
            if (b == 0) {
                throw bad("a header that is not valid JSON (a zero byte)", "one JSON object of tensors", null);
            }
        }
    }

    private void readRoot(JsonParser parser) {
        expect(parser.nextToken(), JsonToken.START_OBJECT, "the header", "one JSON object");
        for (String name = parser.nextName(); name != null; name = parser.nextName()) {
            if (name.equals(METADATA)) {
                readMetadata(parser);
            } else if (entries.containsKey(name)) {
                throw bad("the tensor '" + name + "' twice", "every name once", null);
            } else {
                entries.put(name, readEntry(parser, name));
            }
        }
        if (parser.nextToken() != null) {
            throw bad("text after the header's JSON object", "spaces only", null);
        }
    }

    private void readMetadata(JsonParser parser) {
        if (metadataSeen) {
            throw bad(METADATA + " twice", "it once", null);
        }
        metadataSeen = true;
        expect(parser.nextToken(), JsonToken.START_OBJECT, METADATA, "an object of strings");
        long characters = 0;
        for (String key = parser.nextName(); key != null; key = parser.nextName()) {
            expect(parser.nextToken(), JsonToken.VALUE_STRING, METADATA + " '" + key + "'", "a string");
            String value = parser.getString();
            // An entry takes about as much memory as fifty characters.
            characters += key.length() + value.length() + 50L;
            if (characters > MAX_METADATA) {
                throw bad(METADATA + " of more than " + MAX_METADATA + " characters", "shorter ones", null);
            }
            if (metadata.put(key, value) != null) {
                throw bad(METADATA + " '" + key + "' twice", "every key once", null);
            }
        }
    }

    private Entry readEntry(JsonParser parser, String name) {
        String what = "tensor '" + name + "'";
        expect(parser.nextToken(), JsonToken.START_OBJECT, what, "an object with dtype, shape and data_offsets");
        String dtype = null;
        List<Long> shape = null;
        List<Long> offsets = null;
        for (String key = parser.nextName(); key != null; key = parser.nextName()) {
            boolean repeated = switch (key) {
                case "dtype" -> dtype != null;
                case "shape" -> shape != null;
                case "data_offsets" -> offsets != null;
                default -> throw bad(what + " with '" + key + "'", "dtype, shape and data_offsets", null);
            };
            if (repeated) {
                throw bad(what + " with '" + key + "' twice", "it once", null);
            }
            switch (key) {
                case "dtype" -> {
                    expect(parser.nextToken(), JsonToken.VALUE_STRING, what + " dtype", "a string");
                    dtype = parser.getString();
                }
                case "shape" -> shape = readSizes(parser, what + " shape", MAX_RANK);
                default -> offsets = readSizes(parser, what + " data_offsets", 2);
            }
        }
        if (dtype == null || shape == null || offsets == null || offsets.size() != 2) {
            throw bad(what + " without all of its fields", "dtype, shape and two data_offsets", null);
        }
        return checked(new Entry(name, type(what, dtype), shape(what, shape), offsets.get(0), offsets.get(1)));
    }

    private List<Long> readSizes(JsonParser parser, String what, int atMost) {
        expect(parser.nextToken(), JsonToken.START_ARRAY, what, "an array of sizes");
        List<Long> sizes = new ArrayList<>();
        for (JsonToken token = parser.nextToken(); token != JsonToken.END_ARRAY; token = parser.nextToken()) {
            expect(token, JsonToken.VALUE_NUMBER_INT, what, "integers");
            if (sizes.size() == atMost) {
                throw bad(what + " with more than " + atMost + " numbers", "at most " + atMost, null);
            }
            if (parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER || parser.getLongValue() < 0) {
                throw bad(what + " with " + parser.getString(), "integers from 0 to " + Long.MAX_VALUE, null);
            }
            sizes.add(parser.getLongValue());
        }
        return sizes;
    }

    private Shape shape(String what, List<Long> sizes) {
        return Shape.tryOf(sizes.stream().mapToLong(Long::longValue).toArray())
                .orElseThrow(() -> bad(what + " of shape " + sizes, "at most 2^56 elements", null));
    }

    /** An unknown type does not prevent the others from being read; text that is no type's name is damage. */
    private StoredType type(String what, String name) {
        boolean plausible = !name.isEmpty() && name.length() <= 16;
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            plausible &= c == '_' || (c >= 'A' && c <= 'Z') || (i > 0 && c >= '0' && c <= '9');
        }
        if (!plausible) {
            throw bad(what + " of the unsupported dtype '" + name + "'", "one of the format's types", null);
        }
        return StoredType.named(name);
    }

    private Entry checked(Entry entry) {
        String what = "tensor '" + entry.name() + "'";
        if (entry.begin() > entry.end()) {
            throw bad(what + " with data_offsets [" + entry.begin() + ", " + entry.end() + "]", "begin <= end", null);
        }
        long bytes = entry.end() - entry.begin();
        if (!entry.type().fits(entry.shape().elements(), bytes)) {
            throw bad(
                    what + " with " + bytes + " bytes",
                    entry.shape().elements() + " elements of " + entry.type().size() + " for "
                            + entry.type().name() + " " + entry.shape(),
                    null);
        }
        return entry;
    }

    /** The tensors must cover the data without gap or overlap, in some order, to the last byte of the file. */
    private void checkLayout(long dataBytes) {
        List<Entry> byPlace = entries.values().stream()
                .sorted(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end))
                .toList();
        long position = 0;
        for (Entry entry : byPlace) {
            if (entry.end() > dataBytes) {
                throw bad(
                        "tensor '" + entry.name() + "' ending at byte " + entry.end() + " of the data",
                        "at most " + dataBytes + ", the data's length",
                        null);
            }
            if (entry.begin() != position) {
                throw bad(
                        "tensor '" + entry.name() + "' starting at byte " + entry.begin() + " of the data"
                                + (entry.begin() < position ? " (it overlaps another)" : " (a gap lies before it)"),
                        "byte " + position,
                        null);
            }
            position = entry.end();
        }
        if (position != dataBytes) {
            throw bad((dataBytes - position) + " bytes after the last tensor", "none", null);
        }
    }

    private void expect(@Nullable JsonToken found, JsonToken expected, String what, String expectation) {
        if (found != expected) {
            throw bad(what + " as " + (found == null ? "nothing" : found), what + " as " + expectation, null);
        }
    }

    private CheckpointException bad(String found, String expected, @Nullable Throwable cause) {
        return new CheckpointException(file, found, expected, REMEDY, cause);
    }

    /** The header's bytes for tensors that follow each other in the given order, padded to a multiple of 8. */
    static byte[] encode(List<Safetensors.Part> tensors, Map<String, String> metadata) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (JsonGenerator json = JSON.createGenerator(ObjectWriteContext.empty(), bytes)) {
            json.writeStartObject();
            if (!metadata.isEmpty()) {
                json.writeObjectPropertyStart(METADATA);
                new TreeMap<>(metadata).forEach(json::writeStringProperty);
                json.writeEndObject();
            }
            long position = 0;
            for (Safetensors.Part tensor : tensors) {
                position = encode(json, tensor.name(), tensor.spec(), position);
            }
            json.writeEndObject();
        }
        while (bytes.size() % 8 != 0) {
            bytes.write(' ');
        }
        return bytes.toByteArray();
    }

    private static long encode(JsonGenerator json, String name, TensorSpec tensor, long begin) {
        if (name.equals(METADATA)) {
            throw new IllegalArgumentException("safetensors: found a tensor called " + METADATA
                    + "; expected another name, this one is the format's own; rename it");
        }
        long end = Math.addExact(begin, tensor.bytes());
        json.writeObjectPropertyStart(name);
        json.writeStringProperty("dtype", tensor.dtype().name());
        json.writeArrayPropertyStart("shape");
        for (long size : tensor.shape().toArray()) {
            json.writeNumber(size);
        }
        json.writeEndArray();
        json.writeArrayPropertyStart("data_offsets");
        json.writeNumber(begin);
        json.writeNumber(end);
        json.writeEndArray();
        json.writeEndObject();
        return end;
    }
}
