package dev.lanewise.nn.prune;

import dev.lanewise.nn.Parameter;
import dev.lanewise.nn.train.Callback;
import dev.lanewise.nn.train.StepFigures;
import dev.lanewise.nn.train.Training;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * Takes weights of smallest magnitude in the course of a training, by a schedule, so that the rest can make up for them: a
 * callback of a {@link dev.lanewise.nn.train.Trainer}, or called after each step of your own loop. What was taken stays
 * zero, through all later steps.
 *
 * <pre>{@code
 * var pruning = new GradualPruning(List.of(hidden.weight()), PruningSchedule.cubic(0.9, 100, 1000, 50));
 * for (long step = 1; step <= 1500; step++) {
 *     optimizer.step(Autograd.gradients(loss()));
 *     pruning.update(step);
 * }
 * }</pre>
 */
public final class GradualPruning implements Callback {
    private final List<Parameter> weights;
    private final PruningSchedule schedule;
    private final boolean together;
    private final Masks masks = new Masks();
    private boolean resumed;

    /**
     * Takes the same share of each weight.
     *
     * @param weights what is pruned; usually the weights of linear layers and convolutions, not biases or norms
     * @param schedule how much by when
     */
    public GradualPruning(Collection<Parameter> weights, PruningSchedule schedule) {
        this(weights, schedule, false);
    }

    private GradualPruning(Collection<Parameter> weights, PruningSchedule schedule, boolean together) {
        if (weights.isEmpty()) {
            throw new TensorException("prune: no weights (expected at least one); pass layer.weight()");
        }
        this.weights = List.copyOf(weights);
        this.schedule = schedule;
        this.together = together;
    }

    /**
     * Takes the share of all weights together: more where magnitudes are smaller.
     *
     * @param weights what is pruned
     * @param schedule how much by when
     * @return the pruning
     */
    public static GradualPruning ofAllTogether(Collection<Parameter> weights, PruningSchedule schedule) {
        return new GradualPruning(weights, schedule, true);
    }

    /** {@return the masks as they are now} */
    public Masks masks() {
        return masks;
    }

    /**
     * Prunes if it is time to, and sets what was pruned before to zero.
     *
     * @param step the number of the step that the optimizer has just taken
     */
    public void update(long step) {
        masks.apply();
        if (schedule.isDue(step)) {
            try (Scope ignored = Scope.open("pruning")) {
                prune(schedule.share(step));
            }
        }
    }

    private void prune(double share) {
        if (together) {
            List<Tensor> after = Prune.smallestOfAll(leaves(), share);
            for (int i = 0; i < weights.size(); i++) {
                masks.add(weights.get(i), after.get(i));
            }
            return;
        }
        for (Parameter weight : weights) {
            Tensor before = mask(weight);
            long elements = before.shape().elements();
            long gone = elements - before.to(DType.I64).sum().itemLong();
            int more = Math.toIntExact(Math.max(0, (long) Math.rint(share * elements) - gone));
            masks.put(weight, Prune.smallest(weight.leaf(), more, before));
        }
    }

    private List<Tensor> leaves() {
        return weights.stream().map(Parameter::leaf).toList();
    }

    private Tensor mask(Parameter weight) {
        Tensor mask = masks.get(weight);
        return mask == null
                ? Tensor.ones(
                        DType.BOOL,
                        weight.leaf().device(),
                        weight.leaf().shape().toArray())
                : mask;
    }

    /** After a resume the zeros of the restored weights are the masks. */
    @Override
    public void onStart(Training training) {
        if (resumed) {
            for (Parameter weight : weights) {
                masks.put(weight, weight.leaf().ne(0));
            }
        }
    }

    @Override
    public void onStep(Training training, StepFigures figures) {
        update(figures.step());
        training.measured("sparsity", masks.sparsity());
    }

    @Override
    public Map<String, Double> state() {
        return Map.of("share", masks.sparsity());
    }

    @Override
    public void restore(Map<String, Double> state) {
        resumed = state.getOrDefault("share", 0.0) > 0;
    }
}
