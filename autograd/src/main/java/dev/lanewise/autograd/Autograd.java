package dev.lanewise.autograd;

import dev.lanewise.autograd.GradOrigin.Leaf;
import dev.lanewise.tensor.Autocast;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.spi.Origins;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Records operations on watched tensors and computes gradients by walking the record backward. */
public final class Autograd {
    private Autograd() {}

    /**
     * A leaf over the same memory: what is computed from it is recorded, and {@link Gradients#of} accepts it.
     *
     * @param tensor of a floating-point type
     * @return the leaf, whose gradient can be asked for
     * @throws TensorException unless the type is floating-point
     */
    public static Tensor watch(Tensor tensor) {
        return watch(tensor, false);
    }

    /**
     * As {@link #watch(Tensor)}, for a table whose rows are looked up ({@link Tensor#embedding}, or {@code indexSelect} along
     * dimension 0): its gradient is then kept as the rows that were looked up ({@link Gradients#rows}), so that time and memory
     * go by their number and not by the table's. Where the table is used in another way as well, or gradients are to be
     * differentiated again, the gradient is dense as always.
     *
     * @param table {@code [rows, ...]} of a floating-point type
     * @return the leaf, whose gradient can be asked for
     * @throws TensorException unless the type is floating-point and there is a dimension
     */
    public static Tensor watchRows(Tensor table) {
        if (table.shape().rank() == 0) {
            throw new TensorException("watch: " + table.spec() + " has no rows (expected [rows, ...]); use watch");
        }
        return watch(table, true);
    }

    private static Tensor watch(Tensor tensor, boolean byRows) {
        if (!tensor.dtype().isFloating()) {
            throw new TensorException("watch: " + tensor.spec()
                    + " has no gradients (expected a floating-point type); cast with to(DType.F32)");
        }
        return Origins.withOrigin(tensor, new Leaf(byRows));
    }

    /**
     * The same values as a constant: what is computed from it is not recorded on its account.
     *
     * @param tensor any tensor
     * @return a tensor over the same memory
     */
    public static Tensor detach(Tensor tensor) {
        return Origins.withOrigin(tensor, null);
    }

    /**
     * {@return whether the tensor was watched or computed from one that was}
     *
     * @param tensor any tensor
     */
    public static boolean isTracked(Tensor tensor) {
        return Origins.of(tensor) != null;
    }

    /** {@return whether this thread records operations on watched tensors: everywhere except inside {@link #noGrad}} */
    public static boolean isRecording() {
        return Recording.isOn();
    }

    /**
     * Runs a computation without recording it.
     *
     * @param <T> what the computation returns
     * @param body the computation
     * @return what the computation returned
     */
    public static <T> T noGrad(Supplier<T> body) {
        return Recording.with(false, body);
    }

    /**
     * Runs a computation without recording it.
     *
     * @param body the computation
     */
    public static void noGrad(Runnable body) {
        Recording.with(false, () -> {
            body.run();
            return true;
        });
    }

    /**
     * The gradients of a scalar for every watched tensor that it depends on. The record is released during the walk.
     *
     * @param loss one element
     * @return the gradient of each of the tensors; one that the outputs don't depend on has none
     * @throws TensorException if the loss has more elements, depends on nothing that is watched, or a saved tensor was
     *     changed in place
     */
    public static Gradients gradients(Tensor loss) {
        return gradients(loss, Graph.RELEASE);
    }

    /**
     * The gradients of a scalar for every watched tensor that it depends on.
     *
     * @param loss a tracked scalar
     * @param graph whether the record is kept for another walk or released
     * @return the gradient of each of the tensors; one that the outputs don't depend on has none
     * @throws TensorException if the tensor is not a single number, or depends on no tensor that is watched
     */
    public static Gradients gradients(Tensor loss, Graph graph) {
        checkScalar(loss);
        return gradients(new Tensor[] {loss}, new Tensor[] {loss.onesLike()}, graph);
    }

