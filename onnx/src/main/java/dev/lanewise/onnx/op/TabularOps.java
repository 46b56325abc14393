package dev.lanewise.onnx.op;

import dev.lanewise.onnx.OnnxValue;
import dev.lanewise.onnx.format.Attribute;
import dev.lanewise.onnx.format.StoredTensor;
import dev.lanewise.onnx.run.Call;
import dev.lanewise.onnx.run.Host;
import dev.lanewise.onnx.run.Operator;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Keep;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The domain ai.onnx.ml except for trees: linear models, scalers, encoders. */
final class TabularOps {
    private TabularOps() {}

    static @Nullable Operator find(String name) {
        return switch (name) {
            case "ai.onnx.ml:Binarizer" ->
                c -> c.same(c.x().gt(c.f("threshold", 0)).to(c.x().dtype()));
            case "ai.onnx.ml:Scaler" -> c -> Call.out(scaler(c));
            case "ai.onnx.ml:Normalizer" -> c -> Call.out(normalizer(c));
            case "ai.onnx.ml:Imputer" -> c -> c.same(imputer(c));
            case "ai.onnx.ml:FeatureVectorizer" -> c -> Call.out(vectorizer(c));
            case "ai.onnx.ml:LabelEncoder" -> c -> Call.out(labelEncoder(c));
            case "ai.onnx.ml:OneHotEncoder" -> c -> Call.out(oneHot(c));
            case "ai.onnx.ml:LinearRegressor" -> c -> Call.out(linearRegressor(c));
            case "ai.onnx.ml:LinearClassifier" -> TabularOps::linearClassifier;
            case "ai.onnx.ml:SVMRegressor" -> c -> Call.out(SupportVectors.regressor(c));
            case "ai.onnx.ml:SVMClassifier" -> SupportVectors::classifier;
            case "ai.onnx.ml:ZipMap" -> c -> Call.out(zipMap(c));
            default -> null;
        };
    }

    /** The labels of a classifier, texts or whole numbers. */
    record Labels(List<String> texts, long[] numbers) {
        static Labels of(Call c) {
            List<String> texts = c.strings("classlabels_strings");
            if (texts.isEmpty()) {
                texts = c.strings("classlabels_string");
            }
            long[] numbers = c.ints("classlabels_int64s");
            if (numbers == null) {
                numbers = c.ints("classlabels_ints");
            }
            return new Labels(texts, numbers == null ? new long[0] : numbers);
        }

        int size() {
            return texts.isEmpty() ? numbers.length : texts.size();
        }

        OnnxValue of(int[] chosen) {
            if (!texts.isEmpty()) {
                return new OnnxValue.Texts(
                        Shape.of(chosen.length),
                        Arrays.stream(chosen).mapToObj(texts::get).toList());
            }
            long[] labels = Arrays.stream(chosen)
                    .mapToLong(i -> numbers.length == 0 ? i : numbers[i])
                    .toArray();
            return OnnxValue.of(Tensor.of(labels, labels.length));
        }
    }

    private static Tensor floats(Call c, String name) {
        float[] values = c.floats(name);
        return Tensor.of(values == null ? new float[0] : values, values == null ? 0 : values.length);
    }

    private static Tensor scaler(Call c) {
        Tensor x = c.x().to(DType.F32);
        return x.sub(floats(c, "offset").to(x.device())).mul(floats(c, "scale").to(x.device()));
    }

    private static Tensor normalizer(Call c) {
        Tensor x = c.x().to(DType.F32);
        int[] last = {x.shape().rank() - 1};
        Tensor norm = switch (c.s("norm", "MAX")) {
            case "L1" -> x.abs().sum(last, Keep.KEEP);
            case "L2" -> x.square().sum(last, Keep.KEEP).sqrt();
            default -> x.amax(last, Keep.KEEP);
        };
        return norm.eq(0.0).where(x, x.div(norm));
    }

    private static Tensor imputer(Call c) {
        Tensor x = c.x();
        float[] reals = c.floats("imputed_value_floats");
        if (reals != null && reals.length > 0) {
            double replaced = c.f("replaced_value_float", 0);
            Tensor values = Tensor.of(reals, reals.length).to(x.dtype()).to(x.device());
            Tensor missing = Double.isNaN(replaced) ? x.isNan() : x.eq(replaced);
            return missing.where(values, x);
        }
        long[] wholes = c.ints("imputed_value_int64s");
        long[] values = wholes == null ? new long[0] : wholes;
        return x.eq(c.i("replaced_value_int64", 0))
                .where(Host.vector(values, x.device()).to(x.dtype()), x);
    }

