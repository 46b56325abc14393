package dev.lanewise.cuda.dnn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.autograd.Gradients;
import dev.lanewise.autograd.Graph;
import dev.lanewise.cuda.HostCuda;
import dev.lanewise.cuda.HostCudaProvider;
import dev.lanewise.cuda.host.HostCudnn;
import dev.lanewise.cuda.runtime.Settings;
import dev.lanewise.tensor.Autocast;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.sequence.Recurrence;
import dev.lanewise.tensor.op.sequence.Recurrence.Kind;
import dev.lanewise.tensor.spi.Backends;
import dev.lanewise.tensor.spi.StepRecorder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Recurrent layers through the real backend, on a cuDNN that computes on the host. */
@ExtendWith(HostCuda.class)
class RecurrencesTest {
    private static final Device CUDA = Device.cuda(0);

    private final Rng rng = new Rng(8);

    /** Sizes of a batch of sequences. */
    private record Sizes(long n, long time, long in, long hidden) {}

    private Tensor[] operands(Recurrence op, DType dtype, Sizes sizes) {
        List<Tensor> operands = new ArrayList<>(List.of(random(dtype, sizes.n, sizes.time, sizes.in)));
        long rows = sizes.hidden * op.kind().gates();
        for (int direction = 0; direction < op.directions(); direction++) {
            operands.add(random(dtype, rows, sizes.in));
            operands.add(random(dtype, rows, sizes.hidden));
            operands.add(random(dtype, rows));
            operands.add(random(dtype, rows));
            for (int state = 0; state < op.kind().states(); state++) {
                operands.add(random(dtype, sizes.n, sizes.hidden));
            }
        }
        return operands.toArray(Tensor[]::new);
    }

    private Tensor random(DType dtype, long... sizes) {
        return rng.randn(DType.F64, sizes).mul(0.5).to(dtype);
    }

    private static Tensor[] on(Device device, Tensor... tensors) {
        return Arrays.stream(tensors).map(tensor -> tensor.to(device)).toArray(Tensor[]::new);
    }

    private static Tensor[] run(Recurrence op, Tensor[] operands) {
        Recurrence.Result result = op.run(operands);
        return Stream.concat(Stream.of(result.output()), result.lastStates().stream())
                .toArray(Tensor[]::new);
    }

    private static int passes() {
        return HostCudaProvider.cudnn().forwardPasses();
    }

    /** All results and the gradients of all operands, of results multiplied by what {@code upstream} holds. */
    private static List<Tensor> pass(Recurrence op, Tensor[] operands, Tensor[] upstream) {
        Tensor[] watched = Arrays.stream(operands).map(Autograd::watch).toArray(Tensor[]::new);
        Tensor[] results = run(op, watched);
        Gradients gradients = Autograd.gradients(Arrays.copyOf(results, upstream.length), upstream, Graph.RELEASE);
        List<Tensor> all = new ArrayList<>();
        Arrays.stream(results).map(Autograd::detach).forEach(all::add);
        Arrays.stream(watched).map(gradients::of).forEach(all::add);
        return all;
    }

    /** Makes the plan, which may take a pass of its own. */
    private static void plan(Recurrence op, Tensor[] operands) {
        Backends.of(CUDA).supports(op, operands);
    }

    /** Compares with the steps; returns how many passes cuDNN made. */
    private int compare(Recurrence op, DType dtype, Sizes sizes, boolean ofStates, double tolerance) {
        try (var ignored = Scope.open("test")) {
            Tensor[] operands = operands(op, dtype, sizes);
            Tensor[] results = run(op, operands);
            Tensor[] upstream = Arrays.stream(results)
                    .limit(ofStates ? results.length : 1)
                    .map(y -> random(dtype, y.shape().toArray()))
                    .toArray(Tensor[]::new);
            // the steps in the widest type, of what was rounded to this one
            List<Tensor> expected = pass(op, wide(operands), wide(upstream));
            plan(op, on(CUDA, operands));
            int before = passes();
            List<Tensor> got = pass(op, on(CUDA, operands), on(CUDA, upstream));
            for (int i = 0; i < expected.size(); i++) {
                assertThat(got.get(i).dtype()).isEqualTo(dtype);
                assertThat(got.get(i).to(Device.CPU).to(DType.F64).toDoubleArray())
                        .as(op + " " + sizes + ", number " + i)
                        .containsExactly(expected.get(i).toDoubleArray(), within(tolerance));
            }
            return passes() - before;
        }
    }