    /**
     * As {@link #gradients(Tensor)}, telling of single gradients as soon as they are final. A gradient that is kept by rows, or
     * that is final only with the last of all, may not be told of; the result has it.
     *
     * @param loss a tracked scalar
     * @param watched what {@link #watch} returned, of which the listener wants to know
     * @param listener is told of their gradients
     * @return the gradient of each of the tensors; one that the outputs don't depend on has none
     * @throws TensorException if the loss is not a single number, or depends on no tensor that is watched
     */
    public static Gradients gradients(Tensor loss, List<Tensor> watched, GradientListener listener) {
        checkScalar(loss);
        return walk(
                new Tensor[] {loss},
                new Tensor[] {loss.onesLike()},
                new Walk(Graph.RELEASE, Set.of(), new LastUses(loss, watched, listener)));
    }

    /**
     * The gradients of several outputs, each weighted by an upstream gradient, for every watched tensor.
     *
     * @param outputs what to differentiate
     * @param upstream for each output a tensor of its type and shape
     * @param graph whether the record is kept for another walk or released
     * @return the gradient of each of the tensors; one that the outputs don't depend on has none
     * @throws TensorException if the upstream gradients are not as many as the results, or of other shapes, or the
     *     results depend on no tensor that is watched
     */
    public static Gradients gradients(Tensor[] outputs, Tensor[] upstream, Graph graph) {
        return walk(outputs, upstream, new Walk(graph, Set.of()));
    }

    /**
     * The gradients for given tensors only, which may also be intermediate results. The walk stops at them.
     *
     * @param outputs what to differentiate
     * @param upstream for each output the gradient with respect to it, of its shape and type
     * @param wrt tracked tensors
     * @param graph whether the record is kept for another walk or released
     * @return the gradient of each of the tensors; one that the outputs don't depend on has none
     * @throws TensorException if an output is not tracked, or the numbers of outputs and upstream gradients differ
     */
    public static Gradients gradients(Tensor[] outputs, Tensor[] upstream, Tensor[] wrt, Graph graph) {
        Objects.requireNonNull(wrt, "wrt");
        Set<GradOrigin> targets = new HashSet<>();
        for (Tensor tensor : wrt) {
            GradOrigin origin = GradOrigin.of(tensor);
            if (origin == null) {
                throw new TensorException(
                        "gradients: " + tensor.spec() + " is not tracked; use what Autograd.watch returned");
            }
            targets.add(origin);
        }
        return walk(outputs, upstream, new Walk(graph, targets));
    }

    private static void checkScalar(Tensor loss) {
        if (loss.shape().elements() != 1) {
            throw new TensorException("gradients: the loss is " + loss.spec()
                    + " (expected one element); reduce it with sum() or mean(), or give upstream gradients");
        }
    }

    private static Gradients walk(Tensor[] outputs, Tensor[] upstream, Walk walk) {
        if (outputs.length != upstream.length) {
            throw new TensorException("gradients: " + outputs.length + " outputs and " + upstream.length
                    + " upstream gradients; give one for each");
        }
        boolean tracked = false;
        for (int i = 0; i < outputs.length; i++) {
            Walk.checkUpstream(outputs[i], upstream[i]);
            tracked |= isTracked(outputs[i]);
        }
        if (!tracked) {
            throw new TensorException("gradients: the output depends on no watched tensor; watch tensors with"
                    + " Autograd.watch, outside noGrad; are the model's parameters all frozen by freeze(true)?");
        }
        return walk.run(outputs, upstream);
    }

    /**
     * The derivative of a function along a direction, the Jacobian times a vector, by two walks whatever the sizes.
     *
     * @param function makes one tensor of another
     * @param x where
     * @param direction of x's type and shape
     * @return of the result's type and shape
     */
    public static Tensor jvp(UnaryOperator<Tensor> function, Tensor x, Tensor direction) {
        return Derivatives.along(function, x, direction);
    }

    /**
     * All derivatives of a function's elements for those of its argument, by one walk for each element of the result.
     *
     * @param function makes one tensor of another
     * @param x where
     * @return {@code [result..., x...]}
     */
    public static Tensor jacobian(UnaryOperator<Tensor> function, Tensor x) {
        return Derivatives.jacobian(function, x);
    }

