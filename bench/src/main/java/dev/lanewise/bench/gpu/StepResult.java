package dev.lanewise.bench.gpu;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The result of a step.
 *
 * @param status {@link #PASSED}, {@link #FAILED}, {@link #NOT_RUN} or {@link #STOPPED}
 * @param summary one line for people
 * @param rows its table: maps of the same keys
 * @param failures what did not hold, one line each
 */
record StepResult(String status, String summary, List<Map<String, Object>> rows, List<String> failures) {
    static final String PASSED = "passed";
    static final String FAILED = "failed";
    static final String NOT_RUN = "not run";

    /** What it had when the whole run was ended. */
    static final String STOPPED = "stopped";

    static StepResult failed(String summary) {
        return new StepResult(FAILED, summary, List.of(), List.of());
    }

    static StepResult notRun(String reason) {
        return new StepResult(NOT_RUN, reason, List.of(), List.of());
    }

    /** The same, failed by these problems if there are any. */
    StepResult with(List<String> problems) {
        if (problems.isEmpty()) {
            return this;
        }
        List<String> all = new ArrayList<>(problems);
        all.addAll(failures);
        return new StepResult(FAILED, summary, rows, all);
    }

    /** The same as far as it came. */
    StepResult stopped() {
        return new StepResult(STOPPED, summary.isEmpty() ? "nothing yet" : "so far: " + summary, rows, failures);
    }
}