    private static Tensor[] wide(Tensor... tensors) {
        return Arrays.stream(tensors).map(tensor -> tensor.to(DType.F64)).toArray(Tensor[]::new);
    }

    @ParameterizedTest
    @EnumSource
    void resultsAndGradientsAreThoseOfTheSteps(Kind kind) {
        for (boolean bidirectional : new boolean[] {false, true}) {
            Recurrence training = new Recurrence(kind, bidirectional, true);
            assertThat(compare(training, DType.F32, new Sizes(3, 4, 5, 6), true, 1e-4))
                    .isEqualTo(1);
            assertThat(compare(training, DType.F64, new Sizes(1, 7, 2, 3), false, 1e-10))
                    .isEqualTo(1);
            // not in training nothing is kept for the gradient: it goes through the layer once more
            Recurrence inference = new Recurrence(kind, bidirectional, false);
            assertThat(compare(inference, DType.F32, new Sizes(2, 1, 9, 4), true, 1e-4))
                    .isEqualTo(2);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"F16", "BF16"})
    void narrowTypesAreWithinTheirAccuracy(DType dtype) {
        compare(new Recurrence(Kind.LSTM, true, true), dtype, new Sizes(2, 4, 5, 6), true, 0.1);
        compare(new Recurrence(Kind.GRU, false, true), dtype, new Sizes(2, 4, 5, 6), true, 0.1);
    }

    @Test
    void gradientsCanBeComputedAgain() {
        try (var ignored = Scope.open("test")) {
            Recurrence op = new Recurrence(Kind.LSTM, false, true);
            Tensor[] operands = on(CUDA, operands(op, DType.F32, new Sizes(2, 3, 4, 5)));
            plan(op, operands);
            Tensor x = Autograd.watch(operands[0]);
            operands[0] = x;
            int before = passes();
            Tensor loss = run(op, operands)[0].square().sum();
            float[] first = Autograd.gradients(loss, Graph.RETAIN).of(x).toFloatArray();
            assertThat(passes()).isEqualTo(before + 1);
            assertThat(Autograd.gradients(loss).of(x).toFloatArray()).isEqualTo(first);
            assertThat(passes()).as("what was kept is used up").isEqualTo(before + 2);
        }
    }

    @Test
    void gradientsCanBeDifferentiated() {
        Recurrence op = new Recurrence(Kind.GRU, true, true);
        Tensor[] operands = operands(op, DType.F64, new Sizes(2, 3, 2, 3));
        assertThat(penalty(op, on(CUDA, operands))).containsExactly(penalty(op, operands), within(1e-10));
    }

    /** The gradient of the squared norm of a gradient. */
    private static double[] penalty(Recurrence op, Tensor[] operands) {
        try (var ignored = Scope.open("test")) {
            Tensor[] watched = Arrays.stream(operands).map(Autograd::watch).toArray(Tensor[]::new);
            Tensor loss = run(op, watched)[0].square().sum();
            Tensor gradient = Autograd.gradients(loss, Graph.DIFFERENTIATE).of(watched[0]);
            return Autograd.gradients(gradient.square().sum()).of(watched[2]).toDoubleArray();
        }
    }

