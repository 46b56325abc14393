package dev.lanewise.nn;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.tensor.TensorException;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The outermost module call of a thread. A module that is called inside but is not among the outermost one's descendants
 * would silently be left out of training, saving and moving, so it is found here: no sooner can it be known, as fields and
 * what a function refers to are nobody's business.
 */
final class OutermostCall {
    private static final ThreadLocal<OutermostCall> CURRENT = ThreadLocal.withInitial(OutermostCall::new);

    private @Nullable Module outermost;

    private OutermostCall() {}

    static OutermostCall current() {
        return CURRENT.get();
    }

    /**
     * A module's call begins.
     *
     * @return whether it is the outermost one, which {@link #end} ends
     * @throws TensorException if the module belongs to the outermost one, but was not registered there
     */
    boolean begin(Module module) {
        Module outer = outermost;
        if (outer == null) {
            outermost = module;
            return true;
        }
        // once for every pair suffices, and costs a comparison afterwards
        if (module.foundIn != outer.id && check(outer, module)) {
            module.foundIn = outer.id;
        }
        return false;
    }

    void end() {
        outermost = null;
    }

    /** Whether a module is a descendant, or has nothing to register. */
    private static boolean check(Module outer, Module module) {
        if (outer.modules().contains(module)) {
            return true;
        }
        Set<Parameter> known = new HashSet<>(outer.parameters());
        boolean trained = module.parameters().stream().anyMatch(p -> !p.isFrozen() && !known.contains(p));
        if (trained && Autograd.isRecording()) {
            throw new TensorException(name(module) + " is called inside " + name(outer)
                    + " but not registered there (expected all layers with parameters among its children), so it would be"
                    + " left out of training, saving and to(device); register it by child(...), give it to the Lambda that"
                    + " calls it, or freeze it if it is not to be trained");
        }
        boolean switched =
                !module.randomStreams().isEmpty() || !module.namedBuffers().isEmpty();
        if (switched && module.isTraining() && !outer.isTraining()) {
            throw new TensorException(name(module) + " is in training mode inside " + name(outer)
                    + ", which is in evaluation mode and has not registered it (expected all layers that differ in the two"
                    + " modes among its children); register it by child(...), give it to the Lambda that calls it, or call"
                    + " its eval()");
        }
        return !trained && !switched;
    }

    private static String name(Module module) {
        return "layer " + module.getClass().getSimpleName();
    }
}
