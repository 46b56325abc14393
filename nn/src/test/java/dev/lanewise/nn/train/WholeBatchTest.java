package dev.lanewise.nn.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lanewise.nn.Layer;
import dev.lanewise.nn.Linear;
import dev.lanewise.nn.data.DataLoader;
import dev.lanewise.nn.data.Sampler;
import dev.lanewise.nn.data.TensorDataset;
import dev.lanewise.nn.loss.CrossEntropyLoss;
import dev.lanewise.nn.loss.Loss;
import dev.lanewise.nn.loss.Losses;
import dev.lanewise.nn.optim.Sgd;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Reduction;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Parts of a batch, accumulated or evaluated, give what the whole batch gives, whatever a loss is a mean over. */
final class WholeBatchTest {
    private static final int SAMPLES = 11;
    private static final int CLASSES = 4;
    private static final long IGNORED = -100;

    /** A loss and targets for predictions {@code [11, 4]}. */
    record Case(String name, Loss loss, Tensor targets) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static Stream<Case> cases() {
        long[] some = {0, IGNORED, IGNORED, 3, 1, 2, IGNORED, 0, 3, 1, IGNORED};
        // batches of 2, 3 and 4 then have one without any class
        long[] few = {0, 1, IGNORED, IGNORED, IGNORED, IGNORED, IGNORED, IGNORED, 3, 1, IGNORED};
        Tensor weights = Tensor.of(new float[] {1, 0, 10, 0.25f});
        Map<String, Case> cases = new LinkedHashMap<>();
        for (Reduction reduction : List.of(Reduction.MEAN, Reduction.SUM)) {
            for (long[] classes : List.of(some, few)) {
                for (double smoothing : new double[] {0, 0.2}) {
                    for (Tensor weight : new Tensor[] {null, weights}) {
                        put(cases, new CrossEntropyLoss(reduction, IGNORED, smoothing, weight), Tensor.of(classes));
                    }
                }
            }
            Tensor real = new Rng(7).rand(DType.F32, SAMPLES, CLASSES);
            put(cases, Losses.meanSquaredError(reduction), real);
            put(cases, Losses.absoluteError(reduction), real);
            put(cases, Losses.smoothL1(0.5, reduction), real);
            put(cases, Losses.huber(0.5, reduction), real);
            put(cases, Losses.binaryCrossEntropyWithLogits(reduction), real);
            put(cases, Losses.binaryCrossEntropyWithLogits(weights, reduction), real);
            put(cases, of(p -> p.sigmoid(), Losses.binaryCrossEntropy(reduction)), real);
            put(cases, of(p -> p.logSoftmax(1), Losses.klDivergence(false, reduction)), real);
            put(cases, of(p -> p.logSoftmax(1), Losses.negativeLogLikelihood(reduction)), real.argmax(1));
        }
        put(cases, Losses.klDivergence(true, Reduction.MEAN), new Rng(7).rand(DType.F32, SAMPLES, CLASSES));
        put(cases, (p, t) -> p.sub(t).square().mean(), new Rng(7).rand(DType.F32, SAMPLES, CLASSES));
        return cases.values().stream();
    }

    private static void put(Map<String, Case> cases, Loss loss, Tensor targets) {
        String name = cases.size() + " " + loss;
        cases.put(name, new Case(name, loss, targets));
    }

    private static Loss of(UnaryOperator<Tensor> first, Loss loss) {
        return new Loss() {
            @Override
            public Tensor of(Tensor prediction, Tensor target) {
                return loss.of(first.apply(prediction), target);
            }

            @Override
            public OptionalDouble averagedOver(Tensor target) {
                return loss.averagedOver(target);
            }
        };
    }

    private static DataLoader loader(Case c, int batch) {
        Tensor x = new Rng(5).randn(DType.F32, SAMPLES, 3);
        return new DataLoader(
                new TensorDataset(x, c.targets), batch, Sampler.sequential(SAMPLES), DataLoader.Options.defaults());
    }

    private static Trainer trainer(Layer model, Loss loss) {
        return new Trainer(model, loss, new Sgd(model.parameters(), 0.1));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void accumulatedBatchesChangeTheWeightsAsOneBatch(Case c) {
        Linear whole = new Linear(3, CLASSES, new Rng(1));
        trainer(whole, c.loss).fit(loader(c, SAMPLES), 1);
        for (int batch : new int[] {1, 2, 3, 4, 10}) {
            Linear parts = new Linear(3, CLASSES, new Rng(1));
            trainer(parts, c.loss).accumulate(SAMPLES).fit(loader(c, batch), 1);
            assertClose(parts.weight().leaf(), whole.weight().leaf(), "weights by batches of " + batch);
        }
    }

    private static void assertClose(Tensor got, Tensor want, String what) {
        assertThat(got.sub(want).abs().amax().item()).as(what).isLessThan(1e-5);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void lossOfBatchesIsTheLossOfOneBatch(Case c) {
        Trainer trainer = trainer(new Linear(3, CLASSES, new Rng(1)), c.loss);
        double whole = trainer.evaluate(loader(c, SAMPLES)).figures().get("loss");
        for (int batch : new int[] {1, 2, 3, 4, 10}) {
            assertThat(trainer.evaluate(loader(c, batch)).figures().get("loss"))
                    .as("batches of %s", batch)
                    .isCloseTo(whole, within(1e-5 * Math.max(1, Math.abs(whole))));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void noDataIsAnErrorAndNotNothing(boolean validation) {
        Tensor none = Tensor.zeros(0, 3);
        DataLoader empty = new DataLoader(new TensorDataset(none, none), 4, false, 0);
        Linear model = new Linear(3, 3, new Rng(1));
        Trainer trainer = trainer(model, Losses.meanSquaredError(Reduction.MEAN));
        Tensor some = Tensor.zeros(5, 3);
        DataLoader data = new DataLoader(new TensorDataset(some, some), 4, false, 0);
        if (validation) {
            trainer.validation(empty);
        }
        assertThatThrownBy(() -> trainer.fit(validation ? data : empty, 1))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("no batches");
        assertThatThrownBy(() -> trainer.evaluate(empty))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("no batches");
    }
}
