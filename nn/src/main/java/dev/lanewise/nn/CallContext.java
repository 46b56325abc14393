package dev.lanewise.nn;

import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Overrides for the calls of layers that one thread makes; other threads are not affected.
 *
 * @param parameters tensors that replace those of parameters
 * @param buffers tensors that replace those of buffers, by layer and name
 * @param evaluating whether every layer is in evaluation mode
 * @param observer receives every call and its result, or null
 */
record CallContext(
        Map<Parameter, Tensor> parameters,
        Map<Layer, Map<String, Tensor>> buffers,
        boolean evaluating,
        @Nullable BiConsumer<Layer, Tensor> observer) {
    private static final ThreadLocal<@Nullable CallContext> CURRENT = new ThreadLocal<>();

    /** Evaluation mode with every call observed. */
    static CallContext observing(BiConsumer<Layer, Tensor> observer) {
        return new CallContext(Map.of(), Map.of(), true, observer);
    }

    /**
     * Tensors that replace parameters and buffers of a model, in whatever mode the layers are.
     *
     * @param model the model
     * @param tensors by full name, as {@link Layer#stateDict} has them
     */
    static CallContext substituting(Layer model, Map<String, Tensor> tensors) {
        Map<String, Tensor> own = model.stateDict();
        tensors.forEach((name, tensor) -> {
            Tensor replaced = own.get(name);
            if (replaced == null || !replaced.shape().equals(tensor.shape())) {
                throw new TensorException("functional_call: " + name + " " + tensor.spec() + " does not fit "
                        + (replaced == null ? own.keySet() : replaced.spec()) + "; check name and shape");
            }
        });
        Map<Parameter, Tensor> parameters = new HashMap<>();
        Map<Layer, Map<String, Tensor>> buffers = new HashMap<>();
        Members.visit(model, (prefix, layer) -> {
            layer.members.parameters.forEach((name, p) -> putIfPresent(parameters, p, tensors.get(prefix + name)));
            Map<String, Tensor> ofLayer = new HashMap<>();
            layer.members.buffers.keySet().forEach(name -> putIfPresent(ofLayer, name, tensors.get(prefix + name)));
            buffers.put(layer, ofLayer);
        });
        return new CallContext(parameters, buffers, false, null);
    }

    private static <K> void putIfPresent(Map<K, Tensor> map, K key, @Nullable Tensor tensor) {
        if (tensor != null) {
            map.put(key, tensor);
        }
    }

    /** The overrides of this thread, or null. */
    static @Nullable CallContext current() {
        return CURRENT.get();
    }

    /** Whether this thread's calls are in evaluation mode, whatever the layers' own mode. */
    static boolean isEvaluating() {
        CallContext context = CURRENT.get();
        return context != null && context.evaluating;
    }

    /** Whether an observer wants to know of every call. */
    static boolean isObserved() {
        CallContext context = CURRENT.get();
        return context != null && context.observer != null;
    }

    /** Tells the observer, if there is one, of a call's result. */
    static void called(Layer layer, Tensor result) {
        CallContext context = CURRENT.get();
        if (context != null && context.observer != null) {
            context.observer.accept(layer, result);
        }
    }

    /** Runs a computation of this thread with these overrides, and with the previous ones where these say nothing. */
    <T> T run(Supplier<T> body) {
        CallContext before = CURRENT.get();
        CURRENT.set(before == null ? this : over(before));
        try {
            return body.get();
        } finally {
            if (before == null) {
                CURRENT.remove();
            } else {
                CURRENT.set(before);
            }
        }
    }

    private CallContext over(CallContext outer) {
        Map<Parameter, Tensor> allParameters = new HashMap<>(outer.parameters);
        allParameters.putAll(parameters);
        Map<Layer, Map<String, Tensor>> allBuffers = new HashMap<>(outer.buffers);
        buffers.forEach((layer, tensors) -> allBuffers.merge(layer, tensors, CallContext::merged));
        return new CallContext(
                allParameters,
                allBuffers,
                evaluating || outer.evaluating,
                observer == null ? outer.observer : observer);
    }

    private static Map<String, Tensor> merged(Map<String, Tensor> outer, Map<String, Tensor> inner) {
        Map<String, Tensor> all = new HashMap<>(outer);
        all.putAll(inner);
        return all;
    }
}
