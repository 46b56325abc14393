package dev.lanewise.nn.data.table;

import java.io.StringWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/**
 * Turns the rows of a table into numbers for a network, using only what was learnt from the training rows.
 *
 * <p>A column of numbers gives one feature: (value - mean) / standard deviation; a missing number counts as the mean,
 * and a column whose numbers are all equal gives 0 for that number. A column of categories gives one feature for each
 * category of the training rows, 1 for the row's own and 0 for the others; a category that did not occur in training
 * gives zeros only, and missing cells are a category of their own if they occurred in training.
 */
public final class TableEncoder {
    private static final JsonFactory JSON = new JsonFactory();

    /** In a small file whose names all differ, the features would grow with the square of the rows. */
    private static final int MOST_CATEGORIES = 10_000;

    /** What was learnt about one column. */
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
            // Halves, since the difference of two huge numbers may overflow; the quotient may be beyond F32.
            double half = (value / 2 - mean / 2) / deviation;
            double scaled = Math.abs(value - mean) < Double.MAX_VALUE ? (value - mean) / deviation : 2 * half;
            target[offset] = Double.isNaN(value) ? 0 : (float) Math.clamp(scaled, -Float.MAX_VALUE, Float.MAX_VALUE);
        }
    }

    private record OneHot(String column, List<String> categories, Map<String, Integer> positions) implements Encoding {
        OneHot(String column, List<String> categories) {
            this(column, List.copyOf(categories), Column.positions(categories));
        }

        @Override
        public int width() {
            return categories.size();
        }

        @Override
        public void encode(Column cells, int row, float[] target, int offset) {
            Integer category = positions.get(Objects.requireNonNullElse(cells.text(row), ""));
            if (category != null) {
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
     * @return the encoder, for these and further rows
     * @throws IllegalArgumentException if a column has more than 10,000 categories
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
        return standardized(column.name(), Arrays.copyOf(values, count));
    }

    private static Encoding standardized(String name, double[] values) {
        double least = Arrays.stream(values).min().orElse(0);
        double greatest = Arrays.stream(values).max().orElse(0);
        // A constant column carries no information; rounding would give it a deviation, and dividing by that a feature.
        if (least == greatest) {
            return new Standardized(name, least, 1);
        }
        // Powers of two keep sums and squares of huge and tiny numbers in range and change no digit.
        int exponent = Math.getExponent(Math.max(Math.abs(least), Math.abs(greatest)));
        double mean =
                Arrays.stream(values).map(value -> scaled(value, exponent)).sum() / values.length;
        double squares = 0;
        for (double value : values) {
            squares += (scaled(value, exponent) - mean) * (scaled(value, exponent) - mean);
        }
        double variance = squares / values.length;
        double rounding = Math.ulp(1.0) * values.length;
        // The deviation that rounding alone can give equal numbers (the bound of scikit-learn's StandardScaler).
        boolean constant = variance <= rounding * variance + (rounding * mean) * (rounding * mean);
        double deviation = Math.scalb(Math.sqrt(variance), exponent);
        return new Standardized(name, Math.scalb(mean, exponent), constant || deviation == 0 ? 1 : deviation);
    }

    private static double scaled(double value, int exponent) {
        // In two steps: 2^1074 is beyond a double.
        return Math.scalb(Math.scalb(value, -exponent / 2), -(exponent - exponent / 2));
    }

    private static Encoding oneHot(Column column) {
        List<String> categories = new ArrayList<>(column.categories());
        if (categories.size() > MOST_CATEGORIES) {
            throw new IllegalArgumentException(
                    "TableEncoder: found " + categories.size() + " categories in the column '"
                            + column.name() + "'; expected at most " + MOST_CATEGORIES
                            + "; leave the column out or put rare categories together");
        }
        for (int row = 0; row < column.size(); row++) {
            if (column.isMissing(row)) {
                categories.addFirst("");
                break;
            }
        }
        return new OneHot(column.name(), categories);
    }

    /** {@return the number of features of a row} */
    public int width() {
        return encodings.stream().mapToInt(Encoding::width).sum();
    }

    /** {@return the names of the features: a column's, or a column's and a category's} */
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
     * Turns the rows of a table into numbers, one after the other.
     *
     * @param table a table with the columns that were learnt, in any order
     * @return [rows, {@link #width}], row-major
     * @throws IllegalArgumentException if a column is missing, a cell in a column of numbers is not a number, or the
     *     features take more than half of the Java heap
     */
    public float[] encode(Table table) {
        int width = width();
        long bytes = (long) table.rows() * width * Float.BYTES;
        if (bytes > Math.min(Runtime.getRuntime().maxMemory() / 2, 4L * (Integer.MAX_VALUE - 8))) {
            throw new IllegalArgumentException("TableEncoder: found " + table.rows() + " rows of " + width
                    + " features, which take " + (bytes >> 20) + " MiB; expected at most half of the Java heap; encode"
                    + " fewer rows at a time, leave out columns of many categories, or raise -Xmx");
        }
        float[] features = new float[table.rows() * width];
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

    /** {@return all that was learnt, as JSON, to be stored along with a model's weights} */
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
     * Reads an encoder from the text that {@link #toJson} wrote.
     *
     * @param json the text
     * @return the encoder
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
            require(parser.currentToken() == JsonToken.END_OBJECT && parser.nextToken() == null);
            require(encodings.stream().map(Encoding::column).distinct().count() == encodings.size());
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
        if (!numbers.isEmpty()) {
            require(numbers.size() == 2 && categories.isEmpty());
            require(Double.isFinite(numbers.get(0)) && Double.isFinite(numbers.get(1)) && numbers.get(1) > 0);
            return new Standardized(column, numbers.get(0), numbers.get(1));
        }
        require(categories.size() <= MOST_CATEGORIES + 1 && new HashSet<>(categories).size() == categories.size());
        return new OneHot(column, categories);
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
