package dev.lanewise.onnx.export;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.io.TensorData;
import dev.lanewise.onnx.ElementType;
import dev.lanewise.onnx.ExportOptions;
import dev.lanewise.onnx.ValueInfo;
import dev.lanewise.onnx.format.Model;
import dev.lanewise.onnx.run.Host;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.spi.Backend;
import dev.lanewise.tensor.spi.Backends;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Records a layer's calls with examples of different sizes, and turns them into a graph. */
public final class Exporter {
    /** Only one call at a time decorates a backend. */
    private static final Object DECORATING = new Object();

    private static final int TRACES = 3;
    private static final String BATCH = "batch";

    private final Layer layer;
    private final Function<? super Map<String, Tensor>, ? extends Map<String, Tensor>> call;
    private final Map<String, Tensor> examples;
    private final ExportOptions options;
    private final String prefix;
    private final Map<String, Map<Integer, String>> axes;
    private final Map<String, Tensor> state;
    /** The sizes of the open axes in the examples, by name. */
    private final Map<String, Long> open = new TreeMap<>();
    /** The sizes of the open axes in each trace. */
    private final Map<String, long[]> traced = new HashMap<>();

    /**
     * Exports what a function computes with a layer.
     *
     * @param prefix what is left out where a weight's name begins with it
     */
    public Exporter(
            Layer layer,
            Function<? super Map<String, Tensor>, ? extends Map<String, Tensor>> call,
            Map<String, Tensor> examples,
            ExportOptions options,
            String prefix) {
        this.layer = layer;
        this.call = call;
        this.examples = new LinkedHashMap<>(examples);
        this.options = options;
        this.prefix = prefix;
        this.state = layer.stateDict();
        this.axes = axes(this.examples, options.dynamicAxes());
        if (examples.isEmpty()) {
            throw new TensorException("export: no examples (expected one for each input); give tensors to call with");
        }
        axes.forEach(this::check);
    }

    private static Map<String, Map<Integer, String>> axes(
            Map<String, Tensor> examples, @Nullable Map<String, Map<Integer, String>> given) {
        if (given != null) {
            return given;
        }
        Map<String, Map<Integer, String>> first = new LinkedHashMap<>();
        examples.forEach((name, example) -> {
            if (example.shape().rank() > 0) {
                first.put(name, Map.of(0, BATCH));
            }
        });
        return first;
    }

    private void check(String input, Map<Integer, String> named) {
        Tensor example = examples.get(input);
        named.forEach((axis, name) -> {
            if (example == null || axis < 0 || axis >= example.shape().rank()) {
                throw new TensorException("export: axis " + axis + " of input '" + input + "' among "
                        + examples.keySet() + " (expected an axis from 0 of an example); check the dynamic axes");
            }
            long size = example.shape().size(axis);
            Long before = open.put(name, size);
            if (size == 0 || before != null && before != size) {
                throw new TensorException(
                        "export: axis '" + name + "' has the size " + size + " in input '" + input + "'"
                                + (before == null ? "" : ", " + before + " elsewhere")
                                + " (expected one size, of 1 or more); name the axes apart, or give other examples");
            }
        });
    }

    /** What is traced: values and the numbers of the outputs. */
    private record Traced(Trace trace, Map<String, Integer> outputs) {}

    public Model model() {
        List<Traced> passes = new ArrayList<>();
        List<Layer> training = layer.layers().stream().filter(Layer::isTraining).toList();
        List<Layer> all = layer.layers();
        layer.eval();
        try (Scope ignored = Scope.open("export")) {
            passes.addAll(traces());
            return model(passes);
        } finally {
            passes.forEach(pass -> pass.trace.close());
            Set<Layer> before = new HashSet<>(training);
            // parents first, so that each layer's own mode is set last
            for (Layer each : all) {
                if (before.contains(each)) {
                    each.train();
                } else {
                    each.eval();
                }
            }
        }
    }

    // ---- tracing

    /** Traces with smaller sizes where possible, so that no table is too short; if these fail, with larger ones. */
    private List<Traced> traces() {
        if (open.isEmpty()) {
            return List.of(trace(Map.of()));
        }
        try {
            return traces(true);
        } catch (TensorException smaller) {
            try {
                return traces(false);
            } catch (TensorException larger) {
                larger.addSuppressed(smaller);
                throw larger;
            }
        }
    }

    private List<Traced> traces(boolean shrink) {
        List<Traced> passes = new ArrayList<>();
        try {
            for (int t = 0; t < TRACES; t++) {
                passes.add(trace(sizes(t, shrink)));
            }
            return passes;
        } catch (TensorException e) {
            passes.forEach(pass -> pass.trace.close());
            throw e;
        }
    }

