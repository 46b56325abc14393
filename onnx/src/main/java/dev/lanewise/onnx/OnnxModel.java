package dev.lanewise.onnx;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.onnx.format.Attribute;
import dev.lanewise.onnx.format.Elements;
import dev.lanewise.onnx.format.Graph;
import dev.lanewise.onnx.format.Model;
import dev.lanewise.onnx.format.ModelFolder;
import dev.lanewise.onnx.format.ModelReader;
import dev.lanewise.onnx.format.Node;
import dev.lanewise.onnx.format.StoredTensor;
import dev.lanewise.onnx.format.StoredTensors;
import dev.lanewise.onnx.format.TensorReader;
import dev.lanewise.onnx.format.Wrap;
import dev.lanewise.onnx.plan.Fusion;
import dev.lanewise.onnx.plan.HalfRounding;
import dev.lanewise.onnx.plan.Lifetimes;
import dev.lanewise.onnx.plan.Preparation;
import dev.lanewise.onnx.plan.Preparer;
import dev.lanewise.onnx.plan.ShapeChains;
import dev.lanewise.onnx.plan.Widening;
import dev.lanewise.onnx.run.Env;
import dev.lanewise.onnx.run.NodeTimes;
import dev.lanewise.onnx.run.Program;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * An ONNX graph as a layer: called with tensors by name. Its float initializers are parameters, all others are buffers.
 *
 * <pre>{@code
 * OnnxModel model = OnnxModel.load(Path.of("model.onnx"));
 * Map<String, Tensor> outputs = model.forward(Map.of("input_ids", ids, "attention_mask", mask));
 * }</pre>
 *
 * Names with dots become those of nested layers, as in PyTorch's {@code state_dict}. Operators that no tensor operation
 * computes run on Java arrays and pass on no gradient; {@code docs/onnx.md} lists them.
 */
public final class OnnxModel extends Layer {
    /** What the names of all parameters and buffers begin with. */
    static final String WEIGHTS = "weights.";

    private final Model model;
    private final Program program;
    private final Lifetimes lifetimes;
    private final List<ValueInfo> inputs;
    private final boolean widened;
    private final Set<String> trained = new HashSet<>();
    private final Map<String, Integer> report = new LinkedHashMap<>();
    private final Map<String, Supplier<OnnxValue>> constants = new LinkedHashMap<>();

    private OnnxModel(Model stored) {
        this.model = stored;
        Model wide = Widening.widened(stored);
        Program whole = runnable(Preparer.prepare(wide));
        this.widened = Widening.isNeeded(stored);
        if (widened) {
            whole = HalfRounding.rounded(whole, stored);
        }
        Graph graph = wide.graph();
        this.inputs = ModelInfo.inputs(stored.graph());
        Group weights = child("weights", new Group());
        Set<String> fixed = fixed(graph);
        try (Scope ignored = Scope.open("load")) {
            Map<String, OnnxValue> values = StoredTensors.values(graph.initializers());
            graph.initializers()
                    .forEach((name, tensor) -> constants.put(
                            name, constant(weights, tensor, Objects.requireNonNull(values.get(name)), fixed)));
        }
        this.program = prepared(whole, weights);
        this.lifetimes = new Lifetimes(program);
    }

    private static Program runnable(Preparer.Result prepared) {
        if (!prepared.missing().isEmpty()) {
            throw new MissingOperatorsException(prepared.missing());
        }
        return prepared.program();
    }

