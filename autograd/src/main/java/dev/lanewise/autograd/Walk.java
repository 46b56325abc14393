package dev.lanewise.autograd;

import dev.lanewise.autograd.GradOrigin.Leaf;
import dev.lanewise.autograd.GradOrigin.Result;
import dev.lanewise.tensor.Autocast;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.op.elementwise.Binary;
import dev.lanewise.tensor.spi.Storage;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One walk over the record, from outputs back to leaves. Nodes are visited in descending order of their numbers, so a
 * node comes after everything that was computed from it. The walk owns the gradients in transit.
 */
final class Walk {
    private static final String OWNER = "the computation of gradients";

    private final Graph graph;
    private final Set<GradOrigin> targets;
    private final @Nullable LastUses uses;
    // in the order in which they were found: sums over gradients have the same bits in every run
    private final Map<GradOrigin, Sum> found = new LinkedHashMap<>();
    private final Map<GradOrigin, Deque<Rows>> rows = new LinkedHashMap<>();
    private final Map<Node, @Nullable Sum[]> pending = new HashMap<>();
    private final PriorityQueue<Node> queue = new PriorityQueue<>((a, b) -> Long.compare(b.number, a.number));

    Walk(Graph graph, Set<GradOrigin> targets) {
        this(graph, targets, null);
    }

    Walk(Graph graph, Set<GradOrigin> targets, @Nullable LastUses uses) {
        this.graph = graph;
        this.targets = targets;
        this.uses = uses;
    }

    Gradients run(Tensor[] outputs, Tensor[] upstream) {
        boolean record = graph == Graph.DIFFERENTIATE;
        // rules run in the types of the forward pass, wherever they are run
        return Autocast.run(
                null,
                () -> Recording.with(record, () -> {
                    for (int i = 0; i < outputs.length; i++) {
                        GradOrigin origin = GradOrigin.current(outputs[i], "gradients");
                        if (origin != null) {
                            arrive(origin, upstream[i]);
                        }
                    }
                    for (Node node = queue.poll(); node != null; node = queue.poll()) {
                        visit(node);
                    }
                    return results();
                }));
    }

    private Gradients results() {
        Map<GradOrigin, RowGradient> byRows = new LinkedHashMap<>();
        rows.forEach((leaf, parts) -> {
            Rows sum = merged(parts, 0);
            RowGradient gradient = sum.gradient();
            Sum dense = found.get(leaf);
            if (dense == null) {
                adopt(sum.indices);
                adopt(sum.values);
                byRows.put(leaf, gradient);
            } else {
                // the table was used in another way as well
                dense.add(gradient.dense(), false);
                sum.release();
            }
        });
        Map<GradOrigin, Tensor> results = new LinkedHashMap<>();
        found.forEach((origin, sum) -> {
            adopt(sum);
            results.put(origin, sum.tensor);
        });
        return new Gradients(results, byRows);
    }

    /** Gives a gradient to the present scope. */
    private static void adopt(Sum sum) {
        if (Storage.buffer(sum.tensor).scope() == null) {
            Storage.buffer(sum.tensor).adopt();
        }
        sum.release();
    }

    /** Whether an edge leads to a table that takes the rows that were looked up. */
    private boolean takesRows(GradOrigin edge, Node node) {
        return edge instanceof Leaf leaf
                && leaf.byRows
                && graph != Graph.DIFFERENTIATE
                && (targets.isEmpty() || targets.contains(leaf))
                && node.rule.vjp() instanceof Rule.OfRows;
    }

    private void arriveRows(GradOrigin leaf, RowGradient gradient) {
        Deque<Rows> parts = rows.computeIfAbsent(leaf, found -> new ArrayDeque<>());
        parts.push(Rows.of(gradient));
        merged(parts, 2);
    }

    /**
     * Adds the last parts into one, as long as the one before has fewer than so many times its rows; 0 adds all. Of many lookups
     * each is then added to others of its size: to a sum of all before it, their cost would grow with the square of their number.
     */
    private static Rows merged(Deque<Rows> parts, long factor) {
        Rows last = parts.pop();
        while (!parts.isEmpty() && (factor == 0 || parts.element().count() < factor * last.count())) {
            Rows before = parts.pop();
            Rows sum = Rows.of(before.gradient().add(last.gradient()));
            before.release();
            last.release();
            last = sum;
        }
        parts.push(last);
        return last;
    }

