package dev.lanewise.onnx;

import dev.lanewise.nn.Layer;
import dev.lanewise.nn.Parameter;
import dev.lanewise.tensor.Tensor;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Supplier;

/** Parameters and buffers whose names share a prefix that ends in a dot. */
final class Group extends Layer {
    private final Set<String> members = new HashSet<>();

    /** Adds a parameter under a name with dots; returns a supplier of its tensor. */
    Supplier<Tensor> addParameter(String name, Tensor initial) {
        Parameter parameter = new Parameter(initial);
        Group group = owner(name);
        group.parameter(group.free(last(name)), parameter);
        return parameter::tensor;
    }

    /** Adds a buffer under a name with dots; returns a supplier of its tensor. */
    Supplier<Tensor> addBuffer(String name, Tensor initial) {
        Group group = owner(name);
        String member = group.free(last(name));
        group.buffer(member, initial);
        return () -> group.buffer(member);
    }

    private Group owner(String name) {
        Group group = this;
        String[] parts = name.split("\\.", -1);
        for (int i = 0; i + 1 < parts.length; i++) {
            String part = parts[i].isEmpty() ? "_" : parts[i];
            Layer child = group.children().get(part);
            if (child instanceof Group known) {
                group = known;
            } else {
                group = group.child(group.free(part), new Group());
            }
        }
        return group;
    }

    private String free(String name) {
        String free = name.isEmpty() ? "_" : name;
        while (!members.add(free)) {
            free += "_";
        }
        return free;
    }

    private static String last(String name) {
        return name.substring(name.lastIndexOf('.') + 1);
    }
}