    /** Folds constants, which become buffers, and removes dead nodes. */
    private Program prepared(Program whole, Group weights) {
        Set<String> open = new HashSet<>();
        inputs.forEach(input -> open.add(input.name()));
        model.graph().inputs().forEach(input -> open.add(input.name()));
        Map<String, OnnxValue> known = new HashMap<>();
        constants.forEach((name, value) -> {
            if (!trained.contains(name) && !open.contains(name)) {
                known.put(name, value.get());
            }
        });
        Program folded = Preparation.fold(whole, known, (name, value) -> {
            if (value instanceof OnnxValue.Numbers numbers) {
                ElementType type = numbers.type();
                Supplier<Tensor> tensor = weights.addBuffer(name, numbers.tensor());
                constants.put(name, () -> number(type, tensor.get()));
            } else {
                constants.put(name, () -> value);
            }
        });
        Program live = Preparation.withoutDead(folded);
        report.put("nodes in the file", whole.steps().size());
        report.put(
                "nodes computed once, when it was loaded",
                whole.steps().size() - folded.steps().size());
        report.put(
                "nodes whose results nobody reads",
                folded.steps().size() - live.steps().size());
        Function<String, @Nullable OnnxValue> values = name -> {
            Supplier<OnnxValue> constant = known.containsKey(name) ? constants.get(name) : null;
            return constant == null ? null : constant.get();
        };
        Program fused = Fusion.fused(ShapeChains.shortened(live, values, report), values, report);
        report.put("nodes that run", fused.steps().size());
        return fused;
    }

    private static OnnxValue number(ElementType type, Tensor now) {
        return new OnnxValue.Numbers(type.isOwn() ? ElementType.of(now.dtype()) : type, now);
    }

    /**
     * {@return what was done to the graph when it was loaded, and what remains to run: folded and removed nodes, fused
     * patterns, and how often each operator runs}
     */
    public String explain() {
        StringBuilder text = new StringBuilder();
        report.forEach(
                (what, count) -> text.append(what).append(": ").append(count).append('\n'));
        Map<String, Integer> counts = new TreeMap<>();
        count(program, counts);
        counts.forEach((operator, count) ->
                text.append("  ").append(operator).append(' ').append(count).append('\n'));
        return text.toString();
    }

    /**
     * The same, with the time that each operator and each node takes: the medians of several calls, after as many that
     * warm up. Nothing is recorded for gradients meanwhile.
     *
     * @param arguments the arguments, as for {@link #run}
     * @param calls how many calls are measured, 1 or more; as many warm-up calls precede them
     * @return the report, some lines of text
     * @throws TensorException if {@code calls} is less than 1
     */
    public String explain(Map<String, OnnxValue> arguments, int calls) {
        if (calls < 1) {
            throw new TensorException(
                    "onnx: " + calls + " calls to measure (expected 1 or more); measure at least one");
        }
        NodeTimes times = new NodeTimes();
        Autograd.noGrad(() -> {
            for (int i = 0; i < 2 * calls; i++) {
                NodeTimes used = i < calls ? null : times;
                try (Scope ignored = Scope.open("explain")) {
                    computed(arguments, used);
                }
            }
        });
        return explain() + times.report();
    }

    private Supplier<OnnxValue> constant(Group weights, StoredTensor stored, OnnxValue value, Set<String> fixed) {
        if (!(value instanceof OnnxValue.Numbers numbers)) {
            return () -> value;
        }
        ElementType type = numbers.type();
        boolean isTrained = type.isOwn()
                && Elements.isFloating(type)
                && stored.shape().rank() > 0
                && !stored.shape().isEmpty()
                && !fixed.contains(stored.name());
        if (isTrained) {
            trained.add(stored.name());
        }
        Supplier<Tensor> tensor = isTrained
                ? weights.addParameter(stored.name(), numbers.tensor())
                : weights.addBuffer(stored.name(), numbers.tensor());
        return () -> number(type, tensor.get());
    }

    /**
     * Float initializers that are not weights: running statistics, scales, and others that could have been attributes.
     */
    private static Set<String> fixed(Graph graph) {
        Set<String> fixed = new HashSet<>();
        for (Node node : graph.nodes()) {
            for (int i = 0; i < node.inputs().size(); i++) {
                boolean constant = switch (node.op()) {
                    case "BatchNormalization" -> i >= 3;
                    case "Resize", "Upsample", "QuantizeLinear", "DequantizeLinear" -> i >= 1;
                    case "QLinearConv", "QLinearMatMul", "NonMaxSuppression", "Clip", "Pad" -> i >= 1;
                    default -> false;
                };
                if (constant) {
                    fixed.add(node.inputs().get(i));
                }
            }
        }
        return fixed;
    }

    /**
     * Reads a model; external data may be next to it.
     *
     * @param file its path
     * @return the model, ready to run
     * @throws BadFileException if the file can't be read or is damaged
     * @throws TensorException if its graph is wrong, or it needs operators that are missing, which the message names
     */
    public static OnnxModel load(Path file) {
        return of(file, ModelFolder.map(file), new ModelFolder(file));
    }

