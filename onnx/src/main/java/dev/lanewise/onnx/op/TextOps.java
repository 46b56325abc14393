package dev.lanewise.onnx.op;

import dev.lanewise.onnx.OnnxValue;
import dev.lanewise.onnx.run.Call;
import dev.lanewise.onnx.run.Host;
import dev.lanewise.onnx.run.Operator;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.BinaryOperator;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;

/** Operators on texts. */
final class TextOps {
    private TextOps() {}

    static @Nullable Operator find(String name) {
        return switch (name) {
            case "StringConcat" -> c -> Call.out(pairs(c.texts(0), c.texts(1), String::concat));
            case "StringSplit" -> TextOps::split;
            case "StringNormalizer" -> c -> Call.out(normalize(c));
            case "RegexFullMatch" -> c -> Call.out(matches(c));
            case "TfIdfVectorizer" -> c -> Call.out(tfIdf(c));
            default -> null;
        };
    }

    private static int[] positions(Shape from, Shape to) {
        long[] at = Host.longs(Tensor.arange(from.elements()).reshape(from).expand(to));
        return Host.ints(at);
    }

    private static OnnxValue.Texts pairs(OnnxValue.Texts a, OnnxValue.Texts b, BinaryOperator<String> function) {
        Shape shape = Shape.broadcast("onnx", a.shape(), b.shape());
        int[] left = positions(a.shape(), shape);
        int[] right = positions(b.shape(), shape);
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < left.length; i++) {
            texts.add(function.apply(a.values().get(left[i]), b.values().get(right[i])));
        }
        return new OnnxValue.Texts(shape, texts);
    }

    static Tensor equal(Call c) {
        OnnxValue.Texts equal = pairs(c.texts(0), c.texts(1), (a, b) -> a.equals(b) ? "1" : "");
        boolean[] values = new boolean[equal.values().size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = !equal.values().get(i).isEmpty();
        }
        return Tensor.of(values).reshape(equal.shape());
    }

    static OnnxValue.Texts where(Tensor condition, OnnxValue.Texts a, OnnxValue.Texts b) {
        Shape shape = Shape.broadcast("where", condition.shape(), Shape.broadcast("where", a.shape(), b.shape()));
        long[] chosen = Host.longs(condition.expand(shape).to(DType.I64));
        int[] left = positions(a.shape(), shape);
        int[] right = positions(b.shape(), shape);
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < chosen.length; i++) {
            texts.add(chosen[i] != 0 ? a.values().get(left[i]) : b.values().get(right[i]));
        }
        return new OnnxValue.Texts(shape, texts);
    }

    static OnnxValue.Texts concat(Call c) {
        List<String> all = new ArrayList<>();
        List<Tensor> parts = new ArrayList<>();
        for (int i = 0; i < c.inputs(); i++) {
            OnnxValue.Texts texts = c.texts(i);
            long count = texts.values().size();
            parts.add(Tensor.arange(count).add((long) all.size()).reshape(texts.shape()));
            all.addAll(texts.values());
        }
        Tensor at = ShapeOps.cat(c.axis(0, parts.getFirst().shape().rank()), parts);
        List<String> texts = new ArrayList<>();
        for (long position : Host.longs(at)) {
            texts.add(all.get((int) position));
        }
        return new OnnxValue.Texts(at.shape(), texts);
    }

    private static OnnxValue[] split(Call c) {
        OnnxValue.Texts texts = c.texts(0);
        String delimiter = c.s("delimiter", "");
        long most = c.i("maxsplit", -1);
        List<List<String>> rows = new ArrayList<>();
        int width = 0;
        long[] counts = new long[texts.values().size()];
        for (String text : texts.values()) {
            List<String> row = delimiter.isEmpty() ? words(text, most) : pieces(text, delimiter, most);
            counts[rows.size()] = row.size();
            rows.add(row);
            width = Math.max(width, row.size());
        }
        List<String> flat = new ArrayList<>();
        for (List<String> row : rows) {
            flat.addAll(row);
            for (int i = row.size(); i < width; i++) {
                flat.add("");
            }
        }
        Shape shape = texts.shape().concat(Shape.of(width));
        return Call.out(
                new OnnxValue.Texts(shape, flat),
                OnnxValue.of(Tensor.of(counts, texts.shape().toArray())));
    }

    private static List<String> pieces(String text, String delimiter, long most) {
        List<String> pieces = new ArrayList<>();
        if (text.isEmpty()) {
            return pieces;
        }
        int start = 0;
        while (most < 0 || pieces.size() < most) {
            int at = text.indexOf(delimiter, start);
            if (at < 0) {
                break;
            }
            pieces.add(text.substring(start, at));
            start = at + delimiter.length();
        }
        pieces.add(text.substring(start));
        return pieces;
    }

    private static List<String> words(String text, long most) {
        String rest = text.strip();
        if (rest.isEmpty()) {
            return List.of();
        }
        return List.of(rest.split("\\s+", most < 0 ? -1 : (int) Math.min(most + 1, Integer.MAX_VALUE)));
    }

    private static OnnxValue normalize(Call c) {
        OnnxValue.Texts texts = c.texts(0);
        String change = c.s("case_change_action", "NONE");
        boolean sensitive = c.flag("is_case_sensitive", false);
        Set<String> stop = new HashSet<>();
        for (String word : c.strings("stopwords")) {
            stop.add(sensitive ? word : word.toLowerCase(Locale.ROOT));
        }
        List<String> kept = new ArrayList<>();
        for (String text : texts.values()) {
            if (!stop.contains(sensitive ? text : text.toLowerCase(Locale.ROOT))) {
                kept.add(
                        switch (change) {
                            case "LOWER" -> text.toLowerCase(Locale.ROOT);
                            case "UPPER" -> text.toUpperCase(Locale.ROOT);
                            default -> text;
                        });
            }
        }
        if (kept.isEmpty()) {
            kept.add("");
        }
        return new OnnxValue.Texts(texts.shape().with(texts.shape().rank() - 1, kept.size()), kept);
    }

    /**
     * A pattern that can't be compiled, or that recurses too deeply or backtracks too long on a text, is an error; RE2's
     * syntax is close to that of Java's patterns.
     */
    private static Tensor matches(Call c) {
        OnnxValue.Texts texts = c.texts(0);
        boolean[] values = new boolean[texts.values().size()];
        try {
            Pattern pattern = Pattern.compile(c.s("pattern", ""));
            for (int i = 0; i < values.length; i++) {
                values[i] =
                        pattern.matcher(new BoundedText(texts.values().get(i))).matches();
            }
        } catch (PatternSyntaxException | StackOverflowError e) {
            throw new IllegalArgumentException("pattern " + c.s("pattern", "") + ": " + e.getMessage(), e);
        }
        return Tensor.of(values).reshape(texts.shape());
    }

    private static Tensor tfIdf(Call c) {
        OnnxValue input = c.value(0);
        Shape shape = ShapeOps.shapeOf(input);
        List<String> items = new ArrayList<>();
        if (input instanceof OnnxValue.Texts texts) {
            items.addAll(texts.values());
        } else {
            for (long value : Host.longs(c.x())) {
                items.add(Long.toString(value));
            }
        }
        int rows = shape.rank() == 2 ? Math.toIntExact(shape.size(0)) : 1;
        int length = rows == 0 ? 0 : items.size() / rows;
        long[] indexes = c.ints("ngram_indexes");
        long[] counts = c.ints("ngram_counts");
        if (indexes == null || counts == null) {
            throw new IllegalArgumentException("ngram_indexes or ngram_counts are missing");
        }
        List<String> pool = new ArrayList<>(c.strings("pool_strings"));
        long[] numbers = c.ints("pool_int64s");
        for (long number : numbers == null ? new long[0] : numbers) {
            pool.add(Long.toString(number));
        }
        Map<List<String>, Integer> grams = grams(pool, counts);
        int width = Math.toIntExact(Arrays.stream(indexes).max().orElse(-1) + 1);
        float[] weights = c.floats("weights");
        String mode = c.s("mode", "TF");
        float[] out = new float[Math.multiplyExact(rows, width)];
        // what is longer than all that is looked for, or than the sequence, is found nowhere
        long longest = Math.min(c.i("max_gram_length", 1), Math.min(counts.length, length));
        long skips = Math.min(c.i("max_skip_count", 0), length);
        for (int row = 0; row < rows; row++) {
            List<String> sequence = items.subList(row * length, (row + 1) * length);
            int[] found = new int[width];
            for (long n = Math.max(1, c.i("min_gram_length", 1)); n <= longest; n++) {
                for (long skip = 0; skip <= (n == 1 ? 0 : skips) && (n - 1) * (skip + 1) < length; skip++) {
                    count(sequence, (int) n, (int) skip + 1, grams, indexes, found);
                }
            }
            for (int i = 0; i < indexes.length; i++) {
                int at = (int) indexes[i];
                float weight = weights == null ? 1 : weights[i];
                out[row * width + at] = switch (mode) {
                    case "TF" -> found[at];
                    case "IDF" -> found[at] > 0 ? weight : 0;
                    default -> found[at] * weight;
                };
            }
        }
        return shape.rank() == 2 ? Tensor.of(out, rows, width) : Tensor.of(out, width);
    }

    private static void count(
            List<String> sequence, int n, int step, Map<List<String>, Integer> grams, long[] indexes, int[] found) {
        for (int start = 0; start + (n - 1) * step < sequence.size(); start++) {
            List<String> gram = new ArrayList<>();
            for (int i = 0; i < n; i++) {
                gram.add(sequence.get(start + i * step));
            }
            Integer at = grams.get(gram);
            if (at != null) {
                found[(int) indexes[at]]++;
            }
        }
    }

    private static Map<List<String>, Integer> grams(List<String> pool, long[] counts) {
        Map<List<String>, Integer> grams = new HashMap<>();
        for (int n = 1; n <= counts.length; n++) {
            int end = n < counts.length ? Math.toIntExact(counts[n]) : pool.size();
            for (int start = Math.toIntExact(counts[n - 1]); start <= end - n; start += n) {
                grams.put(List.copyOf(pool.subList(start, start + n)), grams.size());
            }
        }
        return grams;
    }
}