    /** Sizes whose differences between traces are not multiples of each other. */
    private Map<String, Long> sizes(int t, boolean shrink) {
        Map<String, Long> sizes = new HashMap<>();
        int j = 0;
        for (Map.Entry<String, Long> axis : open.entrySet()) {
            long change = t == 0 ? 0 : t == 1 ? 1 + j : 3 + 3L * j;
            long size = axis.getValue();
            boolean hasRoom = size - (3 + 3L * j) >= 2;
            sizes.put(axis.getKey(), shrink && hasRoom ? size - change : Math.max(size, 2 + j) + change);
            j++;
        }
        return sizes;
    }

    private Traced trace(Map<String, Long> sizes) {
        Map<String, Tensor> inputs = new LinkedHashMap<>();
        examples.forEach((name, example) -> inputs.put(name, resized(name, example, sizes)));
        Device device = inputs.values().iterator().next().device();
        Trace trace = new Trace();
        synchronized (DECORATING) {
            Backends.decorate(device, backend -> new TracingBackend(backend, trace));
            try {
                return new Traced(trace, called(trace, inputs));
            } catch (RuntimeException e) {
                trace.close();
                throw e;
            } finally {
                Backends.decorate(device, backend -> without(backend, trace));
            }
        }
    }

    private static Backend without(Backend backend, Trace trace) {
        return backend instanceof TracingBackend tracing && tracing.isOf(trace) ? tracing.inner() : backend;
    }

    private Tensor resized(String name, Tensor example, Map<String, Long> sizes) {
        Tensor resized = Autograd.detach(example);
        for (Map.Entry<Integer, String> axis : axes.getOrDefault(name, Map.of()).entrySet()) {
            long from = example.shape().size(axis.getKey());
            long to = sizes.getOrDefault(axis.getValue(), from);
            if (to != from) {
                long[] rows = new long[Math.toIntExact(to)];
                Arrays.setAll(rows, i -> i % from);
                resized = resized.indexSelect(axis.getKey(), Host.vector(rows, example.device()));
            }
        }
        // memory of its own, so that an example that is given twice is two inputs
        return resized.copy();
    }

    private Map<String, Integer> called(Trace trace, Map<String, Tensor> inputs) {
        Map<String, Tensor> marked = new LinkedHashMap<>();
        inputs.forEach((name, input) -> marked.put(name, trace.mark(Trace.Kind.INPUT, name, input)));
        Map<String, Tensor> stored = new LinkedHashMap<>();
        layer.namedParameters()
                .forEach((name, parameter) ->
                        stored.put(name, trace.mark(Trace.Kind.STORED, name, Autograd.detach(parameter.leaf()))));
        layer.namedBuffers().forEach((name, buffer) -> stored.put(name, trace.mark(Trace.Kind.STORED, name, buffer)));
        Map<String, Tensor> results = Autograd.noGrad(
                () -> layer.functionalCall(stored, () -> call.apply(Collections.unmodifiableMap(marked))));
        Map<String, Integer> outputs = new LinkedHashMap<>();
        results.forEach((name, result) -> outputs.put(name, trace.number("output '" + name + "'", result)));
        return outputs;
    }

    // ---- writing

    private Model model(List<Traced> passes) {
        Recording recording = new Recording(passes.stream().map(Traced::trace).toList());
        Map<String, Integer> outputs = named(passes.getFirst().outputs);
        GraphBuilder graph = new GraphBuilder();
        examples.keySet().forEach(graph::reserve);
        outputs.keySet().forEach(graph::reserve);
        SizeWriter sizes = new SizeWriter(graph);
        Map<Integer, BatchNormPattern.Match> norms = BatchNormPattern.find(recording);
        Set<Integer> read = read(recording, outputs.values(), norms);
        Map<Integer, String> names = new HashMap<>();
        for (int value = 0; value < recording.values(); value++) {
            given(recording, value, graph, sizes, names, read);
        }
        OperationWriter writer = new OperationWriter(recording, graph, sizes, options.opset(), names, read);
        for (int i = 0; i < recording.entries().size(); i++) {
            if (Arrays.stream(recording.entries().get(i).outputs()).anyMatch(read::contains)) {
                writer.write(i, norms.get(i));
            }
        }
        Map<String, String> renamed = new HashMap<>();
        outputs.forEach((name, value) -> {
            String now = writer.name(value);
            boolean isResult = recording.value(value).kind() == Trace.Kind.RESULT;
            if (!isResult || renamed.containsKey(now) || !graph.isComputed(now)) {
                now = graph.add("Identity", now);
            }
            renamed.put(now, name);
        });
        List<ValueInfo> ins = new ArrayList<>();
        int value = 0;
        for (String input : examples.keySet()) {
            ins.add(info(input, recording, value++));
        }
        List<ValueInfo> outs = new ArrayList<>();
        outputs.forEach((name, number) -> outs.add(info(name, recording, number)));
        return new Model(
                irVersion(options.opset()),
                "lanewise",
                Map.of("", options.opset()),
                graph.graph(layer.getClass().getSimpleName(), ins, outs, renamed),
                Map.of());
    }

