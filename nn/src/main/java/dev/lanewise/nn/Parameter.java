package dev.lanewise.nn;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A trained tensor of a layer: a watched leaf that lives as long as the parameter. Optimizers change its elements in
 * place; {@link #set} replaces the whole tensor at once, which other threads see atomically.
 */
public final class Parameter {
    private volatile Tensor tensor;
    private final boolean byRows;
    private volatile boolean frozen;
    private volatile @Nullable Supplier<Tensor> derivation;

    /** The outermost layer that a use last found this to belong to; see {@link OutermostCall}. */
    long foundIn;

    /** Whether a use in a layer that has not registered it was reported. */
    volatile boolean reported;

    /**
     * A parameter over the given initial values, which it takes out of their scope.
     *
     * @param initial the values, of a floating-point type
     * @throws TensorException if the tensor is not of a floating-point type
     */
    public Parameter(Tensor initial) {
        this(initial, false);
    }

    private Parameter(Tensor initial, boolean byRows) {
        this.byRows = byRows;
        tensor = watched(initial.contiguous().keep());
    }

    /**
     * A table whose gradient is kept as the rows that were looked up ({@link Autograd#watchRows}), as PyTorch's embeddings with
     * {@code sparse=True}: {@link dev.lanewise.nn.optim.SparseAdam}, Adagrad and SGD without momentum then change those rows
     * alone.
     *
     * @param initial the values, {@code [rows, ...]} of a floating-point type
     * @return the parameter
     * @throws TensorException if the tensor is not of a floating-point type
     */
    public static Parameter byRows(Tensor initial) {
        return new Parameter(initial, true);
    }

    private Tensor watched(Tensor values) {
        return byRows ? Autograd.watchRows(values) : Autograd.watch(values);
    }

    /**
     * {@return the tensor to compute with: watched, or a constant while the parameter is frozen} Where gradients are
     * recorded in the call of a layer that has not registered the parameter, that is reported in the log, once.
     */
    public Tensor tensor() {
        CallContext context = CallContext.current();
        Tensor substitute = context == null ? null : context.parameters().get(this);
        if (substitute != null) {
            return substitute;
        }
        Supplier<Tensor> source = derivation;
        if (source != null) {
            return source.get();
        }
        Tensor current = tensor;
        if (frozen) {
            return Autograd.detach(current);
        }
        OutermostCall.current().use(this);
        return current;
    }

    /** {@return the watched leaf, frozen or not: what {@link dev.lanewise.autograd.Gradients#of} takes} */
    public Tensor leaf() {
        return tensor;
    }

    /** {@return whether the parameter is frozen, so that training does not change it} */
    public boolean isFrozen() {
        return frozen;
    }

    /**
     * Freezes the parameter, or lets it be trained again.
     *
     * @param newFrozen true to freeze it, false to train it again
     */
    public void freeze(boolean newFrozen) {
        frozen = newFrozen;
    }

    /**
     * Replaces the tensor. Computations that have begun continue with the old one.
     *
     * @param replacement of the same type and shape
     * @throws TensorException if type or shape differ
     */
    public void set(Tensor replacement) {
        if (!replacement.spec().equals(tensor.spec())) {
            throw new TensorException(
                    "parameter: got " + replacement.spec() + " for " + tensor.spec() + "; type and shape must stay");
        }
        tensor = watched(replacement.contiguous().keep());
    }

    /** Lets the tensor to compute with be the result of a computation; its own values no longer count. */
    void derive(Supplier<Tensor> value) {
        derivation = value;
    }

    /** Ends that, with the present result as values. */
    void settle() {
        Supplier<Tensor> source = derivation;
        if (source != null) {
            derivation = null;
            tensor = watched(
                    Autograd.noGrad(() -> Autograd.detach(source.get()).copy()).keep());
        }
    }

    /**
     * Keeps some of the slices of a dimension and drops the others: the tensor becomes smaller. Layers on both sides must
     * change together, as {@link dev.lanewise.nn.prune.Units} does it, and optimizers are made afterwards.
     *
     * @param dim the dimension; negative ones count from the last
     * @param kept the slices that stay, in their new order
     * @throws TensorException if there is no such dimension or slice
     */
    public void keepSlices(int dim, long... kept) {
        Objects.requireNonNull(kept, "kept");
        Tensor before = Autograd.detach(tensor);
        Tensor after =
                Autograd.noGrad(() -> before.indexSelect(dim, Tensor.of(kept).to(before.device())));
        tensor = Autograd.watch(after.contiguous().keep());
    }

    /** Exchanges the tensor for what a function makes of its values, unless that is the tensor itself. */
    void convert(UnaryOperator<Tensor> function) {
        Tensor before = Autograd.detach(tensor);
        Tensor after = Autograd.noGrad(() -> function.apply(before));
        if (!after.spec().equals(before.spec()) || !after.device().equals(before.device())) {
            tensor = watched(after.keep());
        }
    }
}
