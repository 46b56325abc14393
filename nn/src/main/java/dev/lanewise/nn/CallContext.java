package dev.lanewise.nn;

import dev.lanewise.tensor.Tensor;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What holds for the calls of layers that one thread makes, over what the layers say themselves; other threads see
 * nothing of it.
 *
 * @param parameters tensors that parameters have instead of their own
 * @param buffers tensors that buffers have instead of their own, by layer and name
 * @param evaluating whether every layer is in evaluation mode
 * @param observer is told of every call and its result, or null
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

    /** Other tensors, in whatever mode the layers are. */
    static CallContext substituting(Map<Parameter, Tensor> parameters, Map<Layer, Map<String, Tensor>> buffers) {
        return new CallContext(parameters, buffers, false, null);
    }

    /** What holds for this thread, or null. */
    static @Nullable CallContext current() {
        return CURRENT.get();
    }

    /** Whether this thread's calls are in evaluation mode whatever the layers say. */
    static boolean isEvaluating() {
        CallContext context = CURRENT.get();
        return context != null && context.evaluating;
    }

    /** Whether somebody wants to know of every call. */
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

    /** Runs a computation of this thread in which this holds, with what held before where this says nothing. */
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
