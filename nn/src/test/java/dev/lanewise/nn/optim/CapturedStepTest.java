package dev.lanewise.nn.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.nn.Dropout;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.Linear;
import dev.lanewise.nn.Parameter;
import dev.lanewise.nn.ReLU;
import dev.lanewise.nn.Sequential;
import dev.lanewise.nn.optim.CapturedStep.Otherwise;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.spi.Backends;
import dev.lanewise.testkit.OpRecorder;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Recorded steps against the same steps run as they are, on the CPU with a backend that records. */
class CapturedStepTest {
    private static final int STEPS = 9;

    private OpRecorder recorder = new OpRecorder(Backends.of(Device.CPU));

    @BeforeEach
    void record() {
        Backends.decorate(Device.CPU, backend -> recorder);
    }

    @AfterEach
    void stopRecording() {
        Backends.decorate(Device.CPU, backend -> recorder.inner());
    }

    private static float[] weights(Layer model) {
        List<Float> all = new ArrayList<>();
        for (Parameter parameter : model.parameters()) {
            for (float weight : parameter.leaf().toFloatArray()) {
                all.add(weight);
            }
        }
        float[] weights = new float[all.size()];
        for (int i = 0; i < weights.length; i++) {
            weights[i] = all.get(i);
        }
        return weights;
    }

    /** A model with dropout and a stream of its own, trained on batches that a seed decides. */
    private static final class Training {
        final Rng draws = new Rng(7);
        final Layer model;
        final Optimizer optimizer;
        final List<Double> losses = new ArrayList<>();
        final Rng data = new Rng(3);

        Training(Function<List<Parameter>, Optimizer> optimizer) {
            Rng.global().seed(11);
            model = new Sequential(new Linear(4, 8), new ReLU(), new Dropout(0.3, draws), new Linear(8, 3));
            this.optimizer = optimizer.apply(model.parameters());
        }

        Tensor[] step(Tensor[] batch) {
            Tensor loss = model.forward(batch[0]).crossEntropy(batch[1]);
            optimizer.step(Autograd.gradients(loss));
            return new Tensor[] {loss};
        }

        void train(CapturedStep.Body step, int steps) {
            for (int i = 0; i < steps; i++) {
                try (var ignored = Scope.open("step")) {
                    if (i == STEPS / 2) {
                        optimizer.rate(optimizer.rate() / 2);
                    }
                    Tensor x = data.randn(DType.F32, 5, 4);
                    losses.add(step.run(new Tensor[] {x, data.randint(0, 3, 5)})[0].item());
                }
            }
        }
    }

    private void capturedEqualsEager(Function<List<Parameter>, Optimizer> optimizer) {
        Training eager = new Training(optimizer);
        eager.train(eager::step, STEPS);
        Training captured = new Training(optimizer);
        try (CapturedStep step = new CapturedStep(captured.optimizer, captured::step, Otherwise.ERROR)) {
            captured.train(step::run, STEPS);
            assertThat(step.isRecorded()).isTrue();
        }
        assertThat(recorder.replays()).isEqualTo(STEPS - 3);
        assertThat(captured.losses).isEqualTo(eager.losses);
        assertThat(weights(captured.model)).isEqualTo(weights(eager.model));
        assertThat(captured.optimizer.steps()).isEqualTo(STEPS);
        assertThat(captured.draws.counter()).isEqualTo(eager.draws.counter());
    }

    @Test
    void replaysOfAdamCountStepsAndDrawAnew() {
        capturedEqualsEager(parameters -> new Adam(parameters, 0.01, Adam.Options.adamW()));
    }

    @Test
    void replaysOfMomentumFollowTheLearningRate() {
        capturedEqualsEager(parameters -> new Sgd(parameters, 0.1, Sgd.Options.momentum(0.9)));
    }

    @Test
    void lossesAreTensorsOfTheirOwn() {
        Training training = new Training(parameters -> new Sgd(parameters, 0.1));
        List<Tensor> losses = new ArrayList<>();
        try (var ignored = Scope.open("epoch");
                CapturedStep step = new CapturedStep(training.optimizer, training::step)) {
            for (int i = 0; i < 6; i++) {
                losses.add(step.run(
                                Rng.global().randn(DType.F32, 5, 4),
                                Rng.global().randint(0, 3, 5))[0]);
            }
            assertThat(losses.get(4).item()).isNotEqualTo(losses.get(5).item());
        }
    }