    /**
     * All second derivatives of a function of one element, by one walk for each element of its argument.
     *
     * @param function makes a scalar of a tensor
     * @param x where
     * @return {@code [x..., x...]}
     * @throws TensorException if the function gives more than one element
     */
    public static Tensor hessian(UnaryOperator<Tensor> function, Tensor x) {
        return Derivatives.hessian(function, x);
    }

    /**
     * An operation with a gradient rule of its own. Inside {@link Autocast} both its passes are cast like other operations.
     *
     * @see #apply
     */
    public interface CustomOp {
        /** {@return the name of the function in messages} */
        String name();

        /**
         * The result; nothing in here is recorded.
         *
         * @param inputs the operands
         * @return the result, a new tensor
         */
        Tensor forward(Tensor[] inputs);

        /**
         * The gradient for each input, or null where there is none. If it is written in tensor operations, it can be
         * differentiated again.
         *
         * @param upstream the gradient with respect to the result, of its shape
         * @param inputs the operands of the forward pass
         * @param output its result
         * @return for each operand a gradient of its shape and type, or null
         */
        @Nullable
        Tensor[] backward(Tensor upstream, Tensor[] inputs, Tensor output);

        /**
         * {@return whether {@link #backward} reads the inputs and the output} If it does not, the record keeps neither,
         * and backward is given no inputs, and the upstream gradient in place of the output.
         */
        default boolean looksBack() {
            return true;
        }
    }

    /**
     * Runs a custom operation and records it.
     *
     * @param op what to compute, and its gradient
     * @param inputs the operands
     * @return the result
     */
    public static Tensor apply(CustomOp op, Tensor... inputs) {
        Objects.requireNonNull(inputs, "inputs");
        Tensor output = detach(noGrad(() -> op.forward(inputs)));
        boolean tracked = false;
        for (Tensor input : inputs) {
            tracked |= isTracked(input);
        }
        if (tracked && Recording.isOn()) {
            DType narrow = Autocast.current();
            int count = op.looksBack() ? inputs.length : 0;
            Rule rule = new Rule(count == 0 ? 0 : Rule.ALL, count == 0 ? 0 : 1, (c, i) -> {
                Tensor[] saved = new Tensor[count];
                for (int j = 0; j < count; j++) {
                    saved[j] = c.x(j);
                }
                return c.once(() -> backward(op, narrow, c, saved))[i];
            });
            new Node(op.name(), rule, inputs, new Tensor[] {output});
        }
        return output;
    }

    /** A custom rule sees the operands as they were given, and therefore runs with the casts of its forward pass. */
    private static @Nullable Tensor[] backward(CustomOp op, @Nullable DType narrow, Context c, Tensor[] inputs) {
        Tensor output = op.looksBack() ? c.y(0) : c.g();
        @Nullable Tensor[] gradients = Autocast.run(narrow, () -> op.backward(c.g(), inputs, output));
        for (int i = 0; i < gradients.length && narrow != null; i++) {
            Tensor gradient = gradients[i];
            gradients[i] = gradient == null ? null : gradient.to(c.dtype(i));
        }
        return gradients;
    }

    /**
     * Runs a computation without keeping its intermediate tensors and computes them again for the gradients: memory for
     * time (Chen et al. 2016, arXiv:1604.06174). Random numbers of the {@linkplain Rng#global global stream} are the
     * same in both runs, as long as no other thread draws from it meanwhile. Second derivatives through it are not
     * supported.
     *
     * @param body computes one result from the inputs and, possibly, from parameters (watched leaves) that it refers to
     * @param inputs what the computation takes; gradients flow to them
     * @return the result of the computation
     */
    public static Tensor checkpoint(Function<Tensor[], Tensor> body, Tensor... inputs) {
        Objects.requireNonNull(inputs, "inputs");
        if (!Recording.isOn()) {
            return body.apply(inputs);
        }
        return Checkpoint.run(body, inputs);
    }
}
