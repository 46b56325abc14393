package dev.lanewise.bench.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class CaseRunTest {
    private final CaseRun run = new CaseRun(line -> {});
    private final List<Integer> starts = new ArrayList<>();

    private void begins(int number, String group) {
        run.take("{\"begin\":" + number + ",\"group\":\"" + group + "\",\"name\":\"case " + number + "\"}");
    }

    private void ends(int number, String status) {
        run.take("{\"end\":" + number + ",\"status\":\"" + status + "\",\"message\":\"3 != 4\"}");
    }

    @Test
    void countsByGroup() {
        StepResult result = run.run(from -> {
            run.take("WARNING: something a JVM says");
            begins(0, "a");
            ends(0, "passed");
            begins(1, "b");
            ends(1, "skipped");
            begins(2, "b");
            ends(2, "failed");
            run.take("{\"total\":3}");
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
        StepResult result = run.run(from -> {
            starts.add(from);
            if (from == 0) {
                begins(0, "a");
                ends(0, "passed");
                begins(1, "a");
                return new LimitedProcess.End(134, true);
            }
            if (from == 2) {
                begins(2, "a");
                ends(2, "failed");
                return new LimitedProcess.End(CaseProcess.DEVICE_LOST, true);
            }
            begins(3, "a");
            ends(3, "passed");
            run.take("{\"total\":4}");
            return new LimitedProcess.End(0, true);
        });
        assertThat(starts).containsExactly(0, 2, 3);
        assertThat(result.summary()).isEqualTo("2 passed, 2 failed");
        assertThat(result.failures()).containsExactly("a case 1: its process ended with 134", "a case 2: 3 != 4");
    }

    @Test
    void aProcessThatRunsNothingOrTooLongEndsTheStep() {
        assertThat(run.run(from -> new LimitedProcess.End(1, true)))
                .extracting(StepResult::status, StepResult::summary)
                .containsExactly(StepResult.FAILED, "0 passed, 0 failed; not all ran: the process ended with 1");
        CaseRun slow = new CaseRun(line -> {});
        StepResult result = slow.run(from -> {
            slow.take("{\"begin\":0,\"group\":\"a\",\"name\":\"endless\"}");
            return new LimitedProcess.End(137, false);
        });
        assertThat(result.failures()).containsExactly("a endless: its process was stopped by its time limit");
    }
}
