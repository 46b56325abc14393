package dev.lanewise.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.spi.Backends;
import dev.lanewise.testkit.OpRecorder;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BinaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

final class WorkloadsTest {
    static Stream<OpWorkload> operations() {
        // larger operands of an operation are the same code
        return OpWorkloads.all(false).stream()
                .collect(Collectors.toMap(
                        OpWorkload::op,
                        workload -> workload,
                        BinaryOperator.minBy(Comparator.comparingLong(WorkloadsTest::elements)),
                        LinkedHashMap::new))
                .values()
                .stream();
    }

    private static long elements(OpWorkload workload) {
        return workload.shape().stream().mapToLong(size -> size).reduce(1, Math::multiplyExact);
    }

    @ParameterizedTest
    @MethodSource("operations")
    void operationRuns(OpWorkload workload) {
        Autograd.noGrad(() -> {
            try (var ignored = Scope.open("test")) {
                Runnable op = workload.prepare().on(new Operands(Device.CPU, DType.F32, Rng.global()));
                double seconds = Timing.ONCE.seconds(op, () -> {});
                Map<String, Object> line = workload.line(seconds);
                assertThat(line).containsKeys("op", "shape", "us");
                assertThat((double) line.get("us")).isPositive();
            }
        });
    }

    @ParameterizedTest
    @EnumSource(names = {"MLP", "LENET", "TEXT", "CHAR_TRANSFORMER"})
    void trainingStepRuns(TrainWorkload workload) {
        runStep(workload);
    }

    @ParameterizedTest
    @EnumSource(
            names = {"MLP", "LENET", "TEXT", "CHAR_TRANSFORMER"},
            mode = EnumSource.Mode.EXCLUDE)
    @Tag("long")
    void largerTrainingStepRuns(TrainWorkload workload) {
        runStep(workload);
    }

    private static void runStep(TrainWorkload workload) {
        double seconds = Timing.ONCE.seconds(workload.prepare(Device.CPU), () -> {});
        assertThat(workload.line(Device.CPU, Precision.FP32, Mode.EAGER, seconds))
                .containsOnlyKeys("workload", "device", "mode", "precision", "batch", "ms_per_step", "samples_per_s")
                .containsEntry("workload", workload.id)
                .containsEntry("batch", workload.batch);
    }

    @ParameterizedTest
    @EnumSource(names = {"MLP", "LENET"})
    void stepOfGraphsIsCapturedAndReplayed(TrainWorkload workload) {
        OpRecorder recorder = new OpRecorder(Backends.of(Device.CPU));
        Backends.decorate(Device.CPU, backend -> recorder);
        try {
            Runnable step = workload.prepare(Device.CPU, Precision.BF16, Mode.GRAPHS);
            assertThat(recorder.replays()).isEqualTo(1);
            step.run();
            assertThat(recorder.replays()).isEqualTo(2);
        } finally {
            Backends.decorate(Device.CPU, backend -> recorder.inner());
            recorder.close();
        }
    }
}