    @Test
    void smallerBatchRunsAsItIsOrIsAnError() {
        Training training = new Training(parameters -> new Sgd(parameters, 0.1));
        Tensor[] whole = {Tensor.zeros(5, 4), Tensor.of(0L, 1L, 2L, 0L, 1L)};
        Tensor[] rest = {Tensor.zeros(2, 4), Tensor.of(0L, 1L)};
        try (CapturedStep step = new CapturedStep(training.optimizer, training::step)) {
            for (int i = 0; i < 4; i++) {
                step.run(whole);
            }
            assertThat(step.run(rest)[0].item()).isGreaterThan(0);
            assertThat(recorder.replays()).isEqualTo(1);
            step.run(whole);
            assertThat(recorder.replays()).isEqualTo(2);
            assertThat(training.optimizer.steps()).isEqualTo(6);
        }
        try (CapturedStep step = new CapturedStep(training.optimizer, training::step, Otherwise.ERROR)) {
            step.run(whole);
            assertThatThrownBy(() -> step.run(rest))
                    .isInstanceOf(TensorException.class)
                    .hasMessageStartingWith("captured step: inputs [F32[2, 4], I64[2]] for a step of ");
        }
    }

    @Test
    void stepThatReadsAValueBackRunsAsItIsOrIsAnError() {
        Training plain = new Training(parameters -> new Adam(parameters, 0.01));
        plain.train(plain::step, STEPS);
        Training reading = new Training(parameters -> new Adam(parameters, 0.01));
        CapturedStep.Body body = batch -> {
            Tensor[] results = reading.step(batch);
            assertThat(results[0].item()).isGreaterThan(0);
            return results;
        };
        try (CapturedStep step = new CapturedStep(reading.optimizer, body)) {
            reading.train(step::run, STEPS);
            assertThat(step.isRecorded()).isFalse();
            assertThat(step.obstacle())
                    .hasValueSatisfying(why -> assertThat(why).contains("reads a value back"));
        }
        assertThat(reading.losses).isEqualTo(plain.losses);
        assertThat(reading.optimizer.steps()).isEqualTo(STEPS);
        try (CapturedStep step = new CapturedStep(reading.optimizer, body, Otherwise.ERROR)) {
            assertThatThrownBy(() -> reading.train(step::run, STEPS))
                    .isInstanceOf(TensorException.class)
                    .hasMessageStartingWith("captured step: can't be recorded: record: the step reads a value back");
        }
    }

    @Test
    void numbersDrawnOnTheHostAreNotRepeated() {
        Training training = new Training(parameters -> new Sgd(parameters, 0.1));
        CapturedStep.Body body = batch -> {
            training.draws.reserve(1);
            return training.step(batch);
        };
        try (CapturedStep step = new CapturedStep(training.optimizer, body)) {
            training.train(step::run, 5);
            assertThat(step.obstacle())
                    .hasValueSatisfying(why -> assertThat(why).startsWith("random numbers were drawn on the host"));
        }
    }

    @Test
    void optimizerWithOtherNumbersIsNotRecorded() {
        Training training = new Training(parameters -> new RmsProp(parameters, 0.1, RmsProp.Options.defaults()));
        try (CapturedStep step = new CapturedStep(training.optimizer, training::step)) {
            training.train(step::run, 5);
            assertThat(step.obstacle()).hasValue("RmsProp computes with numbers that differ from step to step");
        }
        assertThatThrownBy(() -> new CapturedStep(training.optimizer, training::step, Otherwise.ERROR))
                .hasMessageStartingWith("captured step: can't be recorded: RmsProp computes");
        assertThat(recorder.isClosed()).isTrue();
    }

    @Test
    void deviceThatRecordsNothingRunsEveryStep() {
        stopRecording();
        Training training = new Training(parameters -> new Sgd(parameters, 0.1));
        try (CapturedStep step = new CapturedStep(training.optimizer, training::step, Otherwise.ERROR)) {
            training.train(step::run, 5);
            assertThat(step.obstacle()).hasValue("cpu records no steps");
        }
        assertThat(training.optimizer.steps()).isEqualTo(5);
    }
}
