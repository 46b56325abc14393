package dev.lanewise.nn;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.nn.graph.ModelGraph;
import dev.lanewise.nn.internal.Adaptations;
import dev.lanewise.nn.internal.GraphTrace;
import dev.lanewise.nn.internal.Hooks;
import dev.lanewise.nn.internal.StateLoader;
import dev.lanewise.nn.io.Loaded;
import dev.lanewise.nn.io.Loading;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * A part of a network: a function of tensors with parameters, buffers (state that is not trained) and child layers,
 * each under a name. Names joined by dots are PyTorch's: {@code layers.0.weight}.
 *
 * <pre>{@code
 * final class Mlp extends Layer {
 *     private final Linear hidden = child("hidden", new Linear(784, 100));
 *     private final Linear out = child("out", new Linear(100, 10));
 *
 *     protected Tensor compute(Tensor x) {
 *         return out.forward(hidden.forward(x.flatten(1)).relu());
 *     }
 * }
 * }</pre>
 */
public abstract class Layer {
    private static final AtomicLong NEXT_ID = new AtomicLong(1);

    /** What is registered under names. */
    final Members members = new Members();

    private final Members.Parametrizations parametrizations = new Members.Parametrizations(members);
    private final Hooks hooks = new Hooks();
    private final Adaptations adaptations = new Adaptations();
    private volatile boolean training = true;

    /** Distinguishes layers without keeping them. */
    final long id = NEXT_ID.getAndIncrement();

    /** The outermost layer to which a call last found this one belonging; see {@link OutermostCall}. */
    long foundIn;

    /** Whether this layer's fields were looked at as those of a part of a larger model; see {@link UnlistedFields}. */
    boolean seenAsPart;

    /** A layer without parameters, buffers or children; a subclass's constructor adds its own. */
    protected Layer() {}

    /**
     * The layer's result. It runs in a scope of its own: of the tensors made inside, only the result and what the
     * record for gradients needs live on.
     *
     * @param x the input, in the form that the layer takes
     * @return the result, which belongs to the scope of the caller
     * @throws TensorException if the input's shape or type does not suit the layer, or its memory is released
     */
    public final Tensor forward(Tensor x) {
        if (x == null) {
            throw new TensorException(
                    "layer " + Members.kind(this) + ": the input is null (expected a tensor); give one");
        }
        return called(
                adaptations.hasNoFunction()
                        ? () -> compute(x)
                        : () -> OutermostCall.current().adapting(() -> adaptations.apply(this, x, this::compute)));
    }

    /**
     * The function itself; called by {@link #forward}. A layer that is called with other inputs does not override it,
     * but has methods of its own that use {@link #called(Supplier)}.
     *
     * @param x the input
     * @return the result
     * @throws TensorException if it is not overridden
     */
    protected Tensor compute(Tensor x) {
        throw new TensorException("layer " + getClass().getSimpleName() + ": called with " + x.spec()
                + " (expected a call of a method of its own: it has no compute(Tensor)); call that, override"
                + " compute(Tensor), or use a Sequential");
    }

    /**
     * Runs another form of call of the layer, for example with two inputs, as {@link #forward} runs {@link #compute}:
     * in a scope of its own, and seen by {@link #summary}.
     *
     * <pre>{@code
     * Tensor forward(Tensor question, Tensor answer) {
     *     return called(() -> score.forward(question, answer));
     * }
     * }</pre>
     *
     * @param body the computation
     * @return what the computation returned
     */
    protected final Tensor called(Supplier<Tensor> body) {
        return called(isHooked() ? () -> hooks.apply(body.get()) : body, List::of);
    }

