package dev.lanewise.onnx.plan;

import dev.lanewise.onnx.OnnxValue;
import dev.lanewise.onnx.ValueInfo;
import dev.lanewise.onnx.format.Attribute;
import dev.lanewise.onnx.format.Graph;
import dev.lanewise.onnx.format.Model;
import dev.lanewise.onnx.format.ModelReader;
import dev.lanewise.onnx.format.Node;
import dev.lanewise.onnx.op.Operators;
import dev.lanewise.onnx.run.Env;
import dev.lanewise.onnx.run.Operator;
import dev.lanewise.onnx.run.Program;
import dev.lanewise.tensor.TensorException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Checks a model's graphs and looks up the operators of their nodes. */
public final class Preparer {
    private static final int MOST_DEPTH = 64;
    /** More than any real model has, once its functions are written out. */
    private static final int MOST_NODES = 1_000_000;

    private final Model model;
    private final Map<String, String> missing = new TreeMap<>();
    private int nodes;

    private Preparer(Model model) {
        this.model = model;
    }

    /**
     * A model's graph with the operators of its nodes.
     *
     * @param program the graph, which can run if no operator is missing; its stored tensors are left to the caller
     * @param missing all operators that the model needs and that are missing, each with its first node
     */
    public record Result(Program program, List<String> missing) {}

    /** Checks a model's graph and looks up its operators. */
    public static Result prepare(Model model) {
        Preparer preparer = new Preparer(model);
        TypeCheck.check(model.graph());
        Graph graph = model.graph();
        Program program = preparer.program(
                graph, model.opsets(), new HashSet<>(graph.initializers().keySet()), Map.of(), 0);
        return new Result(program, List.copyOf(preparer.missing.values()));
    }

    private Program program(
            Graph graph, Map<String, Integer> opsets, Set<String> outer, Map<String, Attribute> bound, int depth) {
        if (depth > MOST_DEPTH) {
            throw new TensorException("onnx: graphs and functions nested more than " + MOST_DEPTH
                    + " deep (expected less); a function that calls itself can't run");
        }
        Set<String> known = new HashSet<>(outer);
        known.addAll(graph.initializers().keySet());
        List<String> inputs = new ArrayList<>();
        for (ValueInfo input : graph.inputs()) {
            known.add(input.name());
            inputs.add(input.name());
        }
        List<String> outputs = graph.outputs().stream().map(ValueInfo::name).toList();
        List<Program.Step> steps = steps(graph.nodes(), opsets, known, bound, depth);
        for (String output : outputs) {
            if (!known.contains(output)) {
                throw new TensorException("onnx: output '" + output + "' of graph '" + graph.name()
                        + "' is never computed (expected a node that does); get the file again");
            }
        }
        Map<String, OnnxValue> constants = new LinkedHashMap<>();
        if (depth > 0) {
            graph.initializers().forEach((name, tensor) -> constants.put(name, Preparation.kept(tensor.toValue())));
        }
        return new Program(graph.name(), inputs, outputs, constants, steps);
    }

    private List<Program.Step> steps(
            List<Node> nodes, Map<String, Integer> opsets, Set<String> known, Map<String, Attribute> bound, int depth) {
        Map<String, Node> writers = new HashMap<>();
        for (Node node : nodes) {
            for (String output : node.outputs()) {
                Node other = output.isEmpty() ? null : writers.put(output, node);
                if (other != null) {
                    throw new TensorException("onnx: value '" + output + "' is written by node " + other.describe()
                            + " and by node " + node.describe() + " (expected one); get the file again");
                }
            }
        }
        List<Program.Step> steps = new ArrayList<>();
        for (Node node : nodes) {
            for (String input : node.inputs()) {
                if (!input.isEmpty() && !known.contains(input)) {
                    Node writer = writers.get(input);
                    throw new TensorException("onnx: node " + node.describe() + " reads '" + input + "', which "
                            + (writer == null
                                    ? "no initializer, input or node gives"
                                    : "node " + writer.describe() + " computes later: a cycle, or nodes out of order")
                            + " (expected a value from before); get the file again");
                }
            }
            steps.add(step(bind(node, bound), opsets, known, depth));
            for (String output : node.outputs()) {
                if (!output.isEmpty() && !known.add(output) && depth == 0) {
                    throw new TensorException(
                            "onnx: value '" + output + "' is an input or initializer, and written by node "
                                    + node.describe() + " (expected one); get the file again");
                }
            }
        }
        return steps;
    }