    @Test
    void whatCudnnDoesNotTakeRunsStepByStep() {
        int before = passes();
        Sizes unsupported = new Sizes(2, 2, 3, HostCudnn.UNSUPPORTED_HIDDEN_SIZE);
        compare(new Recurrence(Kind.RNN, false, true), DType.F32, unsupported, true, 1e-4);
        compare(new Recurrence(Kind.LSTM, true, true), DType.F32, new Sizes(0, 2, 3, 4), true, 0);
        Settings.deterministic(true);
        try {
            compare(new Recurrence(Kind.GRU, false, true), DType.F32, new Sizes(2, 2, 3, 4), true, 1e-4);
        } finally {
            Settings.deterministic(false);
        }
        assertThat(passes()).isEqualTo(before);
    }

    @Test
    void autocastGivesCudnnTheNarrowTypeAndGradientsTheOperandsOwn() {
        try (var ignored = Scope.open("test");
                Autocast region = Autocast.bf16()) {
            Recurrence op = new Recurrence(Kind.LSTM, false, true);
            Tensor[] operands = on(CUDA, operands(op, DType.F32, new Sizes(2, 3, 4, 5)));
            Tensor weight = Autograd.watch(operands[2]);
            operands[2] = weight;
            run(op, operands); // with the passes that find out what cuDNN takes
            int before = passes();
            Tensor[] results = run(op, operands);
            assertThat(results).extracting(Tensor::dtype).containsOnly(DType.BF16);
            assertThat(Autograd.gradients(results[1].sum()).of(weight).dtype()).isEqualTo(DType.F32);
            assertThat(passes()).isEqualTo(before + 1);
        }
    }

    /** Adds the gradient of a layer to a sum in place. */
    private static void step(Recurrence op, Tensor[] operands, Tensor sum) {
        try (var ignored = Scope.open("step")) {
            Tensor x = Autograd.watch(operands[0]);
            Tensor[] watched = operands.clone();
            watched[0] = x;
            Gradients gradients =
                    Autograd.gradients(run(op, watched)[0].square().sum());
            Autograd.noGrad(() -> sum.assign(sum.add(gradients.of(x))));
        }
    }

    @Test
    void recordedStepsGiveTheSame() {
        try (Scope scope = Scope.open("test")) {
            Recurrence op = new Recurrence(Kind.LSTM, true, true);
            Tensor[] operands = on(CUDA, operands(op, DType.F32, new Sizes(2, 3, 4, 5)));
            Tensor expected = scope.keep(operands[0].zerosLike());
            Tensor sum = scope.keep(operands[0].zerosLike());
            try (StepRecorder recorder = Backends.of(CUDA).recorder().orElseThrow()) {
                recorder.warmUp(() -> step(op, operands, sum));
                recorder.record(() -> step(op, operands, sum));
                recorder.replay(List.of());
                recorder.replay(List.of());
            }
            for (int i = 0; i < 3; i++) {
                step(op, operands, expected);
            }
            assertThat(sum.toFloatArray()).isEqualTo(expected.toFloatArray());
        }
    }

    @Test
    void whatWasKeptBeforeARecordingIsNotUsedUpByIt() {
        try (Scope scope = Scope.open("test")) {
            Recurrence op = new Recurrence(Kind.GRU, false, true);
            Tensor[] operands = on(CUDA, operands(op, DType.F32, new Sizes(2, 3, 4, 5)));
            Tensor x = Autograd.watch(operands[0]);
            Tensor result = scope.keep(operands[0].zerosLike());
            operands[0] = x;
            Tensor loss = run(op, operands)[0].square().sum();
            int before = passes();
            try (StepRecorder recorder = Backends.of(CUDA).recorder().orElseThrow()) {
                Runnable backward = () ->
                        result.assign(Autograd.gradients(loss, Graph.RETAIN).of(x));
                recorder.record(backward);
                assertThat(passes()).isEqualTo(before + 1);
                recorder.replay(List.of());
                float[] replayed = result.toFloatArray();
                recorder.replay(List.of());
                assertThat(result.toFloatArray()).isEqualTo(replayed);
                assertThat(replayed)
                        .containsExactly(
                                Autograd.gradients(loss, Graph.RETAIN).of(x).toFloatArray());
                assertThat(passes()).as("what was kept is still there").isEqualTo(before + 1);
            }
        }
    }
}