    /**
     * Runs a form of call of the layer that returns several results, likewise.
     *
     * <pre>{@code
     * record Boxes(Tensor corners, Tensor classes) {}
     *
     * Boxes forward(Tensor image) {
     *     return called(() -> boxes(image), boxes -> List.of(boxes.corners(), boxes.classes()));
     * }
     * }</pre>
     *
     * @param <R> the type of the call's result
     * @param body the computation
     * @param tensors all tensors of a result, which live on after the call; the summary shows the first one
     * @return what the computation returned
     */
    protected final <R> R called(Supplier<R> body, Function<? super R, ? extends List<Tensor>> tensors) {
        OutermostCall call = OutermostCall.current();
        boolean outermost = call.begin(this);
        CallContext.Observer observer = CallContext.watcher();
        if (observer != null) {
            observer.entered(this);
        }
        try (Scope scope = Scope.open(getClass().getSimpleName())) {
            R result = adaptations.hasNoSubstitute() ? body.get() : substituted(body);
            List<Tensor> kept = tensors.apply(result);
            scope.keepAll(kept);
            if (observer != null && !kept.isEmpty()) {
                observer.returned(this, kept.getFirst());
            }
            return result;
        } finally {
            if (observer != null) {
                observer.left();
            }
            if (outermost) {
                call.end();
            }
        }
    }

    private <R> R substituted(Supplier<R> body) {
        Map<String, Tensor> tensors = OutermostCall.current().adapting(adaptations::substitutes);
        return tensors.isEmpty() ? body.get() : functionalCall(tensors, body);
    }

    // ---- registering

    /**
     * Adds a parameter under a name and returns it.
     *
     * @param name without dots, and not taken yet
     * @param initial its first values
     * @return the parameter
     */
    protected final Parameter parameter(String name, Tensor initial) {
        return parameter(name, new Parameter(initial));
    }

    /**
     * Adds another layer's parameter under a name and returns it: both compute with it, it is trained once (tied
     * weights), and {@link #stateDict} has it under both names.
     *
     * @param name without dots, and not taken yet
     * @param shared the parameter of the other layer
     * @return the parameter
     */
    protected final Parameter parameter(String name, Parameter shared) {
        members.add(this, name, shared);
        return shared;
    }

    /**
     * Adds a buffer under a name and returns its tensor; read it with {@link #buffer(String)} later on.
     *
     * @param name without dots, and not taken yet
     * @param initial its first values
     * @return the tensor that the buffer now holds
     */
    protected final Tensor buffer(String name, Tensor initial) {
        return members.add(this, name, initial);
    }

    /**
     * The present tensor of a buffer of this layer.
     *
     * @param name the name that it was added under
     * @return the tensor that the buffer now holds
     */
    protected final Tensor buffer(String name) {
        return members.buffer(this, name);
    }

    /**
     * Adds a child layer under a name and returns it.
     *
     * @param <M> the kind of layer
     * @param name without dots, and not taken yet
     * @param layer the child
     * @return the child
     */
    protected final <M extends Layer> M child(String name, M layer) {
        members.add(this, name, layer);
        return layer;
    }

    /**
     * Declares that this layer draws from a random stream, so that a checkpoint can save its position; returns it.
     *
     * @param rng the stream
     * @return the stream
     */
    protected final Rng random(Rng rng) {
        members.randomStreams.add(Objects.requireNonNull(rng, "rng"));
        return rng;
    }

    // ---- inspection

    /** {@return the child layers by name} */
    public final Map<String, Layer> children() {
        return Collections.unmodifiableMap(members.children);
    }

    /** {@return all parameters of this layer and its descendants, each once; {@link #namedParameters} says what is reported} */
    public final List<Parameter> parameters() {
        return List.copyOf(namedParameters().values());
    }

    /**
     * {@return all parameters of this layer and its descendants by full name, in the order of registration; one that
     * occurs more than once has the first of its names} A field of a layer that holds a layer or parameter which is
     * none of them and not frozen, also in arrays, collections, records and other objects, is reported in the log,
     * once: it would not be trained. This, {@link #parameters}, {@link #stateDict} and all that uses them do so, for the
     * outermost layer that they were called of: a part of it may refer to what another part holds.
     */
    public final Map<String, Parameter> namedParameters() {
        UnlistedFields.warn(this);
        return Members.namedParameters(this);
    }

