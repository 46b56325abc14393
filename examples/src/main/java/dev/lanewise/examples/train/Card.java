package dev.lanewise.examples.train;

import dev.lanewise.examples.JsonLine;
import dev.lanewise.nn.data.text.Vocabulary;
import dev.lanewise.nn.io.AtomicFile;
import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.nn.io.InputLimits;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/**
 * What a model needs in addition to its weights: sizes, the classes' names, a vocabulary. It is an object of lists of
 * strings in a JSON file next to the weights, whose name ends in {@value #SUFFIX}.
 */
public record Card(String model, Map<String, List<String>> entries) {
    public static final String SUFFIX = ".json";

    private static final JsonFactory JSON = new JsonFactory();
    private static final String MODEL = "model";
    private static final String VOCABULARY = "vocabulary";
    private static final String KIND = "what 'lanewise train --save' writes next to the weights";
    private static final String REMEDY = "keep the two files together, or train again";
    private static final long MOST_BYTES = 1 << 28;

    public Card(String model) {
        this(model, new LinkedHashMap<>());
    }

    /** The card with one more entry. */
    public Card with(String name, List<String> values) {
        Map<String, List<String>> more = new LinkedHashMap<>(entries);
        more.put(name, List.copyOf(values));
        return new Card(model, more);
    }

    public Card with(String name, Object value) {
        return with(name, List.of(value.toString()));
    }

    /** An entry's values. */
    public List<String> list(String name) {
        List<String> values = entries.get(name);
        if (values == null || values.isEmpty()) {
            throw new BadFileException("the file of " + model, "no '" + name + "'", KIND, REMEDY);
        }
        return values;
    }

    /** The vocabulary, whose tokens all differ. */
    public Vocabulary vocabulary() {
        try {
            return new Vocabulary(list(VOCABULARY));
        } catch (IllegalArgumentException twice) {
            throw new BadFileException(
                    "the file of " + model, Objects.toString(twice.getMessage()), KIND, REMEDY, twice);
        }
    }

    /** An entry's only value. */
    public String text(String name) {
        return list(name).getFirst();
    }

    /** An entry's only value, a whole number from 1 to a maximum. */
    public int number(String name, int most) {
        String text = text(name);
        int number = text.matches("\\d{1,9}") ? Integer.parseInt(text) : 0;
        if (number < 1 || number > most) {
            throw new BadFileException(
                    "the file of " + model,
                    "'" + text + "' for '" + name + "'",
                    "a whole number from 1 to " + most,
                    REMEDY);
        }
        return number;
    }

    /** Writes the card that belongs to weights. */
    public void write(Path weights) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put(MODEL, List.of(model));
        fields.putAll(entries);
        byte[] json = (JsonLine.of(fields) + "\n").getBytes(StandardCharsets.UTF_8);
        AtomicFile.write(beside(weights), channel -> {
            for (ByteBuffer bytes = ByteBuffer.wrap(json); bytes.hasRemaining(); ) {
                channel.write(bytes);
            }
        });
    }

    /**
     * Reads the card that belongs to weights.
     *
     * @param model the model that it should describe
     * @throws BadFileException if it is missing, damaged or belongs to another model
     */
    public static Card read(Path weights, String model) {
        Card card = read(weights);
        if (!card.model.equals(model)) {
            throw new BadFileException(
                    beside(weights), "the model [" + card.model + "]", model, "name the model whose weights these are");
        }
        return card;
    }

    /**
     * Reads the card that belongs to weights, whatever model it describes.
     *
     * @throws BadFileException if it is missing, damaged or names no model
     */
    public static Card read(Path weights) {
        Path file = beside(weights);
        Map<String, List<String>> entries;
        try {
            long bytes = InputLimits.length(file, KIND);
            if (bytes > MOST_BYTES) {
                throw new BadFileException(file, bytes + " bytes", KIND, REMEDY);
            }
            entries = parse(file, Files.readString(file));
        } catch (IOException failure) {
            throw BadFileException.unreadable(file, KIND, failure);
        }
        List<String> named = entries.remove(MODEL);
        if (named == null || named.size() != 1) {
            throw new BadFileException(file, "the model " + named, KIND, REMEDY);
        }
        entries.forEach((name, values) -> requireDifferent(file, name, values));
        return new Card(named.getFirst(), entries);
    }

    /** Classes, columns and tokens are distinguished by their names. */
    private static void requireDifferent(Path file, String name, List<String> values) {
        Set<String> seen = new HashSet<>();
        for (String value : values) {
            if (!seen.add(value)) {
                throw new BadFileException(
                        file, "'" + value + "' twice in '" + name + "'", "different entries: " + KIND, REMEDY);
            }
        }
    }

    private static Map<String, List<String>> parse(Path file, String json) {
        Map<String, List<String>> entries = new LinkedHashMap<>();
        try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), json)) {
            require(file, parser.nextToken() == JsonToken.START_OBJECT);
            for (String name = parser.nextName(); name != null; name = parser.nextName()) {
                require(file, parser.nextToken() == JsonToken.START_ARRAY);
                List<String> values = new ArrayList<>();
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    require(file, parser.currentToken() == JsonToken.VALUE_STRING);
                    values.add(parser.getString());
                }
                require(file, entries.put(name, values) == null);
            }
            require(file, parser.currentToken() == JsonToken.END_OBJECT);
            require(file, parser.nextToken() == null);
            return entries;
        } catch (JacksonException malformed) {
            throw new BadFileException(file, "malformed JSON", KIND, REMEDY, malformed);
        }
    }

    private static void require(Path file, boolean condition) {
        if (!condition) {
            throw new BadFileException(file, "something else", "an object of lists of strings: " + KIND, REMEDY);
        }
    }

    private static Path beside(Path weights) {
        return weights.resolveSibling(weights.getFileName() + SUFFIX);
    }
}
