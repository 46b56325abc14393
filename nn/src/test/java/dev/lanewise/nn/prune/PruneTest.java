package dev.lanewise.nn.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.nn.Checkpoint;
import dev.lanewise.nn.Linear;
import dev.lanewise.nn.ReLU;
import dev.lanewise.nn.Sequential;
import dev.lanewise.nn.optim.Adam;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PruneTest {
    private final Rng rng = new Rng(1);

    @Test
    void prunedWeightsStayZeroThroughTraining() {
        Linear layer = new Linear(8, 4, rng);
        Masks masks = new Masks();
        masks.put(layer.weight(), Prune.smallest(layer.weight().leaf(), 0.5, null));
        assertThat(masks.sparsity()).isEqualTo(0.5);
        Autograd.noGrad(() -> layer.weight().leaf().assign(Tensor.ones(4, 8)));
        masks.apply();
        assertThat(layer.weight().leaf().sum().item()).isEqualTo(16);
    }

    @Test
    void masksAreThoseOfTheDefinition() {
        Tensor w = Tensor.of(new float[] {3, -1, 2, -4, 1, 0.5f}, 2, 3);
        assertThat(Prune.smallest(w, 2, null).toBooleanArray()).containsExactly(true, false, true, true, true, false);
        assertThat(Prune.smallest(w, 0.5, Tensor.of(new boolean[] {false, true, true, true, true, false}, 2, 3))
                        .toBooleanArray())
                .containsExactly(false, false, true, true, false, false);
        assertThat(Prune.slices(w, 0.34, 2, 1, null).toBooleanArray())
                .containsExactly(true, false, true, true, false, true);
        Prune.TwoOfFour half = Prune.twoOfFour(Tensor.of(new float[] {1, -5, 2, 0, 0, 0, 0, 0}, 2, 4));
        assertThat(half.values().toFloatArray()).containsExactly(-5, 2, 0, 0);
        assertThat(half.positions().toLongArray()).containsExactly(1, 2, 0, 1);
        assertThatThrownBy(() -> Prune.smallest(w, 7, null)).isInstanceOf(TensorException.class);
        Tensor broken = Tensor.of(new float[] {Float.NaN, 1, Float.NaN, 2});
        assertThat(Prune.smallest(broken, 1.0, null).toBooleanArray()).containsOnly(false);
        assertThat(Prune.smallest(broken, 3, null).toBooleanArray()).containsExactly(false, false, true, false);
    }

    @Test
    void masksOfOtherShapesAndTypesAreRefused() {
        Linear layer = new Linear(3, 2, rng);
        Masks masks = new Masks();
        assertThatThrownBy(() -> masks.put(layer.weight(), Tensor.ones(2, 3)))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("expected BOOL of the same shape");
        assertThatThrownBy(() -> masks.put(layer.weight(), Tensor.of(new boolean[] {true})))
                .isInstanceOf(TensorException.class);
        Tensor row = Tensor.of(new boolean[] {true, false, true});
        assertThatThrownBy(() -> Prune.slices(layer.weight().leaf(), 0.5, 2, 0, row))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("[3]");
    }

    @Test
    void theScheduleIsCubic() {
        PruningSchedule schedule = new PruningSchedule(0.1, 0.9, 10, 110, 20);
        assertThat(schedule.share(9)).isZero();
        assertThat(schedule.share(10)).isEqualTo(0.1, within(1e-15));
        // half way an eighth of the distance is left
        assertThat(schedule.share(60)).isEqualTo(0.9 - 0.8 / 8, within(1e-15));
        assertThat(schedule.share(110)).isEqualTo(0.9);
        assertThat(schedule.share(100_000)).isEqualTo(0.9);
        for (long step = 0; step < 200; step++) {
            boolean due = step >= 10 && step <= 110 && (step - 10) % 20 == 0;
            assertThat(schedule.isDue(step)).isEqualTo(due);
        }
        // an interval that does not divide the way still ends at its end
        assertThat(PruningSchedule.cubic(0.5, 0, 10, 7).isDue(10)).isTrue();
        assertThatThrownBy(() -> PruningSchedule.cubic(1.5, 0, 10, 7)).isInstanceOf(TensorException.class);
        assertThatThrownBy(() -> PruningSchedule.cubic(0.5, 10, 10, 7)).isInstanceOf(TensorException.class);
    }

    @Test
    void aTrainingEndsWithTheScheduledShare(@TempDir Path folder) {
        Sequential model = model();
        Linear first = (Linear) model.get(0);
        Linear last = (Linear) model.get(2);
        for (boolean together : new boolean[] {false, true}) {
            var weights = List.of(first.weight(), last.weight());
            PruningSchedule schedule = PruningSchedule.cubic(0.75, 2, 12, 3);
            GradualPruning pruning =
                    together ? GradualPruning.ofAllTogether(weights, schedule) : new GradualPruning(weights, schedule);
            train(model, pruning, 20);
            assertThat(pruning.masks().sparsity()).isEqualTo(0.75);
            assertThat(zeros(first) + zeros(last)).isEqualTo((16 * 32 + 32 * 4) * 3 / 4);
        }
        // what is saved holds the zeros, and fine-tuning by the masks of zeros keeps them
        Path file = folder.resolve("pruned.safetensors");
        Checkpoint.saveWeights(file, model);
        Sequential again = model();
        Checkpoint.loadWeights(file, again);
        Linear reloaded = (Linear) again.get(0);
        long before = zeros(reloaded);
        assertThat(before).isEqualTo(zeros(first)).isPositive();
        Masks masks = Masks.ofZeros(List.of(reloaded.weight()));
        Adam optimizer = new Adam(again.parameters(), 0.01, Adam.Options.adam());
        optimizer.step(
                Autograd.gradients(again.forward(rng.randn(DType.F32, 4, 16)).sum()));
        assertThat(zeros(reloaded)).isLessThan(before);
        masks.apply();
        assertThat(zeros(reloaded)).isEqualTo(before);
    }

    private Sequential model() {
        return new Sequential(new Linear(16, 32, rng), new ReLU(), new Linear(32, 4, rng));
    }

    private void train(Sequential model, GradualPruning pruning, int steps) {
        Adam optimizer = new Adam(model.parameters(), 0.01, Adam.Options.adam());
        double before = -1;
        for (int step = 1; step <= steps; step++) {
            Tensor x = rng.randn(DType.F32, 8, 16);
            optimizer.step(Autograd.gradients(model.forward(x).pow(2).mean()));
            pruning.update(step);
            double now = pruning.masks().sparsity();
            assertThat(now).isGreaterThanOrEqualTo(before);
            before = now;
        }
    }

    private static long zeros(Linear layer) {
        return layer.weight().leaf().eq(0).to(DType.I64).sum().itemLong();
    }
}
