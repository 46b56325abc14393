package dev.lanewise.nn.optim;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.autograd.Gradients;
import dev.lanewise.autograd.RowGradient;
import dev.lanewise.nn.Parameter;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.op.Source;
import dev.lanewise.tensor.op.Update;
import dev.lanewise.tensor.spi.Storage;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Changes parameters in place by their gradients. Its state (momentum, counts) is saved and loaded by name, so that
 * training can continue as if it had not stopped. Not safe for use by several threads at once.
 *
 * <p>The state is of the parameters' type, and that of F16 parameters is F32, in which their steps are computed.
 */
public abstract class Optimizer {
    private final List<ParameterGroup> groups;
    private final List<Parameter> parameters;
    private final StepCounts counts;
    private double rate;
    private long steps;

    /**
     * An optimizer that a subclass gives its update.
     *
     * @param groups what to train
     * @param rate the learning rate, 0 or more
     * @throws TensorException if there are no parameters, one occurs twice, or the rate is negative or not finite
     */
    protected Optimizer(ParameterGroups groups, double rate) {
        this.groups = groups.groups();
        this.parameters = ParameterGroup.all(this.groups);
        if (parameters.isEmpty()) {
            throw new TensorException(
                    "optimizer: got no parameters (expected one or more); pass those of a model that has some");
        }
        counts = new StepCounts(parameters.size());
        rate(rate);
    }

    /**
     * Like {@link #Optimizer(ParameterGroups, double)}, with all parameters in one group.
     *
     * @param parameters the parameters to train
     * @param rate the learning rate, 0 or more
     * @throws TensorException if there are no parameters, one occurs twice, or the rate is negative or not finite
     */
    protected Optimizer(List<Parameter> parameters, double rate) {
        this(ParameterGroups.of(ParameterGroup.of(parameters)), rate);
    }

    /** {@return the learning rate that the next step uses} */
    public final double rate() {
        return rate;
    }

    /**
     * Sets the learning rate, 0 or more.
     *
     * @param newRate the rate of the steps that follow
     * @throws TensorException if it is negative or not finite
     */
    public final void rate(double newRate) {
        if (!(newRate >= 0) || Double.isInfinite(newRate)) {
            throw new TensorException("optimizer: learning rate " + newRate + " (expected 0 or more); check it");
        }
        rate = newRate;
    }

    /** {@return how many steps have been made} */
    public final long steps() {
        return steps;
    }

    /**
     * Whether {@link #next} is all that a recorded step needs to be replayed: the step is made of {@link Update}s, and
     * of nothing else that depends on its number or the learning rate.
     */
    boolean isReplayable() {
        return false;
    }

    /**
     * The update that step number {@link #steps} makes in place of one that was recorded in an earlier step.
     *
     * @param recorded one of this optimizer's updates
     */
    Update next(Update recorded) {
        throw new TensorException("optimizer: " + getClass().getSimpleName() + " can't replay " + recorded
                + " (expected Sgd or Adam with one group of parameters); run the step without recording");
    }

    /** Notes that the step just made will be replayed. */
    final void recorded() {
        counts.record();
    }

    /** Counts a step that was made by a replay. */
    final void countReplay() {
        steps++;
        counts.countReplay();
    }

    /** What {@link #uncount} needs to undo the steps that follow. */
    final Counted counted() {
        return new Counted(steps, counts.copy());
    }

    /** Undoes the counting of a step that did not happen. */
    final void uncount(Counted before) {
        steps = before.steps;
        counts.reset(before.counts);
    }

    /** The steps made so far: of the optimizer, and of each parameter. */
    record Counted(long steps, long[] counts) {}

    /**
     * In how many steps a parameter took part, including the current one: the number that bias corrections of running
     * means use. It differs from {@link #steps} for a parameter that was sometimes frozen or without a gradient.
     *
     * @param p the parameter
     * @return the number of steps
     */
    protected final long steps(Trained p) {
        return counts.of(p.index());
    }

    /**
     * The current number of steps of the parameters that had made the given number of steps when the replayed step was
     * recorded.
     */
    final long stepsNow(long whenRecorded) {
        return counts.now(whenRecorded);
    }

    /** {@return what is trained: the parameters of all groups, one group after the other} */
    public final List<Parameter> parameters() {
        return Collections.unmodifiableList(parameters);
    }

    /** {@return the groups of parameters; one, unless others were given} */
    public final List<ParameterGroup> groups() {
        return groups;
    }

    /**
     * Changes every parameter that is not frozen and has a gradient.
     *
     * @param gradients of a loss that depends on the parameters
     * @throws TensorException if none of the parameters has one: the gradients belong to another model, or all
     *     parameters that the loss uses are frozen
     */
    public final void step(Gradients gradients) {
        Autograd.noGrad(() -> {
            try (var ignored = Scope.open("optimizer")) {
                List<List<Trained>> trained = begin(gradients);
                for (int i = 0; i < groups.size(); i++) {
                    update(gradients, trained.get(i), settings(groups.get(i)));
                }
            }
        });
    }