    /** {@return all buffers of this layer and its descendants by full name} */
    public final Map<String, Tensor> namedBuffers() {
        return Members.namedBuffers(this);
    }

    /** {@return this layer and its descendants, parents first, each once} */
    public final List<Layer> layers() {
        return Members.layers(this);
    }

    /**
     * {@return the random streams that this layer and its descendants draw from, each once, in the order of
     * registration}
     */
    public final List<Rng> randomStreams() {
        return Members.allRandomStreams(this);
    }

    /**
     * Calls an action for this layer and every descendant.
     *
     * @param action called once for each layer, parents first
     */
    public final void apply(Consumer<? super Layer> action) {
        layers().forEach(action);
    }

    /** {@return the number of elements of all parameters} */
    public final long parameterCount() {
        return parameters().stream().mapToLong(p -> p.leaf().shape().elements()).sum();
    }

    /**
     * A layer inside this one.
     *
     * @param name its full name, such as {@code encoder.layers.0}; empty for this layer itself
     * @return the layer
     * @throws TensorException if there is none of this name
     */
    public final Layer layer(String name) {
        return Members.layer(this, name);
    }

    /**
     * Calls a function with each result of a layer, which may return another one in its place. It sees the calls that give one
     * tensor.
     *
     * <pre>{@code
     * Runnable remove = model.hookForward("features.3", y -> {
     *     System.out.println(y.shape());
     *     return y;
     * });
     * }</pre>
     *
     * @param name of the layer, as {@link #layer} takes it
     * @param hook returns the result, or what counts instead
     * @return takes the function away again
     */
    public final Runnable hookForward(String name, UnaryOperator<Tensor> hook) {
        return layer(name).hooks.addForward(hook);
    }

    /**
     * Calls a function with each gradient with respect to a layer's result, when gradients are computed; it may return another
     * one of the same shape in its place.
     *
     * @param name of the layer, as {@link #layer} takes it
     * @param hook returns the gradient, or what counts instead
     * @return takes the function away again
     */
    public final Runnable hookBackward(String name, UnaryOperator<Tensor> hook) {
        return layer(name).hooks.addBackward(hook);
    }

    /** {@return whether a function sees this layer's results or their gradients} */
    public final boolean isHooked() {
        return !hooks.isEmpty();
    }

    // ---- adapting it

    /** A change of a layer's result. */
    public interface Adaptation {
        /**
         * {@return the result with the change}
         *
         * @param layer the layer
         * @param x its input
         * @param inner computes the layer's result for an input, including the changes made before this one
         */
        Tensor apply(Layer layer, Tensor x, UnaryOperator<Tensor> inner);
    }

    /**
     * Adds a change of what {@link #forward} returns, which is applied after the existing ones. Parameters that it computes with are
     * none of the layer's.
     *
     * @param adaptation the change
     */
    public final void adapt(Adaptation adaptation) {
        adaptations.add(Objects.requireNonNull(adaptation, "adaptation"));
    }

    /**
     * Removes a change of the layer's result, so that it computes what it did without it.
     *
     * @param adaptation the change
     */
    public final void restore(Adaptation adaptation) {
        adaptations.remove(Objects.requireNonNull(adaptation, "adaptation"));
    }

    /**
     * Lets all calls of this layer, whatever their form, compute with other tensors in place of parameters, as {@link
     * #functionalCall} does for one. Other layers that share the parameters are not affected.
     *
     * @param tensors by full name, as {@link #stateDict} has them, asked for in each call; none for those of the layer itself
     * @return takes them away again
     */
    public final Runnable substitute(Supplier<Map<String, Tensor>> tensors) {
        return adaptations.substitute(Objects.requireNonNull(tensors, "tensors"));
    }