    /**
     * Reads a model from memory, which must not change until this returns.
     *
     * @param memory the bytes of a model
     * @return the model, ready to run
     * @throws BadFileException if it is damaged or has external data
     * @throws TensorException if its graph is wrong, or it needs operators that are missing, which the message names
     */
    public static OnnxModel load(MemorySegment memory) {
        return of("a model in memory", memory, null);
    }

    /**
     * Reads a model from a stream, up to its end; the stream is not closed.
     *
     * @param stream the bytes of a model
     * @return the model, ready to run
     * @throws IOException if reading fails
     * @throws BadFileException if it is damaged or has external data
     * @throws TensorException if its graph is wrong, or it needs operators that are missing, which the message names
     */
    public static OnnxModel load(InputStream stream) throws IOException {
        return of("a stream", MemorySegment.ofArray(stream.readAllBytes()), null);
    }

    private static OnnxModel of(Object file, MemorySegment memory, TensorReader.@Nullable ExternalData folder) {
        FirstTensor.prepare();
        try {
            return new OnnxModel(ModelReader.model(file, memory, folder));
        } catch (InternalError | OutOfMemoryError e) { // a mapped file that was truncated; a heap that is too small
            throw new BadFileException(
                    file,
                    "content that can't be held or read (" + e.getMessage() + ")",
                    "a whole ONNX file",
                    "don't change files that are open; give Java a larger heap with -Xmx",
                    e);
        }
    }

    // ---- inspection

    /** {@return the inputs that a call must give, without initializers} */
    public List<ValueInfo> inputs() {
        return inputs;
    }

    /** {@return the outputs of a call} */
    public List<ValueInfo> outputs() {
        return model.graph().outputs();
    }

    /** {@return the version of every domain's operators; the domain {@code ai.onnx} is empty} */
    public Map<String, Integer> opsets() {
        return Map.copyOf(model.opsets());
    }

    /** {@return how often each operator occurs in the graph, including graphs inside nodes} */
    public Map<String, Integer> operators() {
        Map<String, Integer> counts = new TreeMap<>();
        count(model.graph(), counts);
        return counts;
    }

    static void count(Graph graph, Map<String, Integer> counts) {
        for (Node node : graph.nodes()) {
            counts.merge(node.key(), 1, Integer::sum);
            for (Attribute attribute : node.attributes().values()) {
                Graph inner = attribute.graph();
                if (inner != null) {
                    count(inner, counts);
                }
            }
        }
    }

    private static void count(Program program, Map<String, Integer> counts) {
        for (Program.Step step : program.steps()) {
            counts.merge(step.node().key(), 1, Integer::sum);
            step.graphs().values().forEach(graph -> count(graph, counts));
        }
    }

    // ---- calls

    /**
     * Calls the model with tensors by the names of its inputs.
     *
     * @param arguments a tensor for each of {@link #inputs()}
     * @return a tensor for each of {@link #outputs()}, in their order
     * @throws TensorException if an input is missing, unknown or of another type, a node can't take its inputs, or an
     *     input or output is not a tensor with a tensor type; use {@link #run} for those
     */
    public Map<String, Tensor> forward(Map<String, Tensor> arguments) {
        Map<String, OnnxValue> values = new LinkedHashMap<>();
        arguments.forEach((name, tensor) -> values.put(name, argument(name, tensor)));
        Map<String, Tensor> results = new LinkedHashMap<>();
        run(values).forEach((name, value) -> results.put(name, own(name, value)));
        return results;
    }

    private OnnxValue argument(String name, Tensor tensor) {
        for (ValueInfo input : model.graph().inputs()) {
            ElementType type = input.type();
            if (input.name().equals(name) && type != null && !type.isOwn() && type.carrier() == tensor.dtype()) {
                return Wrap.value(type, tensor);
            }
        }
        return OnnxValue.of(tensor);
    }

    private static Tensor own(String name, OnnxValue value) {
        if (value instanceof OnnxValue.Numbers numbers) {
            return numbers.tensor();
        }
        throw new TensorException("onnx: output '" + name + "' is " + value.describe()
                + " (expected a tensor of numbers); call run() instead of forward()");
    }

