package dev.lanewise.autograd;

import dev.lanewise.autograd.GradOrigin.Result;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.op.Op;
import dev.lanewise.tensor.spi.Origins;
import dev.lanewise.tensor.spi.Storage;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * One recorded operation: its rule, where its inputs came from, and the tensors that the wanted gradients need. Nodes are numbered
 * in the order of recording, which is a topological order.
 */
final class Node {
    private static final AtomicLong COUNT = new AtomicLong();

    final long number = COUNT.getAndIncrement();
    final String name;
    final Rule rule;
    final @Nullable GradOrigin[] edges;
    final TensorSpec[] inputSpecs;
    final Device inputDevice;
    final TensorSpec firstOutput;
    final int outputs;
    private final @Nullable Saved[] savedInputs;
    private final @Nullable Saved[] savedOutputs;
    private volatile boolean released;

    Node(String name, Rule rule, Tensor[] inputs, Tensor[] outputs) {
        this.name = name;
        this.rule = rule;
        this.outputs = outputs.length;
        this.firstOutput = outputs[0].spec();
        this.edges = new GradOrigin[inputs.length];
        this.inputSpecs = new TensorSpec[inputs.length];
        this.inputDevice = inputs[0].device();
        this.savedInputs = new Saved[inputs.length];
        this.savedOutputs = new Saved[outputs.length];
        int neededInputs = 0;
        int neededOutputs = 0;
        for (int i = 0; i < inputs.length; i++) {
            edges[i] = GradOrigin.current(inputs[i], name);
            inputSpecs[i] = inputs[i].spec();
            if (edges[i] != null) {
                neededInputs |= rule.inputs().of(i);
                neededOutputs |= rule.outputs().of(i);
            }
        }
        for (int i = 0; i < inputs.length; i++) {
            if (Rule.contains(neededInputs, i)) {
                savedInputs[i] = new Saved(inputs[i]);
            }
        }
        for (int i = 0; i < outputs.length; i++) {
            Result origin = new Result(this, i, outputs[i]);
            boolean differentiable = outputs[i].dtype().isFloating();
            if (Rule.contains(neededOutputs, i)) {
                Tensor output = outputs[i];
                savedOutputs[i] = new Saved(Origins.withOrigin(output, differentiable ? origin : null));
            }
            if (differentiable) {
                Origins.attach(outputs[i], origin);
            }
        }
    }

    static void record(Op op, Tensor[] inputs, Tensor[] outputs) {
        Rule rule = VjpRules.of(op);
        if (!rule.isNone()) {
            new Node(op.opName(), rule, inputs, outputs);
        }
    }

    Tensor input(int i) {
        return unpack(savedInputs[i], "operand " + i);
    }

    Tensor output(int i) {
        return unpack(savedOutputs[i], "result " + i);
    }

    int inputs() {
        return edges.length;
    }

    boolean needs(int input) {
        return edges[input] != null;
    }

    /** Releases the saved tensors, once, however many threads walk the record; the node can't be walked again. */
    synchronized void release() {
        released = true;
        releaseAll(savedInputs);
        releaseAll(savedOutputs);
    }

    private static void releaseAll(@Nullable Saved[] tensors) {
        for (int i = 0; i < tensors.length; i++) {
            Saved saved = tensors[i];
            if (saved != null) {
                tensors[i] = null;
                saved.release();
            }
        }
    }

    void checkNotReleased() {
        if (released) {
            throw new TensorException("gradients: the record of " + name
                    + " was walked before and has released its tensors; pass Graph.RETAIN to the first call");
        }
    }

    private Tensor unpack(@Nullable Saved saved, String what) {
        if (saved == null) {
            // another thread may have walked the record since
            checkNotReleased();
            throw new IllegalStateException("the rule of " + name + " did not save " + what);
        }
        return saved.get(name);
    }

    /** A tensor that a rule needs, owned by the record until the rule has run. */
    private static final class Saved {
        private final Tensor tensor;
        private final int version;

        Saved(Tensor tensor) {
            this.tensor = tensor;
            this.version = Storage.buffer(tensor).version();
            Storage.buffer(tensor).retain();
            Storage.buffer(tensor).guardByCollector();
        }

        Tensor get(String op) {
            if (Storage.buffer(tensor).version() != version) {
                throw new TensorException("gradients: " + tensor.spec() + ", which " + op
                        + " saved, was changed in place since (version "
                        + Storage.buffer(tensor).version() + ", saved "
                        + version + "); compute gradients before updating, or update a copy()");
            }
            return tensor;
        }

        void release() {
            Storage.buffer(tensor).release("the record of operations, after its gradients were computed");
        }
    }
}