    /** The version of the file format that was released with the operators. */
    private static int irVersion(int opset) {
        return switch (opset) {
            case 17, 18 -> 8;
            case 19, 20 -> 9;
            case 21, 22 -> 10;
            default -> 11;
        };
    }

    private Map<String, Integer> named(Map<String, Integer> outputs) {
        if (options.outputs().isEmpty()) {
            return outputs;
        }
        if (options.outputs().size() != outputs.size()) {
            throw new TensorException("export: names " + options.outputs() + " for outputs " + outputs.keySet()
                    + " (expected one for each); check the options");
        }
        boolean same = outputs.keySet().equals(new HashSet<>(options.outputs()));
        Map<String, Integer> named = new LinkedHashMap<>();
        int i = 0;
        for (Map.Entry<String, Integer> output : outputs.entrySet()) {
            String name = options.outputs().get(i++);
            Integer byName = outputs.get(name);
            named.put(name, same && byName != null ? byName : output.getValue());
        }
        return named;
    }

    /** The values that outputs depend on. */
    private static Set<Integer> read(
            Recording recording, Iterable<Integer> outputs, Map<Integer, BatchNormPattern.Match> norms) {
        Set<Integer> read = new HashSet<>();
        outputs.forEach(read::add);
        for (int i = recording.entries().size() - 1; i >= 0; i--) {
            Trace.Entry entry = recording.entries().get(i);
            BatchNormPattern.Match norm = norms.get(i);
            if (Arrays.stream(entry.outputs()).anyMatch(read::contains)) {
                Arrays.stream(norm == null ? entry.inputs() : norm.inputs()).forEach(read::add);
            }
        }
        return read;
    }

    /** Names an input, and stores a parameter or buffer that is needed under its name. */
    private void given(
            Recording recording,
            int number,
            GraphBuilder graph,
            SizeWriter sizes,
            Map<Integer, String> names,
            Set<Integer> read) {
        Trace.Value value = recording.value(number);
        if (value.kind() == Trace.Kind.INPUT) {
            names.put(number, value.name());
            sizes.add(value.name(), recording.sizes(number));
            axes.getOrDefault(value.name(), Map.of())
                    .forEach((axis, name) -> traced.put(name, recording.size(number, axis)));
        } else if (value.kind() == Trace.Kind.STORED) {
            String own = nameOf(value.name());
            String name = examples.containsKey(own) ? own + "_" : own;
            names.put(number, name);
            graph.reserve(name);
            if (read.contains(number)) {
                Tensor tensor = Objects.requireNonNull(state.get(value.name()));
                graph.store(
                        name,
                        ElementType.of(tensor.dtype()),
                        tensor.shape(),
                        TensorData.of(Autograd.detach(tensor)).segment());
            }
        }
    }

    /** A weight's name in the file: an imported model's get back those that they had. */
    private String nameOf(String stored) {
        return stored.startsWith(prefix) ? stored.substring(prefix.length()) : stored;
    }

    private ValueInfo info(String name, Recording recording, int value) {
        List<String> dims = new ArrayList<>();
        Map<Integer, String> named = axes.getOrDefault(name, Map.of());
        long[][] sizes = recording.sizes(value);
        for (int d = 0; d < sizes.length; d++) {
            String known = named.get(d);
            dims.add(
                    known != null && recording.value(value).kind() == Trace.Kind.INPUT
                            ? known
                            : Recording.isFixed(sizes[d]) ? Long.toString(sizes[d][0]) : axis(name, d, sizes[d]));
        }
        DType dtype = recording.dtype(value);
        return new ValueInfo(name, ValueInfo.Kind.TENSOR, ElementType.of(dtype), dims);
    }

    /** The open axis that has these sizes, or a name of its own. */
    private String axis(String output, int dim, long[] sizes) {
        for (String name : open.keySet()) {
            if (Arrays.equals(sizes, traced.get(name))) {
                return name;
            }
        }
        return output + "_" + dim;
    }
}