    /**
     * Calls the model with any values: tensors of all of ONNX's types, texts, sequences.
     *
     * @param arguments a value for each of {@link #inputs()}
     * @return a value for each of {@link #outputs()}, in their order
     * @throws TensorException if an input is missing, unknown or of another type, or a node can't take its inputs
     */
    public Map<String, OnnxValue> run(Map<String, OnnxValue> arguments) {
        return called(() -> computed(arguments, null), OnnxModel::tensors);
    }

    @Override
    protected Tensor compute(Tensor x) {
        if (inputs.size() != 1 || outputs().size() != 1) {
            throw new TensorException("onnx: a model of inputs " + inputs + " and outputs " + outputs()
                    + " called with one tensor (expected one input and one output); call it with a map");
        }
        String input = inputs.getFirst().name();
        Map<String, OnnxValue> results = computed(Map.of(input, argument(input, x)), null);
        String output = outputs().getFirst().name();
        OnnxValue result = results.get(output);
        return own(output, result == null ? new OnnxValue.Nothing() : result);
    }

    private Map<String, OnnxValue> computed(Map<String, OnnxValue> arguments, @Nullable NodeTimes times) {
        Env env = new Env(null, constants.size() + program.steps().size() * 2);
        if (times != null) {
            env.measure(times);
        }
        constants.forEach((name, value) -> env.put(name, value.get()));
        check(arguments);
        arguments.forEach((name, value) -> env.put(name, widened ? wide(value) : value));
        List<OnnxValue> values = lifetimes.run(env, arguments.keySet());
        Map<String, OnnxValue> results = new LinkedHashMap<>();
        for (int i = 0; i < values.size(); i++) {
            ValueInfo output = outputs().get(i);
            OnnxValue value = values.get(i);
            boolean rounds = widened && output.type() == ElementType.FLOAT16;
            results.put(output.name(), rounds ? narrow(value) : value);
        }
        return results;
    }

    private static OnnxValue wide(OnnxValue value) {
        return value instanceof OnnxValue.Numbers numbers && numbers.type() == ElementType.FLOAT16
                ? OnnxValue.of(numbers.tensor().to(DType.F32))
                : value;
    }

    private static OnnxValue narrow(OnnxValue value) {
        return value instanceof OnnxValue.Numbers numbers && numbers.type() == ElementType.FLOAT
                ? OnnxValue.of(numbers.tensor().to(DType.F16))
                : value;
    }

    private void check(Map<String, OnnxValue> arguments) {
        for (ValueInfo input : inputs) {
            OnnxValue value = arguments.get(input.name());
            if (value == null) {
                throw new TensorException("onnx: input " + input + " is missing among " + arguments.keySet()
                        + " (expected all of " + inputs + "); pass it by name");
            }
            ElementType type = input.type();
            if (type != null && value instanceof OnnxValue.Numbers numbers && numbers.type() != type) {
                boolean converted = Elements.isFloating(numbers.type()) && Elements.isFloating(type) && type.isOwn();
                if (!converted) {
                    throw new TensorException(
                            "onnx: input " + input + " is " + value.describe() + " (expected " + type + "); cast it");
                }
            }
        }
        for (String name : arguments.keySet()) {
            if (model.graph().inputs().stream().noneMatch(input -> input.name().equals(name))) {
                throw new TensorException(
                        "onnx: no input '" + name + "' (expected names of " + inputs + "); check its spelling");
            }
        }
    }

    private static List<Tensor> tensors(Map<String, OnnxValue> results) {
        List<Tensor> tensors = new ArrayList<>();
        results.values().forEach(value -> collect(value, tensors));
        return tensors;
    }

    private static void collect(OnnxValue value, List<Tensor> tensors) {
        switch (value) {
            case OnnxValue.Numbers numbers -> tensors.add(numbers.tensor());
            case OnnxValue.Sequence sequence -> sequence.values().forEach(element -> collect(element, tensors));
            case OnnxValue.Texts texts -> {}
            case OnnxValue.Table table -> {}
            case OnnxValue.Nothing nothing -> {}
        }
    }
}
