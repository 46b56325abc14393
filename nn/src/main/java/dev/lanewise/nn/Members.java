package dev.lanewise.nn;

import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/** What a layer has registered under names, and the walks over its descendants' members. */
final class Members {
    /** Parameters by name, in the order of registration. */
    final Map<String, Parameter> parameters = new LinkedHashMap<>();

    /** Buffers by name. */
    final Map<String, Tensor> buffers = new LinkedHashMap<>();

    /** Child layers by name. */
    final Map<String, Layer> children = new LinkedHashMap<>();

    /** The streams that the layer draws from. */
    final List<Rng> randomStreams = new ArrayList<>();

    /** A layer's class, as messages name it. */
    static String kind(Layer layer) {
        return layer.getClass().getSimpleName();
    }

    // ---- registering

    /** Adds a parameter to a layer, whose members these are. */
    void add(Layer layer, String name, Parameter parameter) {
        checkNew(layer, name);
        parameters.put(name, parameter);
    }

    /** Adds a buffer and returns its tensor. */
    Tensor add(Layer layer, String name, Tensor initial) {
        checkNew(layer, name);
        return replaceBuffer(name, initial);
    }

    /** Adds a child. */
    void add(Layer layer, String name, Layer child) {
        checkNew(layer, name);
        if (child == null) {
            throw new TensorException(
                    "layer: '" + name + "' of " + kind(layer) + " is null (expected a layer); give one");
        }
        visit(child, (prefix, part) -> checkOther(layer, name, part));
        children.put(name, child);
    }

    /** Puts another tensor, of whatever shape, under a buffer's name, and returns it as it is kept. */
    Tensor replaceBuffer(String name, Tensor replacement) {
        Tensor kept = replacement.contiguous().keep();
        buffers.put(name, kept);
        return kept;
    }

    @SuppressWarnings("ReferenceEquality") // identity, not equality: it is the same layer
    private static void checkOther(Layer layer, String name, Layer part) {
        if (part == layer) {
            throw new TensorException("layer: the child '" + name + "' of " + kind(layer)
                    + " is that layer or contains it" + " (expected a tree); give it a layer of its own");
        }
    }

    private void checkNew(Layer layer, String name) {
        if (name == null || name.isEmpty() || name.indexOf('.') >= 0) {
            throw new TensorException("layer: '" + name + "' can't name a member of " + kind(layer)
                    + " (expected a name without dots); choose another name, or hold the layer in a LayerMap, whose names may"
                    + " have dots");
        }
        if (parameters.containsKey(name) || buffers.containsKey(name) || children.containsKey(name)) {
            throw new TensorException("layer: " + kind(layer) + " has two members '" + name + "'; names must differ");
        }
    }

    // ---- looking up

    /** A buffer's tensor, or what replaces it in this thread's calls. */
    Tensor buffer(Layer layer, String name) {
        CallContext context = CallContext.current();
        Tensor substitute = context == null
                ? null
                : context.buffers().getOrDefault(layer, Map.of()).get(name);
        Tensor buffer = substitute == null ? buffers.get(name) : substitute;
        if (buffer == null) {
            throw new TensorException("layer: " + kind(layer) + " has no buffer '" + name + "' (expected one of "
                    + buffers.keySet() + "); register it in the constructor");
        }
        return buffer;
    }

    /** The layer of a full name inside another one; empty for that one itself. */
    static Layer layer(Layer layer, String name) {
        Layer found = layer;
        for (String part : name.isEmpty() ? new String[0] : name.split("\\.", -1)) {
            Layer child = found.members.children.get(part);
            if (child == null) {
                throw new TensorException("layer: no '" + name + "' in " + kind(layer) + " (" + part + " is none of "
                        + found.members.children.keySet() + "); check the name");
            }
            found = child;
        }
        return found;
    }

    // ---- walks

    /** Is called for a layer and its descendants. */
    @FunctionalInterface
    interface Visitor {
        /**
         * Visits a layer.
         *
         * @param prefix what stands before the names of its members: empty, or its full name and a dot
         * @param layer the layer
         */
        void visit(String prefix, Layer layer);
    }

    /** Calls a visitor for a layer and its descendants, parents first, once for each name that they have. */
    static void visit(Layer root, Visitor visitor) {
        visit("", root, visitor);
    }

    private static void visit(String prefix, Layer layer, Visitor visitor) {
        visitor.visit(prefix, layer);
        layer.members.children.forEach((name, child) -> visit(prefix + name + ".", child, visitor));
    }

