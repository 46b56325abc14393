package dev.lanewise.bench;

import dev.lanewise.nn.profile.Profiler;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code lanewise bench sparse}. */
@Command(
        name = "sparse",
        description =
                "Measure training steps of a table of 1,000,000 x 64 that look up 1,024 rows: time, and the most bytes of"
                        + " tensors in a step besides the table and the optimizer's state.",
        sortOptions = false)
final class SparseCommand implements Callable<Integer> {
    @Mixin
    private MeasureOptions options;

    @Spec
    private CommandSpec spec;

    SparseCommand() {}

    @Override
    public Integer call() {
        if (!options.device().isCpu()) {
            throw new ParameterException(spec.commandLine(), "--device: a GPU (expected cpu)");
        }
        for (SparseSteps.Kind kind : options.selected(List.of(SparseSteps.Kind.values()), of -> of.id)) {
            SparseSteps steps = new SparseSteps(kind);
            Map<String, Object> line = new LinkedHashMap<>();
            line.put("optimizer", kind.id);
            line.put("us", options.timing(Timing.OPERATION).seconds(steps, () -> {}) * 1e6);
            line.put("peak_bytes", Profiler.record(steps).memory().getFirst().peak());
            options.print(line);
        }
        return 0;
    }
}
