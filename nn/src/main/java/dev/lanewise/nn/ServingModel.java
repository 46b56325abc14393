package dev.lanewise.nn;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.nn.internal.StateLoader;
import dev.lanewise.nn.io.Loaded;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

/**
 * A model that many threads predict with while another one may continue to train it. Predictions use a published set of
 * weights: a copy of all parameters and buffers at one moment, replaced as a whole, so that no prediction ever mixes
 * weights of two moments. They run in evaluation mode and record nothing, whatever mode the model itself is in.
 *
 * <pre>{@code
 * ServingModel serving = new ServingModel(model);
 * // any number of threads:
 * try (var scope = Scope.open("request")) {
 *     float[] scores = serving.predict(x).softmax(1).toFloatArray();
 * }
 * // the training thread, between two steps:
 * serving.publish();
 * }</pre>
 *
 * <p>Replaced weights are kept until the last prediction that began with them has ended. The model must read its
 * buffers by {@link Layer#buffer(String)}, as the layers of this package do.
 */
public final class ServingModel {
    private final Layer model;
    private volatile Published published;

    private record Published(CallContext context, long version) {}

    /**
     * Publishes the model's weights as they are, as version 1.
     *
     * @param model the model; it may be trained further
     */
    public ServingModel(Layer model) {
        this.model = model;
        this.published = new Published(copyOf(model, model.stateDict()), 1);
    }

    /**
     * The model's result with the published weights. It belongs to the caller's scope. Safe for use by many threads.
     *
     * @param x the input, as the model takes it
     * @return the result
     */
    public Tensor predict(Tensor x) {
        return call(() -> model.forward(x));
    }

    /**
     * Runs a computation in which every call of the model, by whatever method, uses the same published weights, even if
     * others are published meanwhile. Safe for use by many threads; it covers the calls that the computation makes on
     * its own thread.
     *
     * @param <T> what the computation returns
     * @param body calls the model
     * @return what the computation returned
     */
    public <T> T call(Supplier<T> body) {
        CallContext context = published.context;
        return Autograd.noGrad(() -> context.run(body));
    }

    /**
     * Publishes a copy of the model's weights. Predictions that begin afterwards use it. Call it when the weights do
     * not change meanwhile: on the thread that trains, between two steps.
     *
     * @return the new version
     */
    public long publish() {
        return publish(model.stateDict());
    }

    /**
     * Publishes a copy of other weights, such as averages or those of a file; the model keeps its own.
     *
     * @param state tensors by full name, exactly those of {@link Layer#stateDict}
     * @return the new version
     * @throws TensorException if names or shapes don't match, naming them; then the published weights are kept
     */
    public synchronized long publish(Map<String, Tensor> state) {
        Loaded fits = StateLoader.compare(model, state);
        if (!fits.isComplete()) {
            throw new TensorException("publish: the state does not fit "
                    + model.getClass().getSimpleName() + ": " + fits.problems() + "; is it of another model?");
        }
        published = new Published(copyOf(model, state), published.version + 1);
        return published.version;
    }

    /** {@return the version of the published weights: 1 at first, incremented with every publication} */
    public long version() {
        return published.version;
    }

    private static CallContext copyOf(Layer model, Map<String, Tensor> state) {
        Map<String, Tensor> own = model.stateDict();
        Map<String, Tensor> copies = new LinkedHashMap<>();
        try (Scope ignored = Scope.open("publish")) {
            state.forEach((name, tensor) -> {
                Tensor like = own.getOrDefault(name, tensor);
                Tensor copy = Autograd.detach(tensor)
                        .to(like.dtype())
                        .to(like.device())
                        .copy();
                copies.put(name, copy.keep());
            });
        }
        CallContext weights = CallContext.substituting(model, copies);
        return new CallContext(weights.parameters(), weights.buffers(), true, null);
    }
}
