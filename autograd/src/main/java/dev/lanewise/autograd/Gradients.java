package dev.lanewise.autograd;

import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The gradients of an output for watched tensors. Immutable; the tensors belong to the scope of the call. */
public final class Gradients {
    private final Map<GradOrigin, Tensor> byOrigin;
    private final Map<GradOrigin, RowGradient> byRows;

    Gradients(Map<GradOrigin, Tensor> byOrigin, Map<GradOrigin, RowGradient> byRows) {
        this.byOrigin = byOrigin;
        this.byRows = byRows;
    }

    /**
     * Gradients that were computed elsewhere, such as the mean of what several processes found.
     *
     * @param dense gradients by watched tensor, each of its shape and type, in the order that {@link #values} is to have
     * @param byRows those of tables watched by {@link Autograd#watchRows} that are kept by rows
     * @return the gradients
     * @throws TensorException if a tensor is not watched
     */
    public static Gradients from(Map<Tensor, Tensor> dense, Map<Tensor, RowGradient> byRows) {
        return new Gradients(byOrigin(dense), byOrigin(byRows));
    }

    private static <T> Map<GradOrigin, T> byOrigin(Map<Tensor, T> byTensor) {
        Map<GradOrigin, T> byOrigin = new LinkedHashMap<>();
        byTensor.forEach((watched, gradient) -> {
            GradOrigin origin = GradOrigin.of(watched);
            if (origin == null) {
                throw new TensorException(
                        "gradients: " + watched.spec() + " is not watched; use what Autograd.watch returned");
            }
            byOrigin.put(origin, gradient);
        });
        return byOrigin;
    }

    /**
     * {@return whether the output depends on the tensor}
     *
     * @param watched a watched tensor
     */
    public boolean has(Tensor watched) {
        return find(watched) != null || rows(watched).isPresent();
    }

    /**
     * {@return the rows of the gradient that differ from 0, if the tensor was watched by {@link Autograd#watchRows} and all that
     * was done with it was to look up rows}
     *
     * @param watched a watched tensor
     */
    public Optional<RowGradient> rows(Tensor watched) {
        GradOrigin origin = GradOrigin.of(watched);
        return origin == null ? Optional.empty() : Optional.ofNullable(byRows.get(origin));
    }

    /**
     * {@return the gradient, of the tensor's shape and type}
     *
     * @param watched what {@link Autograd#watch} returned, or a tensor that was asked for
     * @throws TensorException if the tensor is not watched, or the output does not depend on it
     */
    public Tensor of(Tensor watched) {
        Tensor gradient = find(watched);
        if (gradient != null) {
            return gradient;
        }
        Optional<RowGradient> some = rows(watched);
        if (some.isPresent()) {
            return some.get().dense();
        }
        throw new TensorException(
                GradOrigin.of(watched) == null
                        ? "gradients: " + watched.spec() + " is not watched; use what Autograd.watch returned, or call"
                                + " freeze(false) before if it is of a parameter that is frozen"
                        : "gradients: the output does not depend on " + watched.spec()
                                + "; was it computed inside noGrad, from a detached tensor, or while the parameter was frozen"
                                + " by freeze(true)?");
    }

    /**
     * {@return the gradients themselves, in the order in which they were found, the same in every run of one computation; of
     * those by rows the rows that differ from 0}
     */
    public Collection<Tensor> values() {
        if (byRows.isEmpty()) {
            return Collections.unmodifiableCollection(byOrigin.values());
        }
        List<Tensor> all = new ArrayList<>(byOrigin.values());
        byRows.values().forEach(gradient -> all.add(gradient.values()));
        return Collections.unmodifiableCollection(all);
    }

    /**
     * The gradients after applying a function, for example one that scales them.
     *
     * @param function maps each gradient to one of the same shape, and 0 to 0: of a gradient that is kept by rows it sees only
     *     those rows
     * @return the new gradients
     */
    public Gradients map(UnaryOperator<Tensor> function) {
        Objects.requireNonNull(function, "function");
        Map<GradOrigin, Tensor> mapped = new LinkedHashMap<>();
        byOrigin.forEach((origin, gradient) -> mapped.put(origin, function.apply(gradient)));
        Map<GradOrigin, RowGradient> mappedRows = new LinkedHashMap<>();
        byRows.forEach((origin, gradient) -> mappedRows.put(
                origin, new RowGradient(gradient.indices(), function.apply(gradient.values()), gradient.rows())));
        return new Gradients(mapped, mappedRows);
    }

    /** All gradients, those by rows as large as their tables; the map is the caller's. */
    Map<GradOrigin, Tensor> dense() {
        Map<GradOrigin, Tensor> all = new LinkedHashMap<>(byOrigin);
        byRows.forEach((origin, gradient) -> all.put(origin, gradient.dense()));
        return all;
    }

    Map<GradOrigin, RowGradient> byRows() {
        return byRows;
    }

    Map<GradOrigin, Tensor> byOrigin() {
        return byOrigin;
    }

    private @Nullable Tensor find(Tensor watched) {
        GradOrigin origin = GradOrigin.of(watched);
        return origin == null ? null : byOrigin.get(origin);
    }
}
