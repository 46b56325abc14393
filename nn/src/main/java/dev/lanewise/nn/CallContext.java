package dev.lanewise.nn;

import dev.lanewise.nn.internal.GraphTrace;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Overrides for the calls of layers that one thread makes; other threads are not affected.
 *
 * @param parameters tensors that replace those of parameters
 * @param buffers tensors that replace those of buffers, by layer and name
 * @param evaluating whether every layer is in evaluation mode
 * @param observer sees every call, or null
 */
record CallContext(
        Map<Parameter, Tensor> parameters,
        Map<Layer, Map<String, Tensor>> buffers,
        boolean evaluating,
        @Nullable Observer observer) {
    /** Sees the calls of layers. */
    interface Observer {
        /** A call begins. */
        default void entered(Layer layer) {}

        /** A call has given its first result. */
        default void returned(Layer layer, Tensor result) {}

        /** A call has ended, also by an exception. */
        default void left() {}
    }

    private static final ThreadLocal<@Nullable CallContext> CURRENT = new ThreadLocal<>();

    /** Evaluation mode with every call observed. */
    static CallContext observing(Observer observer) {
        return new CallContext(Map.of(), Map.of(), true, observer);
    }

    /**
     * Tensors that replace parameters and buffers of a model, in whatever mode the layers are.
     *
     * @param model the model
     * @param tensors by full name, as {@link Layer#stateDict} has them
     */
    static CallContext substituting(Layer model, Map<String, Tensor> tensors) {
        Map<String, Tensor> own = Members.stateDict(model);
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

    /** Evaluation mode in which a trace sees the operations, parameters and layers of a model. */
    static CallContext tracing(Layer model, GraphTrace trace) {
        Map<Layer, String> names = new HashMap<>();
        Members.visit(
                model,
                (prefix, layer) -> names.putIfAbsent(layer, prefix.substring(0, Math.max(0, prefix.length() - 1))));
        CallContext marked = substituting(model, trace.state(model.stateDict()));
        return new CallContext(marked.parameters, marked.buffers, true, new Observer() {
            @Override
            public void entered(Layer layer) {
                trace.entered(names.getOrDefault(layer, ""));
            }

            @Override
            public void left() {
                trace.left();
            }
        });
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

    /** Who wants to see this thread's calls, or null. */
    static @Nullable Observer watcher() {
        CallContext context = CURRENT.get();
        return context == null ? null : context.observer;
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
