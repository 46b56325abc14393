package dev.lanewise.nn.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lanewise.nn.Layer;
import dev.lanewise.nn.data.Batch;
import dev.lanewise.nn.loss.CrossEntropyLoss;
import dev.lanewise.nn.metrics.Accuracy;
import dev.lanewise.nn.optim.Adam;
import dev.lanewise.nn.optim.CapturedStep.Otherwise;
import dev.lanewise.nn.optim.RmsProp;
import dev.lanewise.nn.optim.Schedule;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.spi.Backends;
import dev.lanewise.testkit.OpRecorder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Trainings of captured steps, on the CPU with a backend that records. */
final class CapturedTrainingTest {
    private static final int EPOCHS = 3;

    private final OpRecorder recorder = new OpRecorder(Backends.of(Device.CPU));

    @BeforeEach
    void record() {
        Backends.decorate(Device.CPU, backend -> recorder);
    }

    @AfterEach
    void stopRecording() {
        Backends.decorate(Device.CPU, backend -> recorder.inner());
    }

    /** Everything that a callback may look at in a captured training. */
    private static final class Seen implements Callback {
        final List<Double> figures = new ArrayList<>();

        @Override
        public void onOutput(Training training, Batch batch, Tensor output) {
            figures.add((double) output.argmax(-1).eq(batch.y()).sum().itemLong());
        }

        @Override
        public void onStep(Training training, StepFigures step) {
            figures.add(step.loss());
            figures.add(step.rate());
            figures.add(step.more().getOrDefault(GradientNorm.NAME, 0.0));
        }
    }

    private record Run(Layer model, Seen seen, TrainingResult result) {}

    private static Run train(UnaryOperator<Trainer> more) {
        Rng.global().seed(5);
        Layer model = Toy.noisyModel(1);
        Seen seen = new Seen();
        Trainer trainer = new Trainer(model, new CrossEntropyLoss(), new Adam(model.parameters(), 0.02))
                .validation(Toy.loader(16), Accuracy::new)
                .callbacks(seen);
        return new Run(model, seen, more.apply(trainer).fit(Toy.loader(8), EPOCHS));
    }

    private static void assertSame(Run actual, Run expected) {
        assertThat(actual.seen.figures).isEqualTo(expected.seen.figures);
        assertThat(actual.result.series("validation_loss")).isEqualTo(expected.result.series("validation_loss"));
        Map<String, Tensor> state = actual.model.stateDict();
        expected.model
                .stateDict()
                .forEach((name, tensor) -> assertThat(
                                state.get(name).to(DType.F32).toFloatArray())
                        .as(name)
                        .isEqualTo(tensor.to(DType.F32).toFloatArray()));
    }

    @Test
    void capturedEqualsEager() {
        UnaryOperator<Trainer> setting = t ->
                t.schedule(Schedule.oneCycle(0.1, EPOCHS * 6L)).average(0.9).clipByValue(0.2);
        Run eager = train(setting);
        assertThat(recorder.replays()).isZero();
        Run captured = train(t -> setting.apply(t).capture(Otherwise.ERROR));
        // five of an epoch's six batches are whole; three steps warm up
        assertThat(recorder.replays()).isEqualTo(EPOCHS * 5 - 3);
        assertSame(captured, eager);
    }

    @Test
    void normIsClippedWithoutWaiting() {
        Run eager = train(t -> t.clipByNorm(0.1));
        Run captured = train(t -> t.clipByNorm(0.1).capture(Otherwise.ERROR));
        assertThat(recorder.replays()).isEqualTo(EPOCHS * 5 - 3);
        assertThat(captured.seen.figures).hasSameSizeAs(eager.seen.figures);
        for (int i = 0; i < eager.seen.figures.size(); i++) {
            assertThat(captured.seen.figures.get(i)).isCloseTo(eager.seen.figures.get(i), within(1e-4));
        }
        assertThat(eager.seen.figures.get(3)).isGreaterThan(0.1);
    }

    @Test
    void bfloat16IsCapturedAsWell() {
        Run eager = train(t -> t.autocast(DType.BF16));
        assertSame(train(t -> t.autocast(DType.BF16).capture(Otherwise.ERROR)), eager);
        assertThat(eager.seen.figures).isNotEqualTo(train(t -> t).seen.figures);
        assertThat(eager.result.last().loss())
                .isLessThan(eager.result.history().getFirst().loss());
    }

    private static void assertRefused(UnaryOperator<Trainer> setting, String why) {
        assertThatThrownBy(() -> train(t -> setting.apply(t).capture(Otherwise.ERROR)))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("can't be ")
                .hasMessageContaining(why);
        assertSame(train(t -> setting.apply(t).capture(Otherwise.EAGER)), train(setting));
    }

    @Test
    void whatCannotBeCapturedIsAnErrorOrRunsAsItIs() {
        assertRefused(t -> t.accumulate(2), "an update is of 2 batches");
        assertRefused(t -> t.autocast(DType.F16), "in F16 the host decides");
        assertRefused(t -> t.callbacks(new NanGuard()), "callback NanGuard looks at the gradients");
        assertThat(recorder.replays()).isZero();
        stopRecording();
        assertRefused(t -> t, "cpu records no steps");
    }

    @Test
    void tooFewSamplesForABatchAreAnError() {
        Layer model = Toy.plainModel(1);
        Trainer trainer =
                new Trainer(model, new CrossEntropyLoss(), new Adam(model.parameters(), 0.02)).capture(Otherwise.ERROR);
        assertThatThrownBy(() -> trainer.fit(Toy.loader(1000), 1))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("samples are no whole batch of 1000");
    }

    @Test
    void optimizerOrLossThatIsNotReplayedIsAnError() {
        Layer model = Toy.plainModel(1);
        Trainer other = new Trainer(
                model, new CrossEntropyLoss(), new RmsProp(model.parameters(), 0.1, RmsProp.Options.defaults()));
        assertThatThrownBy(() -> other.capture(Otherwise.ERROR).fit(Toy.loader(8), 1))
                .hasMessageContaining("RmsProp computes");
        Trainer reading = new Trainer(
                model,
                (output, y) -> output.crossEntropy(y).mul(output.sum().item()),
                new Adam(model.parameters(), 0.1));
        assertThatThrownBy(() -> reading.capture(Otherwise.ERROR).fit(Toy.loader(8), 1))
                .hasMessageContaining("reads a value back");
        assertThat(reading.capture(Otherwise.EAGER).fit(Toy.loader(8), 2).history())
                .hasSize(2);
    }

    @Test
    void lossThatIsNotFiniteEndsTheTraining() {
        Layer model = Toy.plainModel(1);
        Trainer trainer =
                new Trainer(model, new CrossEntropyLoss(), new Adam(model.parameters(), 1e20)).capture(Otherwise.ERROR);
        assertThatThrownBy(() -> trainer.fit(Toy.loader(8), 9))
                .isInstanceOf(NonFiniteException.class)
                .hasMessageContaining("train without capturing");
    }

    @Test
    void float16ScalesTheLoss() {
        Run run = train(t -> t.autocast(DType.F16));
        assertThat(run.result.last().loss())
                .isLessThan(run.result.history().getFirst().loss());
        assertThatThrownBy(() -> train(t -> t.autocast(DType.F64)))
                .hasMessageContaining("autocast to F64 (expected BF16 or F16)");
    }
}
