package dev.lanewise.nn;

import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

/** The parameters of a layer that are computed of others, which PyTorch's names show below {@code parametrizations}. */
final class Parametrizations {
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
