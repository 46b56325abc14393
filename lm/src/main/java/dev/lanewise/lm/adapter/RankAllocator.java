package dev.lanewise.lm.adapter;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.autograd.Gradients;
import dev.lanewise.nn.Parameter;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Removes ranks of AdaLoRA's updates in training, starting with those that matter least to the loss: importance is the
 * smoothed product of a number and its gradient, times how much that varies (Zhang et al. 2023, arXiv:2303.10512,
 * section 3.2).
 *
 * <pre>{@code
 * RankAllocator allocator = new RankAllocator(lora);
 * for (int step = 0; step < steps; step++) {
 *     Gradients gradients = Autograd.gradients(lora.withOrthogonality(loss()));
 *     optimizer.step(gradients);
 *     allocator.update(step, gradients);
 * }
 * }</pre>
 */
public final class RankAllocator {
    private final List<Adapter.Triplets> adapters;
    private final LoraConfig.Allocation allocation;
    private final int firstBudget;
    private final int lastBudget;
    private final Map<Parameter, Smoothed> importances = new HashMap<>();
    private final Map<Adapter.Triplets, boolean[]> kept = new HashMap<>();

    /** Means of a parameter's importance, and of how much it varies. */
    private record Smoothed(Tensor mean, Tensor variation) {
        Tensor product() {
            return mean.mul(variation);
        }
    }

    /**
     * An allocator for an adapter of kind ADALORA.
     *
     * @param lora the adapter
     * @throws TensorException if the adapter's ranks can't be removed: it is not of the kind ADALORA
     */
    public RankAllocator(Lora lora) {
        LoraConfig.Allocation given = lora.config().allocation();
        if (given == null) {
            throw new TensorException(
                    "adalora: an adapter of kind " + lora.config().kind()
                            + " (expected ADALORA, whose ranks can be removed); apply LoraConfig.adaLora");
        }
        allocation = given;
        adapters = lora.triplets();
        firstBudget = adapters.stream()
                .mapToInt(adapter -> (int) adapter.a().leaf().shape().size(0))
                .sum();
        lastBudget = allocation.targetRank() * adapters.size();
    }

    /**
     * Observes a step of training, and removes ranks when it is time to.
     *
     * @param step the number, from 0, of the step that the optimizer has just taken
     * @param gradients the gradients of that step
     */
    public void update(int step, Gradients gradients) {
        int end = allocation.steps() - allocation.last();
        Autograd.noGrad(() -> {
            if (step < end) {
                adapters.forEach(adapter -> observe(adapter, gradients));
                if (step > allocation.first() && step % allocation.every() == 0) {
                    keep(budget(step));
                }
            } else if (step == end) {
                keep(budget(step));
                importances.clear();
            } else {
                kept.forEach(RankAllocator::mask);
            }
        });
    }

    private int budget(int step) {
        if (step <= allocation.first()) {
            return firstBudget;
        }
        int end = allocation.steps() - allocation.last();
        double rest = 1 - (double) (step - allocation.first()) / (end - allocation.first());
        return (int) ((firstBudget - lastBudget) * (rest * rest * rest) + lastBudget);
    }

    private void observe(Adapter.Triplets adapter, Gradients gradients) {
        for (Parameter parameter : List.of(adapter.a(), adapter.b(), adapter.e())) {
            try (Scope scope = Scope.open("importance")) {
                Tensor now = Autograd.detach(parameter.leaf())
                        .mul(gradients.of(parameter.leaf()))
                        .abs();
                Smoothed before = importances.get(parameter);
                Tensor mean = smoothed(before == null ? null : before.mean, now, allocation.smoothing());
                Tensor variation = smoothed(
                        before == null ? null : before.variation, now.sub(mean).abs(), allocation.uncertainty());
                importances.put(parameter, new Smoothed(mean.keep(), variation.keep()));
                scope.keep(mean);
            }
        }
    }

    private static Tensor smoothed(@Nullable Tensor before, Tensor now, double share) {
        Tensor added = now.mul(1 - share);
        return before == null ? added : before.mul(share).add(added);
    }

    private void keep(int budget) {
        if (budget >= firstBudget) {
            return;
        }
        List<double[]> scores = new ArrayList<>();
        for (Adapter.Triplets adapter : adapters) {
            scores.add(scores(adapter));
        }
        double[] sorted =
                scores.stream().flatMapToDouble(Arrays::stream).sorted().toArray();
        double threshold = sorted[firstBudget - budget - 1];
        for (int i = 0; i < adapters.size(); i++) {
            double[] own = scores.get(i);
            boolean[] stay = new boolean[own.length];
            for (int rank = 0; rank < own.length; rank++) {
                stay[rank] = own[rank] > threshold;
            }
            kept.put(adapters.get(i), stay);
            adapters.get(i).keep(stay);
            mask(adapters.get(i), stay);
        }
    }

    /** The importance of each triplet: of its singular value, and on average of its vectors. */
    private double[] scores(Adapter.Triplets adapter) {
        Tensor ofValue = importance(adapter.e()).flatten();
        Tensor ofRow = importance(adapter.a()).mean(1);
        Tensor ofColumn = importance(adapter.b()).mean(0);
        return ofValue.add(ofRow.add(ofColumn)).to(DType.F64).toDoubleArray();
    }

    private Tensor importance(Parameter parameter) {
        Smoothed smoothed = importances.get(parameter);
        if (smoothed == null) {
            throw new TensorException(
                    "adalora: no importance yet (expected update after every step, from 0); call it in each step");
        }
        return smoothed.product();
    }

    private static void mask(Adapter.Triplets adapter, boolean[] stay) {
        Tensor gone = Tensor.of(stay).not().unsqueeze(1).to(adapter.device());
        Tensor values = Autograd.detach(adapter.e().leaf());
        values.assign(values.maskedFill(gone, 0));
    }

    /** Which ranks each layer's update has kept; empty before any has been removed. */
    Map<Adapter.Triplets, boolean[]> kept() {
        return kept;
    }
}
