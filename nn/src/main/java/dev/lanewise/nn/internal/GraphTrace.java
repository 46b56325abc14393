package dev.lanewise.nn.internal;

import dev.lanewise.nn.graph.ModelGraph;
import dev.lanewise.nn.graph.ModelGraph.Kind;
import dev.lanewise.nn.graph.ModelGraph.Node;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.Op;
import dev.lanewise.tensor.spi.Origin;
import dev.lanewise.tensor.spi.Origins;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Records the operations of a forward pass by the origins of its tensors. */
public final class GraphTrace {
    /** Says which node a tensor is the result of. */
    private final class Mark implements Origin {
        private final int node;

        Mark(int node) {
            this.node = node;
        }

        GraphTrace trace() {
            return GraphTrace.this;
        }

        @Override
        public void record(Op op, Tensor[] inputs, Tensor[] outputs) {
            operation(op, inputs, outputs);
        }

        @Override
        public boolean isLeaf() {
            return false;
        }
    }

    private final List<Node> nodes = new ArrayList<>();
    private final Deque<String> layers = new ArrayDeque<>();
    private final IdentityHashMap<Tensor, Integer> constants = new IdentityHashMap<>();

    /** Nothing yet. */
    public GraphTrace() {}

    /**
     * {@return the same elements, as an input of the model}
     *
     * @param name the input's
     * @param tensor its elements
     */
    public Tensor input(String name, Tensor tensor) {
        return Origins.withOrigin(tensor, new Mark(add(Kind.INPUT, name, "", tensor, List.of())));
    }

    /**
     * {@return the same parameters and buffers, whose uses are seen}
     *
     * @param tensors by full name
     */
    public Map<String, Tensor> state(Map<String, Tensor> tensors) {
        Map<String, Tensor> marked = new LinkedHashMap<>();
        tensors.forEach((name, tensor) -> {
            String layer = name.substring(0, Math.max(0, name.lastIndexOf('.')));
            marked.put(name, Origins.withOrigin(tensor, new Mark(add(Kind.PARAMETER, name, layer, tensor, List.of()))));
        });
        return marked;
    }

    /**
     * A layer is called.
     *
     * @param layer its full name
     */
    public void entered(String layer) {
        layers.push(layer);
    }

    /** The last layer that was called has ended. */
    public void left() {
        layers.pop();
    }

    /**
     * {@return what was recorded, without parameters that were not used}
     *
     * @param outputs the model's results
     */
    public ModelGraph finish(List<Tensor> outputs) {
        for (int i = 0; i < outputs.size(); i++) {
            Tensor output = outputs.get(i);
            String name = outputs.size() == 1 ? "output" : "output " + i;
            add(Kind.OUTPUT, name, "", output, List.of(node(output)));
        }
        boolean[] used = new boolean[nodes.size()];
        nodes.forEach(node -> node.inputs().forEach(input -> used[input] = true));
        int[] renumbered = new int[nodes.size()];
        List<Node> kept = new ArrayList<>();
        for (Node node : nodes) {
            if (node.kind() != Kind.PARAMETER || used[node.id()]) {
                renumbered[node.id()] = kept.size();
                List<Integer> inputs =
                        node.inputs().stream().map(input -> renumbered[input]).toList();
                kept.add(new Node(kept.size(), node.kind(), node.name(), node.layer(), node.result(), inputs));
            }
        }
        return new ModelGraph(kept);
    }

    private void operation(Op op, Tensor[] inputs, Tensor[] outputs) {
        if (outputs.length == 0 || isKnown(outputs[0])) {
            // a fused operation whose parts were recorded
            return;
        }
        List<Integer> operands = new ArrayList<>();
        for (Tensor input : inputs) {
            operands.add(node(input));
        }
        String layer = layers.isEmpty() ? "" : layers.peek();
        Mark mark = new Mark(add(Kind.OPERATION, op.opName(), layer, outputs[0], operands));
        for (Tensor output : outputs) {
            Origins.attach(output, mark);
        }
    }

    private boolean isKnown(Tensor tensor) {
        return Origins.of(tensor) instanceof Mark mark && mark.trace() == this;
    }

    private int node(Tensor tensor) {
        if (Origins.of(tensor) instanceof Mark mark && mark.trace() == this) {
            return mark.node;
        }
        String layer = layers.isEmpty() ? "" : layers.peek();
        return constants.computeIfAbsent(tensor, t -> add(Kind.CONSTANT, "constant", layer, t, List.of()));
    }

    private int add(Kind kind, String name, String layer, Tensor tensor, List<Integer> inputs) {
        nodes.add(new Node(nodes.size(), kind, name, layer, tensor.spec(), inputs));
        return nodes.size() - 1;
    }
}