    /** Rows of a table's gradient. */
    private record Rows(Sum indices, Sum values, long rows) {
        static Rows of(RowGradient gradient) {
            return new Rows(new Sum(gradient.indices()), new Sum(gradient.values()), gradient.rows());
        }

        RowGradient gradient() {
            return new RowGradient(indices.tensor, values.tensor, rows);
        }

        long count() {
            return indices.tensor.shape().elements();
        }

        void release() {
            indices.release();
            values.release();
        }
    }

    private void visit(Node node) {
        node.checkNotReleased();
        @Nullable Sum[] sums = Objects.requireNonNull(pending.remove(node));
        @Nullable
        Tensor[] upstream =
                Arrays.stream(sums).map(sum -> sum == null ? null : sum.tensor).toArray(Tensor[]::new);
        try (var ignored = Scope.open("gradient of " + node.name)) {
            Context context = new Context(this, node, upstream, graph == Graph.DIFFERENTIATE);
            for (int i = 0; i < node.inputs(); i++) {
                GradOrigin edge = node.edges[i];
                if (edge != null && takesRows(edge, node)) {
                    arriveRows(edge, ((Rule.OfRows) node.rule.vjp()).rows(context));
                } else if (edge != null) {
                    Tensor gradient = node.rule.vjp().apply(context, i);
                    if (gradient != null) {
                        arrive(edge, Unbroadcast.to(gradient, node.inputSpecs[i].shape()));
                    }
                }
            }
        }
        for (Sum sum : sums) {
            if (sum != null) {
                sum.release();
            }
        }
        if (graph == Graph.RELEASE) {
            node.release();
        }
        if (uses != null) {
            uses.visited(node, this::denseSoFar);
        }
    }

    /** The sum for a leaf, unless rows are to be added to it at the end. */
    private @Nullable Tensor denseSoFar(GradOrigin leaf) {
        Sum sum = rows.containsKey(leaf) ? null : found.get(leaf);
        return sum == null ? null : sum.tensor;
    }

    void arrive(GradOrigin origin, Tensor gradient) {
        if (targets.contains(origin)) {
            add(found.get(origin), gradient, sum -> found.put(origin, sum));
            return;
        }
        switch (origin) {
            case Leaf leaf -> {
                if (targets.isEmpty()) {
                    add(found.get(leaf), gradient, sum -> found.put(leaf, sum));
                }
            }
            case Result result -> {
                @Nullable Sum[] sums = pending.get(result.node);
                if (sums == null) {
                    sums = new Sum[result.node.outputs];
                    pending.put(result.node, sums);
                    queue.add(result.node);
                }
                @Nullable Sum[] slots = sums;
                add(slots[result.index], gradient, sum -> slots[result.index] = sum);
            }
        }
    }

    private void add(@Nullable Sum sum, Tensor gradient, Consumer<Sum> first) {
        if (sum == null) {
            first.accept(new Sum(gradient));
        } else {
            sum.add(gradient, graph == Graph.DIFFERENTIATE);
        }
    }

    /** Gradients for the same tensor, summed. */
    private static final class Sum {
        private Tensor tensor;
        private boolean own;

        Sum(Tensor first) {
            tensor = first;
            Storage.buffer(first).retain();
            Storage.buffer(first).guardByCollector();
        }

        void add(Tensor gradient, boolean differentiable) {
            if (own && !differentiable) {
                // nothing else refers to this buffer: it is used directly, without another pass over memory
                Storage.update(Binary.ADD, new Tensor[] {tensor}, tensor, gradient);
                return;
            }
            Tensor sum = tensor.add(gradient);
            Storage.buffer(sum).retain();
            Storage.buffer(sum).guardByCollector();
            release();
            tensor = sum;
            own = true;
        }

        void release() {
            Storage.buffer(tensor).release(OWNER);
        }
    }

    static void checkUpstream(Tensor output, Tensor upstream) {
        if (!output.spec().equals(upstream.spec())) {
            throw new TensorException("gradients: upstream gradient " + upstream.spec() + " for an output "
                    + output.spec() + "; they must agree");
        }
    }
}