    /** All parameters, each under the first of its names. */
    static Map<String, Parameter> namedParameters(Layer root) {
        Map<String, Parameter> all = new LinkedHashMap<>();
        Set<Parameter> seen = new HashSet<>();
        visit(
                root,
                (prefix, layer) -> layer.members.parameters.forEach((name, p) -> {
                    if (seen.add(p)) {
                        all.put(prefix + name, p);
                    }
                }));
        return all;
    }

    /** All parameters, whatever their names. */
    static Set<Parameter> allParameters(Layer root) {
        Set<Parameter> all = new HashSet<>();
        visit(root, (prefix, layer) -> all.addAll(layer.members.parameters.values()));
        return all;
    }

    /** All buffers by full name. */
    static Map<String, Tensor> namedBuffers(Layer root) {
        Map<String, Tensor> all = new LinkedHashMap<>();
        visit(root, (prefix, layer) -> layer.members.buffers.forEach((name, b) -> all.put(prefix + name, b)));
        return all;
    }

    /** All parameters and buffers by full name, layer by layer. */
    static Map<String, Tensor> stateDict(Layer root) {
        Map<String, Tensor> state = new LinkedHashMap<>();
        visit(root, (prefix, layer) -> {
            layer.members.parameters.forEach((name, p) -> state.put(prefix + name, p.leaf()));
            layer.members.buffers.forEach((name, b) -> state.put(prefix + name, b));
        });
        return state;
    }

    /** The layer and its descendants, each once. */
    static List<Layer> layers(Layer root) {
        Set<Layer> all = new LinkedHashSet<>();
        visit(root, (prefix, layer) -> all.add(layer));
        return List.copyOf(all);
    }

    /** All random streams, each once. */
    static List<Rng> allRandomStreams(Layer root) {
        Set<Rng> streams = new LinkedHashSet<>();
        visit(root, (prefix, layer) -> streams.addAll(layer.members.randomStreams));
        return List.copyOf(streams);
    }

    /** Exchanges all parameters and buffers. */
    static void convert(Layer root, UnaryOperator<Tensor> function) {
        for (Layer layer : layers(root)) {
            layer.members.parameters.values().forEach(parameter -> parameter.convert(function));
            layer.members.buffers.replaceAll(
                    (name, buffer) -> function.apply(buffer).keep());
        }
    }

    /** The tree of layers as text. */
    static String tree(Layer layer) {
        StringBuilder out = new StringBuilder(kind(layer)).append('(');
        if (layer.members.children.isEmpty()) {
            return out.append(layer.attributes()).append(')').toString();
        }
        layer.members.children.forEach((name, child) -> out.append("\n  (")
                .append(name)
                .append("): ")
                .append(child.toString().replace("\n", "\n  ")));
        return out.append("\n)").toString();
    }

    /** The parameters of a layer that are computed from others, which PyTorch's names show below {@code parametrizations}. */
    static final class Parametrizations {
        private static final String CHILD = "parametrizations";

        private final Members members;
        private final Map<String, Parameter> derived = new LinkedHashMap<>();

        /** None yet of the layer with these members. */
        Parametrizations(Members members) {
            this.members = members;
        }

        /** Lets a parameter be computed of those in a layer, which takes its place among the members. */
        void add(Layer layer, String name, Layer parts, Supplier<Tensor> value) {
            Parameter parameter = members.parameters.get(name);
            if (parameter == null) {
                throw new TensorException("parametrize: " + Members.kind(layer) + " has no parameter '" + name
                        + "' of its own (expected one of " + members.parameters.keySet()
                        + "); parametrize the layer that has it");
            }
            Layer all = members.children.computeIfAbsent(CHILD, key -> new LayerMap());
            all.members.add(all, name, parts);
            members.parameters.remove(name);
            parameter.derive(value);
            derived.put(name, parameter);
        }

        /** Lets a parameter be trained itself again, with its present value. */
        void remove(Layer layer, String name) {
            Parameter parameter = derived.remove(name);
            Layer all = members.children.get(CHILD);
            if (parameter == null || all == null) {
                throw new TensorException("unparametrize: " + Members.kind(layer) + " computes no parameter '" + name
                        + "' (expected one of " + derived.keySet() + "); check the name");
            }
            parameter.settle();
            all.members.children.remove(name);
            if (all.members.children.isEmpty()) {
                members.children.remove(CHILD);
            }
            members.parameters.put(name, parameter);
        }
    }
}
