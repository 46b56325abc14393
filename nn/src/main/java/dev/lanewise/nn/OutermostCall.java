package dev.lanewise.nn;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.tensor.TensorException;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The outermost layer call of a thread. A layer that is called inside but is not among the outermost one's descendants,
 * or a parameter that is used there but is none of theirs, would silently be left out of training, saving and moving, so
 * it is found here: it can't be known earlier, as fields and what a function refers to are private.
 */
final class OutermostCall {
    private static final ThreadLocal<OutermostCall> CURRENT = ThreadLocal.withInitial(OutermostCall::new);

    private @Nullable Layer outermost;

    /** The outermost layer's parameters, once they are asked for. */
    private @Nullable Set<Parameter> known;

    private boolean adapting;

    private OutermostCall() {}

    static OutermostCall current() {
        return CURRENT.get();
    }

    /**
     * Notes that a layer's call begins.
     *
     * @return whether it is the outermost one, which {@link #end} ends
     * @throws TensorException if the layer belongs to the outermost one, but was not registered there
     */
    boolean begin(Layer layer) {
        Layer outer = outermost;
        if (outer == null) {
            outermost = layer;
            return true;
        }
        // once per pair suffices, and costs one comparison afterwards
        if (layer.foundIn != outer.id && check(outer, layer)) {
            layer.foundIn = outer.id;
        }
        return false;
    }

    void end() {
        outermost = null;
        known = null;
    }

    /**
     * Notes that a parameter that is not frozen is computed with: where that is recorded and it is none of the outermost
     * layer's, it is reported. It is no error, as whoever uses it may train it and save it by itself.
     */
    void use(Parameter parameter) {
        Layer outer = outermost;
        if (outer == null || parameter.foundIn == outer.id || adapting || !Autograd.isRecording()) {
            return;
        }
        if (known == null || !known.contains(parameter)) {
            // also where it was registered during the call
            known = Members.allParameters(outer);
        }
        if (!known.contains(parameter) && !parameter.reported) {
            UnlistedFields.warn(parameter, outer);
            parameter.reported = true;
        }
        parameter.foundIn = outer.id;
    }

    /** Runs a computation of a layer's adaptations, whose parameters are trained and saved without the layer. */
    <T> T adapting(Supplier<T> body) {
        boolean before = adapting;
        adapting = true;
        try {
            return body.get();
        } finally {
            adapting = before;
        }
    }

    /** Whether a layer is a descendant, or has nothing to register. */
    private static boolean check(Layer outer, Layer layer) {
        if (outer.layers().contains(layer)) {
            return true;
        }
        Set<Parameter> own = Members.allParameters(outer);
        boolean trained = Members.allParameters(layer).stream().anyMatch(p -> !p.isFrozen() && !own.contains(p));
        if (trained && Autograd.isRecording()) {
            throw new TensorException(name(layer) + " is called inside " + name(outer)
                    + " but not registered there (expected all layers with parameters among its children), so it would be"
                    + " left out of training, saving and to(device); register it by child(...), give it to the Lambda that"
                    + " calls it, or freeze it if it is not to be trained");
        }
        boolean switched =
                !layer.randomStreams().isEmpty() || !layer.namedBuffers().isEmpty();
        if (switched && layer.isTraining() && !outer.isTraining()) {
            throw new TensorException(name(layer) + " is in training mode inside " + name(outer)
                    + ", which is in evaluation mode and has not registered it (expected all layers that differ in the two"
                    + " modes among its children); register it by child(...), give it to the Lambda that calls it, or call"
                    + " its eval()");
        }
        return !trained && !switched;
    }

    private static String name(Layer layer) {
        return "layer " + layer.getClass().getSimpleName();
    }
}