    /** Tables whose rows the optimizer can change alone, and the others. */
    private void update(Gradients gradients, List<Trained> trained, Settings settings) {
        List<Trained> dense = new ArrayList<>();
        for (Trained p : trained) {
            Optional<RowGradient> rows =
                    gradients.rows(parameters.get(p.index()).leaf());
            if (rows.isPresent() && takesRows(settings)) {
                try (var ignored = Scope.open("optimizer")) {
                    updateRows(p, rows.get(), settings);
                }
            } else {
                dense.add(
                        rows.isPresent()
                                ? new Trained(p.index(), p.value(), rows.get().dense())
                                : p);
            }
        }
        if (!dense.isEmpty()) {
            updateWide(dense, settings);
        }
    }

    /** Changes parameters in the type that their state has, where it is wider than their own. */
    private void updateWide(List<Trained> trained, Settings settings) {
        if (trained.stream()
                .allMatch(p -> StateType.of(p.value().dtype()) == p.value().dtype())) {
            update(trained, settings);
            return;
        }
        List<Trained> wide = trained.stream()
                .map(p -> new Trained(p.index(), StateType.wide(p.value()), StateType.wide(p.gradient())))
                .toList();
        update(wide, settings);
        for (int i = 0; i < wide.size(); i++) {
            Tensor parameter = trained.get(i).value();
            Tensor changed = wide.get(i).value();
            if (changed != parameter) {
                parameter.assign(changed.to(parameter.dtype()));
            }
        }
    }

    /** Whether, with these settings, rows without a gradient stay as they are, so that {@link #updateRows} is enough. */
    boolean takesRows(Settings settings) {
        return false;
    }

    /** Changes the rows of a table that have a gradient. The trained parameter's own gradient is nothing here. */
    void updateRows(Trained p, RowGradient gradient, Settings settings) {
        throw new AssertionError(getClass().getSimpleName() + " takes no rows");
    }

    /**
     * Makes a step of the rows that have a gradient: those of the parameter and of its state are taken together, changed in
     * one pass, and put back.
     *
     * @param tables the parameter and its state, in the order of the step's results
     */
    static void stepRows(Update step, RowGradient gradient, Tensor... tables) {
        Tensor[] rows = new Tensor[tables.length];
        List<Tensor> operands = new ArrayList<>();
        for (int i = 0; i < tables.length; i++) {
            rows[i] = StateType.wide(tables[i].indexSelect(0, gradient.indices()));
            operands.add(rows[i]);
        }
        operands.add(1, StateType.wide(gradient.values()).contiguous());
        Storage.update(step, rows, operands.toArray(Tensor[]::new));
        for (int i = 0; i < tables.length; i++) {
            tables[i].assignRows(gradient.indices(), rows[i].to(tables[i].dtype()));
        }
    }

    /** A step begins: counts it, and finds the parameters of each group that take part in it. */
    final List<List<Trained>> begin(Gradients gradients) {
        List<List<Trained>> trained = new ArrayList<>(groups.size());
        int first = 0;
        boolean some = false;
        for (ParameterGroup group : groups) {
            List<Trained> ofGroup = trained(group, first, gradients);
            trained.add(ofGroup);
            some |= !ofGroup.isEmpty();
            first += group.parameters().size();
        }
        if (!some) {
            checkFrozen(gradients);
        }
        steps++;
        counts.begin();
        trained.forEach(ofGroup -> ofGroup.forEach(p -> counts.count(p.index())));
        return trained;
    }

    /** A step that changes nothing is not meant, unless the parameters with gradients were frozen since. */
    private void checkFrozen(Gradients gradients) {
        if (parameters.stream().anyMatch(p -> gradients.has(p.leaf()))) {
            return;
        }
        long frozen = parameters.stream().filter(Parameter::isFrozen).count();
        throw new TensorException("optimizer: got gradients of "
                + gradients.values().size()
                + " tensors, among them none of its " + parameters.size() + " parameters"
                + (frozen == 0 ? "" : ", of which " + frozen + " are frozen")
                + " (expected gradients of a loss that depends on them); are they another model's, or was the"
                + " loss computed before the model was moved or its parameters set?"
                + (frozen == 0 ? "" : " Let frozen ones be trained again by freeze(false), or leave the step out"));
    }

    /**
     * {@return the settings of a group in a step with the current learning rate}
     *
     * @param group the group
     */
    protected final Settings settings(ParameterGroup group) {
        return new Settings(rate * group.rateFactor(), group.weightDecay());
    }

