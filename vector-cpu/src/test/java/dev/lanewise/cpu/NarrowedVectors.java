package dev.lanewise.cpu;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Leaves out the tests of a run with vectors of 256 bits, which sets {@code lanewise.narrowed}, on a Linux machine that has
 * no longer ones: the ordinary run was the same.
 */
public final class NarrowedVectors implements ExecutionCondition {
    private static final Path PROCESSOR = Path.of("/proc/cpuinfo");

    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
        if (!Boolean.getBoolean("lanewise.narrowed")) {
            return ConditionEvaluationResult.enabled("vectors as long as the machine's");
        }
        try {
            String processor = Files.readString(PROCESSOR);
            return processor.contains("avx2") && !processor.contains("avx512f")
                    ? ConditionEvaluationResult.disabled("the machine's vectors have 256 bits")
                    : ConditionEvaluationResult.enabled("the machine has longer vectors, or none of these");
        } catch (IOException unknown) {
            return ConditionEvaluationResult.enabled("nothing is known of the machine: " + unknown.getMessage());
        }
    }
}
