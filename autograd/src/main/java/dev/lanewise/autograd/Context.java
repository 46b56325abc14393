package dev.lanewise.autograd;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.Source;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What a rule sees of an operation: upstream gradients, saved operands and results. */
final class Context {
    private final Node node;
    private final @Nullable Tensor[] upstream;
    private final boolean differentiating;
    private final Walk walk;
    private @Nullable Tensor @Nullable [] memo;

    Context(Walk walk, Node node, @Nullable Tensor[] upstream, boolean differentiating) {
        this.walk = walk;
        this.node = node;
        this.upstream = upstream;
        this.differentiating = differentiating;
    }

    /** The upstream gradient of the first result, zeros if none arrived. */
    Tensor g() {
        Tensor g = upstream[0];
        return g != null ? g : Tensor.create(new Source.Fill(0, node.firstOutput), node.inputDevice);
    }

    /** The upstream gradient of a result, or null if none arrived. */
    @Nullable
    Tensor upstream(int output) {
        return upstream[output];
    }

    /** Whether a gradient arrived at a result other than the first. */
    boolean reachesFurtherResults() {
        for (int i = 1; i < upstream.length; i++) {
            if (upstream[i] != null) {
                return true;
            }
        }
        return false;
    }

    /** A saved operand. */
    Tensor x(int i) {
        return node.input(i);
    }

    /** A saved result. */
    Tensor y(int i) {
        return node.output(i);
    }

    /** An operand's shape; known without saving it. */
    Shape shape(int input) {
        return node.inputSpecs[input].shape();
    }

    /** An operand's type; known without saving it. */
    DType dtype(int input) {
        return node.inputSpecs[input].dtype();
    }

    /** The operands' device; known without saving them. */
    Device device() {
        return node.inputDevice;
    }

    /** How many operands there are. */
    int inputs() {
        return node.inputs();
    }

    /** Whether an operand's gradient is wanted. */
    boolean needs(int input) {
        return node.needs(input);
    }

    /** Whether the gradients will be differentiated again. */
    boolean differentiating() {
        return differentiating;
    }

    /** Tensors that the rule computes once for all operands. */
    @Nullable
    Tensor[] once(Supplier<@Nullable Tensor[]> body) {
        @Nullable Tensor[] known = memo;
        if (known == null) {
            known = body.get();
            memo = known;
        }
        return known;
    }

    /** Adds a gradient for a leaf that is not an operand. */
    void contribute(GradOrigin leaf, Tensor gradient) {
        walk.arrive(leaf, gradient);
    }
}
