package dev.lanewise.nn.internal;

import dev.lanewise.nn.Layer;
import dev.lanewise.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/** What changes a layer's results from outside: other tensors for its parameters, and functions around its own. */
public final class Adaptations {
    private final List<Layer.Adaptation> functions = new CopyOnWriteArrayList<>();
    private final List<Supplier<Map<String, Tensor>>> substitutes = new CopyOnWriteArrayList<>();

    /** None yet. */
    public Adaptations() {}

    /** {@return whether there is none} */
    public boolean isEmpty() {
        return functions.isEmpty() && substitutes.isEmpty();
    }

    /** {@return whether there is no function} */
    public boolean hasNoFunction() {
        return functions.isEmpty();
    }

    /** {@return whether there is no tensor for a parameter} */
    public boolean hasNoSubstitute() {
        return substitutes.isEmpty();
    }

    /**
     * Adds a function.
     *
     * @param function is applied after those added before
     */
    public void add(Layer.Adaptation function) {
        functions.add(function);
    }

    /**
     * Takes a function away.
     *
     * @param function one that was added
     */
    public void remove(Layer.Adaptation function) {
        functions.remove(function);
    }

    /**
     * Adds tensors that take the place of parameters.
     *
     * @param tensors by name, asked for in each call
     * @return takes them away again
     */
    public Runnable substitute(Supplier<Map<String, Tensor>> tensors) {
        // another object for each, so that the same one can be there twice
        Supplier<Map<String, Tensor>> added = () -> tensors.get();
        substitutes.add(added);
        return () -> substitutes.remove(added);
    }

    /** {@return the tensors that take the place of parameters at present; of several for one, the last added} */
    public Map<String, Tensor> substitutes() {
        Map<String, Tensor> all = new LinkedHashMap<>();
        substitutes.forEach(tensors -> all.putAll(tensors.get()));
        return all;
    }

    /**
     * {@return a layer's result with all functions}
     *
     * @param layer the layer
     * @param x its input
     * @param plain computes the result without them
     */
    public Tensor apply(Layer layer, Tensor x, UnaryOperator<Tensor> plain) {
        // those that are there at the beginning of the call
        List<Layer.Adaptation> all = List.copyOf(functions);
        return apply(all, all.size() - 1, layer, x, plain);
    }

    private static Tensor apply(
            List<Layer.Adaptation> all, int last, Layer layer, Tensor x, UnaryOperator<Tensor> plain) {
        return last < 0
                ? plain.apply(x)
                : all.get(last).apply(layer, x, input -> apply(all, last - 1, layer, input, plain));
    }
}