    private static Tensor vectorizer(Call c) {
        long[] sizes = c.ints("inputdimensions");
        List<Tensor> parts = new ArrayList<>();
        for (int i = 0; i < c.inputs(); i++) {
            Tensor x = c.x(i).to(DType.F32);
            Tensor matrix = x.shape().rank() == 1 ? x.unsqueeze(0) : x.flatten(1);
            long width = sizes == null ? matrix.shape().size(1) : sizes[i];
            long have = matrix.shape().size(1);
            parts.add(
                    have >= width
                            ? matrix.narrow(1, 0, width)
                            : ShapeOps.padded(matrix, 1, 0, width - have, "constant", 0));
        }
        return ShapeOps.cat(1, parts);
    }

    // ---- encoders

    private static List<Object> list(Call c, String prefix) {
        List<Object> all = new ArrayList<>(c.strings(prefix + "_strings"));
        long[] wholes = c.ints(prefix + "_int64s");
        for (long whole : wholes == null ? new long[0] : wholes) {
            all.add(whole);
        }
        float[] reals = c.floats(prefix + "_floats");
        for (float real : reals == null ? new float[0] : reals) {
            all.add((double) real);
        }
        Attribute attribute = c.attribute(prefix + "_tensor");
        StoredTensor tensor = attribute == null ? null : attribute.tensor();
        if (tensor != null) {
            all.addAll(elements(tensor.toValue()));
        }
        return all;
    }

    private static List<Object> elements(OnnxValue value) {
        if (value instanceof OnnxValue.Texts texts) {
            return List.copyOf(texts.values());
        }
        Tensor tensor = OnnxValue.tensorOf(value);
        if (tensor == null) {
            throw new IllegalArgumentException("a tensor is needed, not " + value.describe());
        }
        return tensor.dtype().isFloating()
                ? Arrays.stream(Host.doubles(tensor))
                        .<Object>mapToObj(v -> v == 0 ? 0.0 : v)
                        .toList()
                : Arrays.stream(Host.longs(tensor)).<Object>mapToObj(v -> v).toList();
    }

    private static OnnxValue labelEncoder(Call c) {
        List<Object> keys = list(c, "keys");
        List<Object> values = list(c, "values");
        List<String> classes = c.strings("classes_strings");
        for (int i = 0; i < classes.size(); i++) { // version 1: positions and texts, either way
            boolean toText = !c.isTexts(0);
            keys.add(toText ? (Object) (long) i : classes.get(i));
            values.add(toText ? classes.get(i) : (Object) (long) i);
        }
        Map<Object, Object> map = new HashMap<>();
        for (int i = 0; i < keys.size() && i < values.size(); i++) {
            map.putIfAbsent(keys.get(i), values.get(i));
        }
        OnnxValue input = c.value(0);
        Object sample = values.isEmpty() ? 0L : values.getFirst();
        Object otherwise = defaultOf(c, sample);
        List<Object> result = elements(input).stream()
                .map(k -> map.getOrDefault(k, otherwise))
                .toList();
        Shape shape = ShapeOps.shapeOf(input);
        if (sample instanceof String) {
            return new OnnxValue.Texts(
                    shape, result.stream().map(Object::toString).toList());
        }
        double[] numbers =
                result.stream().mapToDouble(v -> ((Number) v).doubleValue()).toArray();
        Tensor tensor = sample instanceof Double
                ? Tensor.of(numbers, shape.toArray()).to(DType.F32)
                : Tensor.of(
                        result.stream().mapToLong(v -> ((Number) v).longValue()).toArray(), shape.toArray());
        Attribute typed = c.attribute("values_tensor");
        StoredTensor stored = typed == null ? null : typed.tensor();
        return stored == null ? OnnxValue.of(tensor) : Casts.cast(OnnxValue.of(tensor), stored.type(), true);
    }

    private static Object defaultOf(Call c, Object sample) {
        Attribute attribute = c.attribute("default_tensor");
        StoredTensor tensor = attribute == null ? null : attribute.tensor();
        if (tensor != null) {
            return elements(tensor.toValue()).getFirst();
        }
        if (sample instanceof String) {
            return c.s("default_string", "_Unused");
        }
        return sample instanceof Long ? (Object) c.i("default_int64", -1) : (Object) c.f("default_float", -0.0);
    }

