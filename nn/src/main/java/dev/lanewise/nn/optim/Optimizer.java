package dev.lanewise.nn.optim;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.autograd.Gradients;
import dev.lanewise.nn.Parameter;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.op.Update;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * Changes parameters in place by their gradients. Its state (momenta, counts) is saved and loaded by name, so that
 * training can continue as if it had not stopped. Not safe for use by several threads at once.
 */
public abstract class Optimizer {
    private final List<ParameterGroup> groups;
    private final List<Parameter> parameters;
    private double rate;
    private long steps;

    /**
     * For subclasses.
     *
     * @param groups what to train
     * @param rate the learning rate, 0 or more
     */
    protected Optimizer(ParameterGroups groups, double rate) {
        this.groups = groups.groups();
        this.parameters = ParameterGroup.all(this.groups);
        if (parameters.isEmpty()) {
            throw new TensorException("optimizer: got no parameters (expected one or more); has the model any?");
        }
        rate(rate);
    }

    /** As {@link #Optimizer(ParameterGroups, double)}, with all parameters in one group. */
    protected Optimizer(List<Parameter> parameters, double rate) {
        this(ParameterGroups.of(ParameterGroup.of(parameters)), rate);
    }

    /** The learning rate. */
    public final double rate() {
        return rate;
    }

    /** Sets the learning rate, 0 or more. */
    public final void rate(double newRate) {
        if (!(newRate >= 0) || Double.isInfinite(newRate)) {
            throw new TensorException("optimizer: learning rate " + newRate + " (expected 0 or more); check it");
        }
        rate = newRate;
    }

    /** How many steps were made. */
    public final long steps() {
        return steps;
    }

    /**
     * Whether {@link #next} is all that a recorded step needs to be replayed: the step is made of {@link Update}s, and of
     * nothing else that depends on its number or the learning rate.
     */
    protected boolean isReplayable() {
        return false;
    }

    /**
     * The update that step number {@link #steps} makes in place of one that was recorded in an earlier step.
     *
     * @param recorded one of this optimizer's
     */
    protected Update next(Update recorded) {
        throw new TensorException("optimizer: " + getClass().getSimpleName() + " can't replay " + recorded
                + " (expected Sgd or Adam with one group of parameters); run the step without recording");
    }

    /** Counts a step that was made by a replay. */
    final void countReplay() {
        steps++;
    }

    /** Takes back that a step was counted, because it did not happen. */
    final void uncount(long stepsBefore) {
        steps = stepsBefore;
    }

    /** What is trained: the parameters of all groups, one group behind the other. */
    public final List<Parameter> parameters() {
        return Collections.unmodifiableList(parameters);
    }

    /** The groups of parameters; one, unless others were given. */
    public final List<ParameterGroup> groups() {
        return groups;
    }

    /** Changes every parameter that is not frozen and has a gradient. */
    public final void step(Gradients gradients) {
        Autograd.noGrad(() -> {
            try (var ignored = Scope.open("optimizer")) {
                steps++;
                int first = 0;
                for (ParameterGroup group : groups) {
                    List<Trained> trained = trained(group, first, gradients);
                    first += group.parameters().size();
                    if (!trained.isEmpty()) {
                        update(trained, settings(group));
                    }
                }
            }
        });
    }

    /** What holds for a group in a step with the present learning rate. */
    protected final Settings settings(ParameterGroup group) {
        return new Settings(rate * group.rateFactor(), group.weightDecay());
    }

    private static List<Trained> trained(ParameterGroup group, int first, Gradients gradients) {
        List<Trained> trained = new ArrayList<>();
        for (int i = 0; i < group.parameters().size(); i++) {
            Parameter parameter = group.parameters().get(i);
            Tensor leaf = parameter.leaf();
            if (!parameter.isFrozen() && gradients.has(leaf)) {
                trained.add(new Trained(first + i, leaf, gradients.of(leaf)));
            }
        }
        return trained;
    }

    /**
     * What holds for the parameters of a group in a step.
     *
     * @param rate their learning rate
     * @param ownWeightDecay their weight decay, if they have one of their own
     */
    protected record Settings(double rate, OptionalDouble ownWeightDecay) {
        /** Their weight decay. */
        public double weightDecay(double ofOptimizer) {
            return ownWeightDecay.orElse(ofOptimizer);
        }
    }

    /**
     * A parameter to be changed.
     *
     * @param index its place in {@link #parameters}
     * @param value its tensor
     * @param gradient of the same type and shape
     */
    protected record Trained(int index, Tensor value, Tensor gradient) {}

    /** Changes the parameters of a group in place; runs without recording and in a scope of its own. */
    protected abstract void update(List<Trained> trained, Settings settings);

    /** The state by name; the tensors are the optimizer's own. */
    protected abstract Map<String, Map<Integer, Tensor>> state();

    /** The state's tensors by name ({@code momentum.3}); the tensors are the optimizer's own. */
    public final Map<String, Tensor> stateDict() {
        Map<String, Tensor> flat = new LinkedHashMap<>();
        state().forEach((kind, tensors) -> tensors.forEach((index, tensor) -> flat.put(kind + "." + index, tensor)));
        return flat;
    }

    /**
     * Takes over a state of the same kind of optimizer over the same parameters.
     *
     * @param stepsBefore how many steps it had made
     * @throws TensorException naming what does not fit
     */
    public final void loadStateDict(Map<String, Tensor> saved, long stepsBefore) {
        steps = stepsBefore;
        saved.forEach((name, tensor) -> {
            int point = name.lastIndexOf('.');
            Map<Integer, Tensor> tensors = point < 0 ? null : state().get(name.substring(0, point));
            int index = tensors == null ? -1 : parseIndex(name.substring(point + 1));
            if (tensors == null || index < 0 || index >= parameters.size()) {
                throw new TensorException("optimizer: unexpected state '" + name + "' for "
                        + getClass().getSimpleName() + "; was it saved by another optimizer?");
            }
            Tensor like = parameters.get(index).leaf();
            if (!tensor.shape().equals(like.shape())) {
                throw new TensorException("optimizer: state '" + name + "' is " + tensor.spec() + " for a parameter "
                        + like.spec() + "; was it saved with another model?");
            }
            tensors.put(index, tensor.to(like.dtype()).to(like.device()).copy().keep());
        });
    }

    private static int parseIndex(String text) {
        return text.matches("\\d{1,9}") ? Integer.parseInt(text) : -1;
    }

    /** The tensor of a parameter in a kind of state, zeros to begin with. */
    protected static Tensor zeros(Map<Integer, Tensor> tensors, Trained p) {
        return tensors.computeIfAbsent(
                p.index(), i -> Autograd.detach(p.value()).zerosLike().keep());
    }
}