    private Program.Step step(Node node, Map<String, Integer> opsets, Set<String> known, int depth) {
        if (++nodes > MOST_NODES) {
            throw new TensorException("onnx: more than " + MOST_NODES
                    + " nodes once functions are written out (expected fewer); get the file again");
        }
        Map<String, Program> graphs = new HashMap<>();
        for (Attribute attribute : node.attributes().values()) {
            Graph graph = attribute.graph();
            if (graph != null) {
                graphs.put(attribute.name(), program(graph, opsets, known, Map.of(), depth + 1));
            }
        }
        int opset = opsets.getOrDefault(node.domain(), 1);
        Model.Function function =
                model.functions().get(ModelReader.functionKey(node.domain(), node.op(), node.overload()));
        if (function != null) {
            return new Program.Step(node, opset, called(function, node, depth), graphs);
        }
        Operator operator = Operators.find(node.key());
        if (node.key().equals("Constant") && operator != null && depth > 0) {
            operator = remembered(operator);
        }
        if (operator == null) {
            missing.putIfAbsent(
                    node.key(),
                    node.op() + " of domain '" + (node.domain().isEmpty() ? "ai.onnx" : node.domain()) + "' opset "
                            + opset + " (node " + node.describe() + ")");
            operator = call -> {
                throw new TensorException("the operator is missing (expected one of docs/onnx.md)");
            };
        }
        return new Program.Step(node, opset, operator, graphs);
    }

    /** A constant inside a graph is read once. */
    private static Operator remembered(Operator constant) {
        AtomicReference<OnnxValue @Nullable []> memory = new AtomicReference<>();
        return call -> {
            OnnxValue[] known = memory.get();
            if (known == null) {
                known = new OnnxValue[] {Preparation.kept(constant.run(call)[0])};
                memory.set(known);
            }
            return known.clone();
        };
    }

    private Operator called(Model.Function function, Node node, int depth) {
        Map<String, Attribute> bound = new HashMap<>(function.defaults());
        bound.putAll(node.attributes());
        List<ValueInfo> inputs = function.inputs().stream().map(Preparer::named).toList();
        List<ValueInfo> outputs =
                function.outputs().stream().map(Preparer::named).toList();
        Graph body = new Graph(function.name(), function.nodes(), Map.of(), inputs, outputs, Map.of());
        Map<String, Integer> opsets = new HashMap<>(model.opsets());
        opsets.putAll(function.opsets());
        Program program = program(body, opsets, Set.of(), bound, depth + 1);
        return call -> {
            List<@Nullable OnnxValue> arguments = new ArrayList<>();
            for (int i = 0; i < call.inputs(); i++) {
                arguments.add(call.optional(i));
            }
            return program.run((Env) null, arguments).toArray(OnnxValue[]::new);
        };
    }

    private static ValueInfo named(String name) {
        return new ValueInfo(name, ValueInfo.Kind.TENSOR, null, null);
    }

    /** The node, with the attributes that refer to the function's replaced by those of the call. */
    private static Node bind(Node node, Map<String, Attribute> bound) {
        Map<String, Attribute> attributes = new LinkedHashMap<>();
        node.attributes().forEach((name, attribute) -> {
            if (!attribute.reference().isEmpty()) {
                Attribute given = bound.get(attribute.reference());
                if (given != null) {
                    attributes.put(name, given.renamed(name));
                }
                return;
            }
            Graph graph = attribute.graph();
            attributes.put(
                    name, graph == null || bound.isEmpty() ? attribute : attribute.withGraph(bind(graph, bound)));
        });
        return new Node(
                node.name(), node.op(), node.domain(), node.overload(), node.inputs(), node.outputs(), attributes);
    }

    private static Graph bind(Graph graph, Map<String, Attribute> bound) {
        return new Graph(
                graph.name(),
                graph.nodes().stream().map(node -> bind(node, bound)).toList(),
                graph.initializers(),
                graph.inputs(),
                graph.outputs(),
                graph.types());
    }
}