    /** {@return whether anything changes the layer's result from outside: an adaptation, or substituted tensors} */
    public final boolean isAdapted() {
        return !adaptations.isEmpty();
    }

    // ---- changing it

    /**
     * Lets a parameter be computed of others, which are trained and saved in its place as {@code
     * parametrizations.NAME.…}: {@link dev.lanewise.nn.parametrize} has the usual ways. Make optimizers afterwards.
     *
     * @param name of one of the layer's own parameters
     * @param parts holds what is trained instead
     * @param value computes the parameter, whenever the layer uses it
     * @throws TensorException if the layer itself has no such parameter
     */
    public final void parametrize(String name, Layer parts, Supplier<Tensor> value) {
        parametrizations.add(this, name, parts, value);
    }

    /**
     * Makes a parameter that is computed of others one that is trained itself again, with its present value.
     *
     * @param name of a parameter that was {@linkplain #parametrize parametrized}
     * @throws TensorException if it was not
     */
    public final void unparametrize(String name) {
        parametrizations.remove(this, name);
    }

    /** Puts this layer and its descendants into training mode (dropout on, statistics of the batch). */
    public final void train() {
        apply(layer -> layer.training = true);
    }

    /** Puts this layer and its descendants into evaluation mode. */
    public final void eval() {
        apply(layer -> layer.training = false);
    }

    /** {@return whether this layer is in training mode, as every new layer is} */
    public final boolean isTraining() {
        return training && !CallContext.isEvaluating();
    }

    /**
     * Freezes all parameters, or lets them be trained again.
     *
     * @param frozen true to freeze them, false to train them again
     */
    public final void freeze(boolean frozen) {
        parameters().forEach(parameter -> parameter.freeze(frozen));
    }

    /**
     * Moves all parameters and buffers to a device. Make optimizers afterwards.
     *
     * @param device the device to move them to
     */
    public final void to(Device device) {
        Members.convert(this, tensor -> tensor.to(device));
    }

    /**
     * Casts all parameters, and all buffers of floating-point numbers, to a type, in which the layer then computes:
     * {@link DType#F64} where accuracy counts, 16 bits for inference with smaller models. Make optimizers afterwards;
     * their state has the parameters' types. For training in 16 bits, leave the parameters in F32 and use
     * {@link dev.lanewise.tensor.Autocast}.
     *
     * @param dtype a floating-point type
     * @throws TensorException if the type is not floating-point
     */
    public final void to(DType dtype) {
        if (!dtype.isFloating()) {
            throw new TensorException("layer " + getClass().getSimpleName() + ": to " + dtype
                    + " (expected F32, F64, F16 or BF16); parameters are floating-point numbers");
        }
        Members.convert(this, tensor -> tensor.dtype().isFloating() ? tensor.to(dtype) : tensor);
    }

    /**
     * {@return parameters and buffers by full name, as PyTorch's {@code state_dict} has them} The tensors are the
     * layer's own.
     */
    public final Map<String, Tensor> stateDict() {
        UnlistedFields.warn(this);
        return Members.stateDict(this);
    }

    /**
     * Overwrites all parameters and buffers of this layer and the layers inside it by tensors of the same names and
     * shapes.
     *
     * @param state tensors by full name, exactly those of {@link #stateDict}; for a parameter with several names, one
     *     suffices, and the number of batches that a batch normalization has seen may be missing, as in PyTorch
     * @throws TensorException if names or shapes differ, naming all missing and unexpected names and all differing
     *     shapes; then nothing is changed
     */
    public final void loadStateDict(Map<String, Tensor> state) {
        loadStateDict(state, Loading.exact());
    }

    /**
     * Overwrites parameters and buffers with a state whose names may differ from the layer's, and which may hold more
     * or fewer tensors.
     *
     * @param state tensors by name
     * @param loading how its names map to those of {@link #stateDict}, and whether all must match
     * @return which tensors matched and which did not
     * @throws TensorException if all must match and some don't, naming them; then nothing is changed
     */
    public final Loaded loadStateDict(Map<String, Tensor> state, Loading loading) {
        return StateLoader.load(
                this,
                new StateLoader.InMemory(state),
                loading,
                problems -> new TensorException("load: the state does not fit "
                        + getClass().getSimpleName() + ": " + problems + "; is it of another model?"));
    }