    private static Tensor oneHot(Call c) {
        List<Object> categories = new ArrayList<>(c.strings("cats_strings"));
        long[] wholes = c.ints("cats_int64s");
        for (long whole : wholes == null ? new long[0] : wholes) {
            categories.add(whole);
        }
        Shape shape = ShapeOps.shapeOf(c.value(0));
        List<Object> elements = elements(c.value(0));
        float[] out = new float[elements.size() * categories.size()];
        for (int i = 0; i < elements.size(); i++) {
            Object key = elements.get(i) instanceof Double real ? (Object) real.longValue() : elements.get(i);
            int at = categories.indexOf(key);
            if (at >= 0) {
                out[i * categories.size() + at] = 1;
            } else {
                Call.check(c.flag("zeros", true), "category " + key + " (expected one of " + categories + ")");
            }
        }
        return Tensor.of(out, shape.concat(Shape.of(categories.size())).toArray());
    }

    // ---- linear models

    private static double[][] scores(Call c, int targets) {
        Tensor x = c.x();
        int rows = x.shape().rank() == 1 ? 1 : (int) x.shape().size(0);
        double[] features = Host.doubles(x);
        int width = rows == 0 ? 0 : features.length / rows;
        float[] coefficients = c.floats("coefficients");
        float[] intercepts = c.floats("intercepts");
        double[][] scores = new double[rows][targets];
        for (int row = 0; row < rows; row++) {
            for (int t = 0; t < targets; t++) {
                double sum = intercepts != null && t < intercepts.length ? intercepts[t] : 0;
                for (int i = 0; i < width && coefficients != null; i++) {
                    sum += features[row * width + i] * coefficients[t * width + i];
                }
                scores[row][t] = sum;
            }
        }
        return scores;
    }

    static Tensor table(double[][] rows, int width) {
        double[] flat = new double[rows.length * width];
        for (int i = 0; i < rows.length; i++) {
            System.arraycopy(rows[i], 0, flat, i * width, width);
        }
        return Tensor.of(flat, rows.length, width).to(DType.F32);
    }

    private static Tensor linearRegressor(Call c) {
        int targets = (int) c.i("targets", 1);
        double[][] scores = scores(c, targets);
        for (double[] row : scores) {
            Scores.transform(c.s("post_transform", "NONE"), row);
        }
        return table(scores, targets);
    }

    private static OnnxValue[] linearClassifier(Call c) {
        Labels labels = Labels.of(c);
        float[] intercepts = c.floats("intercepts");
        float[] coefficients = c.floats("coefficients");
        long width = c.x().shape().size(-1);
        int targets = intercepts != null && intercepts.length > 0
                ? intercepts.length
                : coefficients == null ? 0 : (int) (coefficients.length / width);
        double[][] scores = scores(c, targets);
        String transform = c.s("post_transform", "NONE");
        boolean binary = targets == 1 && labels.size() == 2;
        int[] chosen = new int[scores.length];
        for (int row = 0; row < scores.length; row++) {
            double[] raw = scores[row];
            if (binary) {
                chosen[row] = raw[0] > 0 ? 1 : 0;
                scores[row] = TreeOps.binary(raw[0], false, transform);
            } else {
                chosen[row] = TreeOps.argmax(raw);
                Scores.transform(transform, raw);
            }
        }
        return Call.out(labels.of(chosen), OnnxValue.of(table(scores, binary ? 2 : targets)));
    }

    private static OnnxValue zipMap(Call c) {
        Labels labels = Labels.of(c);
        float[] scores = c.x().to(DType.F32).contiguous().toFloatArray();
        int width = labels.size();
        List<OnnxValue> tables = new ArrayList<>();
        List<?> keys = labels.texts().isEmpty()
                ? Arrays.stream(labels.numbers()).boxed().toList()
                : labels.texts();
        for (int row = 0; row < scores.length / Math.max(1, width); row++) {
            List<Float> values = new ArrayList<>();
            for (int i = 0; i < width; i++) {
                values.add(scores[row * width + i]);
            }
            tables.add(new OnnxValue.Table(keys, values));
        }
        return new OnnxValue.Sequence(tables);
    }

    /** Numbers of an attribute, or none. */
    static float[] or0(float @Nullable [] values) {
        return values == null ? new float[0] : values;
    }
}
