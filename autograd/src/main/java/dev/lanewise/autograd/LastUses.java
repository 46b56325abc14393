package dev.lanewise.autograd;

import dev.lanewise.tensor.Tensor;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * At which node of a walk the gradients of some leaves become final: the one with the smallest number that uses the leaf, since
 * nodes are visited in descending order of their numbers.
 */
final class LastUses {
    private final Map<Node, List<Integer>> finalAfter = new HashMap<>();
    private final List<Tensor> watched;
    private final GradientListener listener;

    LastUses(Tensor output, List<Tensor> watched, GradientListener listener) {
        this.watched = watched;
        this.listener = listener;
        Map<GradOrigin, Node> lowest = new HashMap<>();
        Node opaque = null;
        for (Node node : reachable(output)) {
            // what is computed again uses leaves that are none of its operands
            if (node.name.equals(Checkpoint.NAME)) {
                opaque = lower(opaque, node);
            }
            for (GradOrigin edge : node.edges) {
                if (edge instanceof GradOrigin.Leaf) {
                    lowest.merge(edge, node, LastUses::lower);
                }
            }
        }
        for (int i = 0; i < watched.size(); i++) {
            GradOrigin origin = GradOrigin.of(watched.get(i));
            Node last = origin == null ? null : lowest.get(origin);
            if (last != null) {
                finalAfter
                        .computeIfAbsent(lower(opaque, last), node -> new ArrayList<>())
                        .add(i);
            }
        }
    }

    private static Node lower(@Nullable Node a, Node b) {
        return a == null || b.number < a.number ? b : a;
    }

    private static Set<Node> reachable(Tensor output) {
        Set<Node> found = new HashSet<>();
        Deque<Node> open = new ArrayDeque<>();
        if (GradOrigin.of(output) instanceof GradOrigin.Result result) {
            found.add(result.node);
            open.add(result.node);
        }
        for (Node node = open.poll(); node != null; node = open.poll()) {
            for (GradOrigin edge : node.edges) {
                if (edge instanceof GradOrigin.Result result && found.add(result.node)) {
                    open.add(result.node);
                }
            }
        }
        return found;
    }

    /** Tells of the gradients that are final now that a node has been visited. */
    void visited(Node node, Function<GradOrigin, @Nullable Tensor> dense) {
        for (int index : finalAfter.getOrDefault(node, List.of())) {
            Tensor gradient = dense.apply(Objects.requireNonNull(GradOrigin.of(watched.get(index))));
            if (gradient != null) {
                listener.onFinal(index, gradient);
            }
        }
    }
}