    private static List<Trained> trained(ParameterGroup group, int first, Gradients gradients) {
        List<Trained> trained = new ArrayList<>();
        for (int i = 0; i < group.parameters().size(); i++) {
            Parameter parameter = group.parameters().get(i);
            Tensor leaf = parameter.leaf();
            if (!parameter.isFrozen() && gradients.has(leaf)) {
                // of a gradient by rows only the rows are taken, later on: whole it would be as large as the table
                Tensor gradient = gradients.rows(leaf).map(RowGradient::values).orElseGet(() -> gradients.of(leaf));
                trained.add(new Trained(first + i, leaf, gradient));
            }
        }
        return trained;
    }

    /**
     * The settings of a group's parameters in a step.
     *
     * @param rate their learning rate
     * @param ownWeightDecay their weight decay, if they have one of their own
     */
    protected record Settings(double rate, OptionalDouble ownWeightDecay) {
        /**
         * {@return the weight decay of the group, or the optimizer's where the group has none of its own}
         *
         * @param ofOptimizer the weight decay of groups without one of their own
         */
        public double weightDecay(double ofOptimizer) {
            return ownWeightDecay.orElse(ofOptimizer);
        }
    }

    /**
     * A parameter to be changed.
     *
     * @param index its position in {@link #parameters}
     * @param value its tensor
     * @param gradient of the same type and shape
     */
    protected record Trained(int index, Tensor value, Tensor gradient) {}

    /**
     * Changes the parameters of a group in place; runs without recording and in a scope of its own.
     *
     * @param trained the parameters that have a gradient; those of F16 come as F32, with their gradients
     * @param settings the rate and weight decay of their group
     */
    protected abstract void update(List<Trained> trained, Settings settings);

    /** {@return the state by name; the tensors are the optimizer's own} */
    protected abstract Map<String, Map<Integer, Tensor>> state();

    /**
     * {@return the state's tensors by name ({@code momentum.3} for the parameter of index 3), which are the optimizer's
     * own, and, as {@code step.3}, the number of steps that the parameter took part in}
     */
    public final Map<String, Tensor> stateDict() {
        Map<String, Tensor> flat = new LinkedHashMap<>();
        state().forEach((kind, tensors) -> tensors.forEach((index, tensor) -> flat.put(kind + "." + index, tensor)));
        counts.save(flat);
        return flat;
    }

    /**
     * Replaces the state by one of the same kind of optimizer over the same parameters. In a state without counts per
     * parameter, as earlier versions saved it, each parameter with a state is taken to have been part of every step.
     *
     * @param saved what {@link #stateDict} returned, tensors by name
     * @param stepsBefore how many steps the saved optimizer had made, 0 or more
     * @throws TensorException if the state does not match, naming what does not; then nothing is changed
     */
    public final void loadStateDict(Map<String, Tensor> saved, long stepsBefore) {
        if (stepsBefore < 0) {
            throw new TensorException(
                    "optimizer: a state after " + stepsBefore + " steps (expected 0 or more); save the state again");
        }
        SavedState loaded = SavedState.of(this, saved, stepsBefore);
        steps = stepsBefore;
        counts.reset(loaded.counts());
        state().forEach((kind, tensors) -> {
            tensors.clear();
            loaded.tensors().getOrDefault(kind, Map.of()).forEach((index, tensor) -> {
                Tensor like = parameters.get(index).leaf();
                DType type = StateType.of(like.dtype());
                tensors.put(index, tensor.to(type).to(like.device()).copy().keep());
            });
        });
    }

    /**
     * {@return the shape of a parameter's tensor in a kind of state: the parameter's, unless a subclass says otherwise}
     *
     * @param kind the name of the state
     * @param parameter the parameter's shape
     */
    protected Shape stateShape(String kind, Shape parameter) {
        return parameter;
    }

    /**
     * The tensor of a parameter in a kind of state, initially zeros.
     *
     * @param tensors the kind of state, by the parameters' indices
     * @param p the parameter
     * @return the tensor, which is the optimizer's own, of the parameter's type, or F32 where that is F16
     * @throws TensorException if the parameter has another type or shape than it had when the state was made
     */
    protected static Tensor zeros(Map<Integer, Tensor> tensors, Trained p) {
        TensorSpec expected = p.value().spec().with(StateType.of(p.value().dtype()));
        Tensor state = tensors.computeIfAbsent(
                p.index(),
                i -> Tensor.create(new Source.Fill(0, expected), p.value().device())
                        .keep());
        if (!state.spec().equals(expected)) {
            throw new TensorException("optimizer: state " + state.spec() + " of parameter " + p.index() + ", which is "
                    + p.value().spec() + " by now (expected a state " + expected
                    + "); make a new optimizer after a model is changed");
        }
        return state;
    }
}
