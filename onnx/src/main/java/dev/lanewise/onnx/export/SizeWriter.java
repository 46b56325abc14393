package dev.lanewise.onnx.export;

import dev.lanewise.onnx.ElementType;
import dev.lanewise.onnx.format.Attribute;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.TensorException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes sizes that depend on the inputs' as nodes that compute them. What a size depends on is found by comparing its
 * value in each trace with the sizes of existing values.
 */
final class SizeWriter {
    private static final int MOST_DEPTH = 3;

    /** A dimension of an existing value. */
    private record Source(String value, int dim, long[] sizes) {}

    private final GraphBuilder graph;
    private final List<Source> sources = new ArrayList<>();
    private final Map<String, String> known = new HashMap<>();

    SizeWriter(GraphBuilder graph) {
        this.graph = graph;
    }

    /** Notes the sizes of a new value. */
    void add(String value, long[]... sizes) {
        for (int d = 0; d < sizes.length; d++) {
            long[] size = sizes[d];
            if (!Recording.isFixed(size) && sources.stream().noneMatch(s -> Arrays.equals(s.sizes, size))) {
                sources.add(new Source(value, d, size));
            }
        }
    }

    /** The name of a vector of one element that has a size. */
    String vector(long... size) {
        String name = Recording.isFixed(size) ? graph.vector(size[0]) : find(size, 0);
        if (name == null) {
            throw new TensorException("export: a size that is " + Arrays.toString(size)
                    + " for inputs of different sizes (expected one that follows from their axes by products, sums and"
                    + " quotients); fix the axis that it depends on with ExportOptions");
        }
        return name;
    }

    /** The name of a scalar of a type that has a size. */
    String scalar(DType dtype, long... size) {
        if (Recording.isFixed(size)) {
            return graph.scalar(size[0], dtype);
        }
        String whole = graph.add("Squeeze", vector(size), graph.vector(0));
        return dtype == DType.I64 ? whole : cast(whole, dtype);
    }

    private String cast(String value, DType dtype) {
        return graph.add(
                "Cast", value, Attribute.of("to", (long) ElementType.of(dtype).number()));
    }

    /** The name of a vector with sizes; -1 and 0 have the meaning that the operator that takes it gives them. */
    String shape(long[]... sizes) {
        if (Arrays.stream(sizes).allMatch(Recording::isFixed)) {
            return graph.vector(Arrays.stream(sizes).mapToLong(size -> size[0]).toArray());
        }
        List<String> parts = new ArrayList<>();
        for (long[] size : sizes) {
            parts.add(vector(size));
        }
        return parts.size() == 1 ? parts.getFirst() : graph.add("Concat", parts, Attribute.of("axis", 0L));
    }

    private @Nullable String find(long[] size, int depth) {
        String key = Arrays.toString(size);
        String name = known.get(key);
        if (name == null) {
            name = exact(size);
            name = name == null ? linear(size) : name;
            name = name == null && depth < MOST_DEPTH ? product(size, depth) : name;
            if (name != null) {
                known.put(key, name);
            }
        }
        return name;
    }

    private @Nullable String exact(long[] size) {
        for (Source source : sources) {
            if (Arrays.equals(source.sizes, size)) {
                return read(source);
            }
        }
        return null;
    }

    private String read(Source source) {
        String key = Arrays.toString(source.sizes);
        String name = known.get(key);
        if (name == null) {
            name = graph.add(
                    "Shape",
                    source.value,
                    Attribute.of("start", (long) source.dim),
                    Attribute.of("end", source.dim + 1L));
            known.put(key, name);
        }
        return name;
    }

    /** {@code factor * known + addend}, or {@code (known + addend) / factor}. */
    private @Nullable String linear(long[] size) {
        for (Source source : sources) {
            long[] from = source.sizes;
            int t = differing(from);
            long rise = size[t] - size[0];
            long run = from[t] - from[0];
            if (rise == 0) {
                continue;
            }
            if (rise % run == 0 && fits(size, from, rise / run, size[0] - rise / run * from[0])) {
                return plus(times(read(source), rise / run), size[0] - rise / run * from[0]);
            }
            if (run % rise == 0 && fits(from, size, run / rise, from[0] - run / rise * size[0])) {
                String shifted = plus(read(source), run / rise * size[0] - from[0]);
                return graph.add("Div", shifted, graph.vector(run / rise));
            }
        }
        return null;
    }

    private static int differing(long[] sizes) {
        int t = 1;
        while (sizes[t] == sizes[0]) {
            t++;
        }
        return t;
    }

    private static boolean fits(long[] result, long[] from, long factor, long addend) {
        for (int t = 0; t < result.length; t++) {
            if (result[t] != factor * from[t] + addend) {
                return false;
            }
        }
        return true;
    }

    private String times(String value, long factor) {
        return factor == 1 ? value : graph.add("Mul", value, graph.vector(factor));
    }

    private String plus(String value, long addend) {
        return addend == 0 ? value : graph.add("Add", value, graph.vector(addend));
    }

    private @Nullable String product(long[] size, int depth) {
        for (Source source : List.copyOf(sources)) {
            long[] rest = new long[size.length];
            boolean divides = true;
            for (int t = 0; t < rest.length && divides; t++) {
                divides = source.sizes[t] != 0 && size[t] % source.sizes[t] == 0;
                rest[t] = divides ? size[t] / source.sizes[t] : 0;
            }
            String other = divides && !Recording.isFixed(rest) ? find(rest, depth + 1) : null;
            if (other != null) {
                return graph.add("Mul", read(source), other);
            }
        }
        return null;
    }
}
