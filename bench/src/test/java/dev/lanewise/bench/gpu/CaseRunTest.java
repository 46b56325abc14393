package dev.lanewise.bench.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.cuda.CudaPrecision;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.testkit.conformance.BackendConformance;
import dev.lanewise.testkit.conformance.ConformanceRunner;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class CaseRunTest {
    private final CaseRun run = new CaseRun(line -> {}, 1);
    private final List<Integer> starts = new ArrayList<>();

    private static void begins(Consumer<String> line, int number, String group) {
        line.accept("{\"begin\":" + number + ",\"group\":\"" + group + "\",\"name\":\"case " + number + "\"}");
    }

    private static void ends(Consumer<String> line, int number, String status) {
        line.accept("{\"end\":" + number + ",\"status\":\"" + status + "\",\"message\":\"3 != 4\"}");
    }

    @Test
    void countsByGroup() {
        StepResult result = run.run(1, (shard, shards, from, line) -> {
            line.accept("WARNING: something a JVM says");
            begins(line, 0, "a");
            ends(line, 0, "passed");
            begins(line, 1, "b");
            ends(line, 1, "skipped");
            begins(line, 2, "b");
            ends(line, 2, "failed");
            line.accept("{\"total\":3}");
            return new LimitedProcess.End(0, true);
        });
        assertThat(result.status()).isEqualTo(StepResult.FAILED);
        assertThat(result.summary()).isEqualTo("1 passed, 1 failed, 1 skipped");
        assertThat(result.failures()).containsExactly("b case 2: 3 != 4");
        assertThat(result.rows())
                .containsExactly(
                        Map.of("group", "a", "passed", 1, "failed", 0, "skipped", 0),
                        Map.of("group", "b", "passed", 0, "failed", 1, "skipped", 1));
    }

    @Test
    void goesOnBehindACaseThatTookItsProcessAlong() {
        StepResult result = run.run(1, (shard, shards, from, line) -> {
            starts.add(from);
            if (from == 0) {
                begins(line, 0, "a");
                ends(line, 0, "passed");
                begins(line, 1, "a");
                return new LimitedProcess.End(134, true);
            }
            if (from == 2) {
                begins(line, 2, "a");
                ends(line, 2, "failed");
                return new LimitedProcess.End(CaseProcess.DEVICE_LOST, true);
            }
            begins(line, 3, "a");
            ends(line, 3, "passed");
            line.accept("{\"total\":4}");
            return new LimitedProcess.End(0, true);
        });
        assertThat(starts).containsExactly(0, 2, 3);
        assertThat(result.summary()).isEqualTo("2 passed, 2 failed");
        assertThat(result.failures()).containsExactly("a case 1: its process ended with 134", "a case 2: 3 != 4");
    }

    @Test
    void severalProcessesShareTheCases() {
        ConcurrentLinkedQueue<Integer> shardsSeen = new ConcurrentLinkedQueue<>();
        StepResult result = run.run(3, (shard, shards, from, line) -> {
            shardsSeen.add(shard);
            for (int i = shard; i < 10; i += shards) {
                begins(line, i, "a");
                ends(line, i, "passed");
            }
            line.accept("{\"total\":10}");
            return new LimitedProcess.End(0, true);
        });
        assertThat(shardsSeen).containsExactlyInAnyOrder(0, 1, 2);
        assertThat(result.status()).isEqualTo(StepResult.PASSED);
        assertThat(result.summary()).isEqualTo("10 passed, 0 failed");
    }

    @Test
    void everyCaseIsOneProcesssAndOfASampleOneInSoMany() {
        for (int i = 0; i < 30; i++) {
            int number = i;
            assertThat(IntStream.range(0, 3).filter(shard -> CaseProcess.takes(number, shard, 3, 1)))
                    .containsExactly(i % 3);
        }
        assertThat(IntStream.range(0, 24).filter(i -> CaseProcess.takes(i, 1, 2, 4)))
                .containsExactly(1, 9, 17);
    }

    /** cuDNN's fastest algorithms add in any order. */
    @Test
    void casesThatCompareBitsRequireDeterminism() throws Throwable {
        String sameBits = "sameBitsForAnyNumberOfThreads";
        assertThat(Arrays.stream(BackendConformance.class.getDeclaredMethods()).map(Method::getName))
                .contains(sameBits);
        List<Boolean> required = new ArrayList<>();
        ConformanceRunner.Check check = () -> required.add(CudaPrecision.isDeterminismRequired());
        for (String suite : List.of("agreesWithTheOracle", sameBits)) {
            CaseProcess.conformance(new ConformanceRunner.Case(suite, "conv2d", check))
                    .check()
                    .run();
        }
        assertThat(required).containsExactly(false, true);
        assertThat(CudaPrecision.isDeterminismRequired()).isFalse();
    }

    /** The first result that is read says what the case before did wrong. */
    @Test
    void aDeviceIsLostWhenItFailsAgain() {
        AtomicInteger asked = new AtomicInteger();
        assertThat(CaseProcess.computes(() -> {
                    if (asked.getAndIncrement() == 0) {
                        throw new TensorException(
                                "gather: position 9 is outside a dimension of size 3; check the indices");
                    }
                    return true;
                }))
                .isTrue();
        assertThat(CaseProcess.computes(() -> {
                    throw new TensorException("cuStreamSynchronize: CUDA_ERROR_ILLEGAL_ADDRESS (700)");
                }))
                .isFalse();
        assertThat(CaseProcess.computes(() -> false)).isFalse();
    }

    @Test
    void aSampleIsCalledOne() {
        StepResult result = new CaseRun(text -> {}, 12).run(1, (shard, shards, from, line) -> {
            begins(line, 0, "a");
            ends(line, 0, "passed");
            line.accept("{\"total\":12}");
            return new LimitedProcess.End(0, true);
        });
        assertThat(result.summary()).isEqualTo("1 passed, 0 failed, one case of 12");
    }

    @Test
    void processesAreStartedAnewAFewTimesOnly() {
        AtomicInteger started = new AtomicInteger();
        StepResult result = run.run(2, (shard, shards, from, line) -> {
            started.incrementAndGet();
            begins(line, from + shards, "a");
            return new LimitedProcess.End(134, true);
        });
        assertThat(started.get()).isEqualTo(2 + CaseRun.RESTARTS);
        assertThat(result.summary())
                .startsWith("0 passed, 10 failed; not all ran: the process ended with 134, after 8 restarts");
    }

    @Test
    void whatThereIsIsKnownWhileCasesRun() {
        StepResult[] between = new StepResult[1];
        run.run(1, (shard, shards, from, line) -> {
            begins(line, 0, "a");
            ends(line, 0, "passed");
            between[0] = run.result();
            line.accept("{\"total\":1}");
            return new LimitedProcess.End(0, true);
        });
        assertThat(between[0].stopped().status()).isEqualTo(StepResult.STOPPED);
        assertThat(between[0].stopped().summary()).startsWith("so far: 1 passed, 0 failed");
    }

    @Test
    void aProcessThatRunsNothingOrTooLongEndsTheStep() {
        assertThat(run.run(1, (shard, shards, from, line) -> new LimitedProcess.End(1, true)))
                .extracting(StepResult::status, StepResult::summary)
                .containsExactly(StepResult.FAILED, "0 passed, 0 failed; not all ran: the process ended with 1");
        CaseRun slow = new CaseRun(text -> {}, 1);
        StepResult result = slow.run(1, (shard, shards, from, line) -> {
            line.accept("{\"begin\":0,\"group\":\"a\",\"name\":\"endless\"}");
            return new LimitedProcess.End(137, false);
        });
        assertThat(result.failures()).containsExactly("a endless: its process was stopped by its time limit");
    }
}
