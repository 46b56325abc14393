package dev.lanewise.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.autograd.Gradients;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.Op;
import dev.lanewise.tensor.op.Update.AdamStep;
import dev.lanewise.tensor.op.sequence.RandomDropout;
import dev.lanewise.tensor.spi.Backends;
import dev.lanewise.tensor.spi.StepRecorder;
import dev.lanewise.tensor.spi.Storage;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Whole training steps through the backend, on a driver and libraries that stand in for the real ones on the host. */
@ExtendWith(HostCuda.class)
class TrainingOnHostTest {
    private static final Device CUDA = Device.cuda(0);
    private static final int STEPS = 6;

    /** Two layers with dropout, trained by Adam on random batches of one seed. */
    private static final class Training {
        final Rng rng;
        final Device device;
        final Tensor[] parameters;
        final Tensor[] state;
        final Tensor x;
        final Tensor y;
        long steps;
        Tensor loss;

        Training(long seed, Device device) {
            rng = new Rng(seed);
            this.device = device;
            x = rng.randn(DType.F32, 6, 5).to(device).keep();
            y = rng.randint(0, 3, 6).to(device).keep();
            parameters = new Tensor[] {leaf(8, 5), leaf(8), leaf(3, 8), leaf(3)};
            state = new Tensor[2 * parameters.length];
            for (int i = 0; i < state.length; i++) {
                state[i] = Autograd.detach(parameters[i / 2]).zerosLike().keep();
            }
        }

        private Tensor leaf(long... sizes) {
            return Autograd.watch(
                    rng.randn(DType.F32, sizes).mul(0.5).to(device).keep());
        }

        void step() {
            steps++;
            try (Scope scope = Scope.open("step")) {
                Tensor hidden = x.linearRelu(parameters[0], parameters[1]).dropout(0.25, rng);
                Tensor result = hidden.linear(parameters[2], parameters[3]).crossEntropy(y);
                Gradients gradients = Autograd.gradients(result);
                Autograd.noGrad(() -> update(gradients));
                loss = scope.keep(Autograd.detach(result));
            }
        }

        private void update(Gradients gradients) {
            List<Tensor> operands = new ArrayList<>();
            List<Tensor> changed = new ArrayList<>();
            for (int i = 0; i < parameters.length; i++) {
                Tensor mean = state[2 * i];
                Tensor square = state[2 * i + 1];
                operands.addAll(List.of(parameters[i], gradients.of(parameters[i]), mean, square));
                changed.addAll(List.of(parameters[i], mean, square));
            }
            Storage.update(adam(), changed.toArray(Tensor[]::new), operands.toArray(Tensor[]::new));
        }

        AdamStep adam() {
            return new AdamStep(0.05, 0.9, 0.999, 1e-8, 0.01, true, steps);
        }

        float[] train() {
            float[] losses = new float[STEPS];
            for (int i = 0; i < STEPS; i++) {
                step();
                losses[i] = (float) loss.item();
            }
            return losses;
        }
    }

    @Test
    void trainingGivesTheLossesOfTheCpu() {
        float[] expected = new Training(3, Device.CPU).train();
        assertThat(new Training(3, CUDA).train()).containsExactly(expected, within(2e-5f));
        assertThat(expected[STEPS - 1]).isLessThan(expected[0]);
    }

    @Test
    void twoThreadsTrainAsOneAfterTheOther() {
        float[] first = new Training(1, CUDA).train();
        float[] second = new Training(2, CUDA).train();
        CompletableFuture<float[]> other = CompletableFuture.supplyAsync(() -> new Training(2, CUDA).train());
        assertThat(new Training(1, CUDA).train()).isEqualTo(first);
        assertThat(other.join()).isEqualTo(second);
    }

    @Test
    void replayedStepsEqualStepsThatRunAsTheyAre() {
        Training eager = new Training(5, CUDA);
        float[] expected = eager.train();
        Training training = new Training(5, CUDA);
        float[] losses = new float[STEPS];
        long blocks = 12; // of four words, for the hidden layer of 6 x 8
        try (StepRecorder recorder = Backends.of(CUDA).recorder().orElseThrow()) {
            recorder.warmUp(training::step);
            losses[0] = (float) training.loss.item();
            List<Op> recorded = recorder.record(training::step);
            assertThat(recorded).hasSize(3).last().isInstanceOf(AdamStep.class);
            recorder.replay(recorded);
            losses[1] = (float) training.loss.item();
            for (int i = 2; i < STEPS; i++) {
                training.steps++;
                long counter = training.rng.reserve(blocks);
                recorder.replay(recorded.stream()
                        .map(op -> op instanceof RandomDropout dropout
                                ? new RandomDropout(dropout.p(), dropout.seed(), counter)
                                : training.adam())
                        .toList());
                losses[i] = (float) training.loss.item();
            }
        }
        assertThat(losses).isEqualTo(expected);
        assertThat(training.parameters[0].toFloatArray()).isEqualTo(eager.parameters[0].toFloatArray());
    }
}