    /**
     * Runs a computation in which other tensors replace parameters and buffers of this layer. Those that replace
     * parameters may be tracked: for gradients with respect to them, per-sample weights, or averages of weights. Other
     * threads see the layer as it is.
     *
     * @param <T> what the computation returns
     * @param tensors by full name, as {@link #stateDict} has them; those left out are unchanged
     * @param body what to compute
     * @return what the computation returned
     */
    public final <T> T functionalCall(Map<String, Tensor> tensors, Supplier<T> body) {
        return CallContext.substituting(this, tensors).run(body);
    }

    /**
     * Like {@link #summary(Tensor)}, for zeros of type {@link DType#F32}.
     *
     * @param inputShape the shape of an example, including the batch dimension
     * @return the summary, whose text is a table
     */
    public final Summary summary(long... inputShape) {
        Objects.requireNonNull(inputShape, "inputShape");
        try (Scope ignored = Scope.open("summary")) {
            return summary(Tensor.zeros(inputShape));
        }
    }

    /**
     * The layers with the shapes of their results and the numbers of their parameters, as Keras prints them. It runs
     * one pass in evaluation mode that records and changes nothing.
     *
     * @param input an example, including the batch dimension, on the model's device; of type {@link DType#I64} for a
     *     model that begins with an embedding
     * @return the summary, whose text is a table
     */
    public final Summary summary(Tensor input) {
        return Summary.of(this, () -> forward(input));
    }

    /**
     * The same of a model that is called with other inputs than one tensor.
     *
     * <pre>{@code
     * model.summary(() -> model.forward(question, answer))
     * }</pre>
     *
     * @param call calls this layer
     * @return the summary, whose text is a table
     */
    public final Summary summary(Supplier<Tensor> call) {
        return Summary.of(this, call);
    }

    /**
     * The operations of a forward pass as a graph, for people to look at. It runs one pass in evaluation mode that
     * records and changes nothing.
     *
     * @param input an example, including the batch dimension, on the model's device
     * @return the graph, which can be written as DOT or SVG and to TensorBoard
     * @throws TensorException if the input's shape or type does not suit the model
     */
    public final ModelGraph graph(Tensor input) {
        Objects.requireNonNull(input, "input");
        return graph(
                Map.of("input", input),
                inputs -> forward(inputs.values().iterator().next()));
    }

    /**
     * The same of a model that is called with other inputs than one tensor.
     *
     * <pre>{@code
     * model.graph(Map.of("question", question, "answer", answer),
     *         inputs -> model.forward(inputs.get("question"), inputs.get("answer")))
     * }</pre>
     *
     * @param inputs examples by name
     * @param call calls this layer with the tensors that it is given
     * @return the graph
     * @throws TensorException if an input's shape or type does not suit the model
     */
    public final ModelGraph graph(Map<String, Tensor> inputs, Function<Map<String, Tensor>, Tensor> call) {
        GraphTrace trace = new GraphTrace();
        try (Scope ignored = Scope.open("graph")) {
            Map<String, Tensor> traced = new LinkedHashMap<>();
            inputs.forEach((name, input) -> traced.put(name, trace.input(name, input)));
            CallContext context = CallContext.tracing(this, trace);
            Tensor result = Autograd.noGrad(() -> context.run(() -> call.apply(traced)));
            return trace.finish(List.of(result));
        }
    }

    /** {@return what {@code toString} shows of a layer without children: its attributes} */
    protected String attributes() {
        return "";
    }

    /** The tree of layers, as PyTorch prints it. */
    @Override
    public String toString() {
        return Members.tree(this);
    }
}
