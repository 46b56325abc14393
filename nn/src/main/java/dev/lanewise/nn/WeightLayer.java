package dev.lanewise.nn;

import dev.lanewise.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A layer that multiplies by a weight and perhaps adds a bias, and whose result can be adapted from outside without changing
 * either: by low-rank updates, for example.
 */
public abstract class WeightLayer extends Layer {
    private volatile List<Adaptation> adaptations = List.of();

    /** For subclasses. */
    protected WeightLayer() {}

    /** What changes a layer's result. */
    public interface Adaptation {
        /**
         * The result with the change.
         *
         * @param layer the layer
         * @param x its input, {@code [..., in]}
         * @param inner the layer's result {@code [..., out]} of an input, with the changes that were made before this one
         */
        Tensor apply(WeightLayer layer, Tensor x, UnaryOperator<Tensor> inner);
    }

    /** The layer's result without adaptations. */
    protected abstract Tensor product(Tensor x);

    /** The weight as it is stored. */
    public abstract Parameter weight();

    /** The bias, {@code [out]}, or null. */
    public abstract @Nullable Parameter bias();

    /** Whether the weight is {@code [in, out]} instead of {@code [out, in]}. */
    public boolean isInputFirst() {
        return false;
    }

    /** The elements of an input. */
    public final long in() {
        return weight().leaf().shape().size(isInputFirst() ? 0 : 1);
    }

    /** The elements of a result. */
    public final long out() {
        return weight().leaf().shape().size(isInputFirst() ? 1 : 0);
    }

    /** Adds a change, which is made after those that are there. */
    public final synchronized void adapt(Adaptation adaptation) {
        List<Adaptation> all = new ArrayList<>(adaptations);
        all.add(adaptation);
        adaptations = List.copyOf(all);
    }

    /** Takes a change away again. */
    public final synchronized void restore(Adaptation adaptation) {
        List<Adaptation> all = new ArrayList<>(adaptations);
        all.remove(adaptation);
        adaptations = List.copyOf(all);
    }

    /** Whether anything changes the layer's result. */
    final boolean isAdapted() {
        return !adaptations.isEmpty();
    }

    @Override
    protected final Tensor compute(Tensor x) {
        List<Adaptation> all = adaptations;
        return all.isEmpty() ? product(x) : adapted(all, all.size() - 1, x);
    }

    private Tensor adapted(List<Adaptation> all, int last, Tensor x) {
        return last < 0 ? product(x) : all.get(last).apply(this, x, input -> adapted(all, last - 1, input));
    }
}
