package dev.lanewise.nn.data;

import java.io.StringWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/**
 * Turns the rows of a table into numbers for a network, by what was learnt from the training rows alone.
 *
 * <p>A column of numbers gives one feature: (value - mean) / standard deviation; a missing number counts as the mean. A
 * column of categories gives one feature for each category of the training rows, 1 for the row's own and 0 for the others;
 * a category that was not there in training gives zeros only, and missing cells are a category of their own if they were.
 */
public final class TableEncoder {
    private static final JsonFactory JSON = new JsonFactory();

    /** What was learnt of one column. */
    private sealed interface Encoding {
        String column();

        int width();

        void encode(Column column, int row, float[] target, int offset);
    }

    private record Standardized(String column, double mean, double deviation) implements Encoding {
        @Override
        public int width() {
            return 1;
        }

        @Override
        public void encode(Column cells, int row, float[] target, int offset) {
            double value = cells.number(row);
            target[offset] = Double.isNaN(value) ? 0 : (float) ((value - mean) / deviation);
        }
    }

    private record OneHot(String column, List<String> categories) implements Encoding {
        @Override
        public int width() {
            return categories.size();
        }

        @Override
        public void encode(Column cells, int row, float[] target, int offset) {
            int category = categories.indexOf(Objects.requireNonNullElse(cells.text(row), ""));
            if (category >= 0) {
                target[offset + category] = 1;
            }
        }
    }

    private final List<Encoding> encodings;

    private TableEncoder(List<Encoding> encodings) {
        this.encodings = List.copyOf(encodings);
    }

    /**
     * Learns means, deviations and categories.
     *
     * @param training the training rows' features, without the label
     */
    public static TableEncoder fit(Table training) {
        List<Encoding> encodings = new ArrayList<>();
        for (Column column : training.columns()) {
            encodings.add(
                    switch (column.type()) {
                        case NUMBER -> standardized(column);
                        case CATEGORY -> oneHot(column);
                    });
        }
        return new TableEncoder(encodings);
    }

    private static Encoding standardized(Column column) {
        double[] values = new double[column.size()];
        int count = 0;
        for (int row = 0; row < column.size(); row++) {
            if (!column.isMissing(row)) {
                values[count++] = column.number(row);
            }
        }
        double mean = Arrays.stream(values, 0, count).sum() / Math.max(1, count);
        double squares = 0;
        for (int i = 0; i < count; i++) {
            squares += (values[i] - mean) * (values[i] - mean);
        }
        double deviation = Math.sqrt(squares / Math.max(1, count));
        // A constant column says nothing; dividing by its deviation would say infinity.
        return new Standardized(column.name(), mean, deviation > 0 ? deviation : 1);
    }

    private static Encoding oneHot(Column column) {
        List<String> categories = new ArrayList<>(column.categories());
        for (int row = 0; row < column.size(); row++) {
            if (column.isMissing(row)) {
                categories.addFirst("");
                break;
            }
        }
        return new OneHot(column.name(), List.copyOf(categories));
    }

    /** The number of features of a row. */
    public int width() {
        return encodings.stream().mapToInt(Encoding::width).sum();
    }

    /** The names of the features: a column's, or a column's and a category's. */
    public List<String> featureNames() {
        List<String> names = new ArrayList<>();
        for (Encoding encoding : encodings) {
            switch (encoding) {
                case Standardized number -> names.add(number.column());
                case OneHot oneHot ->
                    oneHot.categories().forEach(category -> names.add(oneHot.column() + "=" + category));
            }
        }
        return names;
    }

    /**
     * Encodes rows.
     *
     * @param table has the columns that were learnt, in any order
     * @return [rows, {@link #width}], row-major
     * @throws IllegalArgumentException if a column is not there
     */
    public float[] encode(Table table) {
        int width = width();
        float[] features = new float[Math.multiplyExact(table.rows(), width)];
        int offset = 0;
        for (Encoding encoding : encodings) {
            Column column = table.column(encoding.column());
            for (int row = 0; row < table.rows(); row++) {
                encoding.encode(column, row, features, row * width + offset);
            }
            offset += encoding.width();
        }
        return features;
    }

    /** All that was learnt, as JSON, to be kept beside a model's weights. */
    public String toJson() {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = JSON.createGenerator(ObjectWriteContext.empty(), text)) {
            json.writeStartObject();
            for (Encoding encoding : encodings) {
                json.writeArrayPropertyStart(encoding.column());
                switch (encoding) {
                    case Standardized number -> json.writeNumber(number.mean()).writeNumber(number.deviation());
                    case OneHot oneHot -> oneHot.categories().forEach(json::writeString);
                }
                json.writeEndArray();
            }
            json.writeEndObject();
        }
        return text.toString();
    }

    /**
     * What {@link #toJson} wrote.
     *
     * @throws IllegalArgumentException if the text is something else
     */
    public static TableEncoder fromJson(String json) {
        List<Encoding> encodings = new ArrayList<>();
        try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), json)) {
            require(parser.nextToken() == JsonToken.START_OBJECT);
            for (String column = parser.nextName(); column != null; column = parser.nextName()) {
                require(parser.nextToken() == JsonToken.START_ARRAY);
                encodings.add(parseEncoding(column, parser));
            }
            require(parser.currentToken() == JsonToken.END_OBJECT);
            return new TableEncoder(encodings);
        } catch (JacksonException malformed) {
            throw new IllegalArgumentException(notAnEncoder(), malformed);
        }
    }

    private static Encoding parseEncoding(String column, JsonParser parser) {
        List<String> categories = new ArrayList<>();
        List<Double> numbers = new ArrayList<>();
        for (JsonToken token = parser.nextToken(); token != JsonToken.END_ARRAY; token = parser.nextToken()) {
            if (token == JsonToken.VALUE_STRING) {
                categories.add(parser.getString());
            } else {
                require(token == JsonToken.VALUE_NUMBER_FLOAT || token == JsonToken.VALUE_NUMBER_INT);
                numbers.add(parser.getDoubleValue());
            }
        }
        require(numbers.isEmpty() || (numbers.size() == 2 && categories.isEmpty() && numbers.get(1) > 0));
        return numbers.isEmpty()
                ? new OneHot(column, List.copyOf(categories))
                : new Standardized(column, numbers.get(0), numbers.get(1));
    }

    private static void require(boolean condition) {
        if (!condition) {
            throw new IllegalArgumentException(notAnEncoder());
        }
    }

    private static String notAnEncoder() {
        return "TableEncoder: found text that is not an encoder's; expected an object of arrays; pass what toJson"
                + " wrote";
    }
}
