package dev.lanewise.bench.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

final class TrainersRunTest {
    private final List<List<String>> runs = new ArrayList<>();

    private StepResult run(String device, Function<List<String>, Object> loss) {
        return new TrainersRun(device, line -> {}).run((arguments, line) -> {
            runs.add(arguments);
            line.put("train_loss", loss.apply(arguments));
            return Optional.empty();
        });
    }

    private static boolean is(List<String> arguments, String model, String precision, boolean graphs) {
        return arguments.containsAll(List.of(model, precision)) && arguments.contains("--graphs") == graphs;
    }

    @Test
    void equalLossesPass() {
        StepResult result = run("cuda:0", arguments -> arguments.contains("--graphs") ? 2.0005 : 2.0);
        assertThat(result.status()).isEqualTo(StepResult.PASSED);
        assertThat(result.rows())
                .hasSize(9)
                .first()
                .satisfies(row -> assertThat(row)
                        .containsEntry("model", "linear-regression")
                        .containsEntry("eager_fp32", "2.00000")
                        .containsEntry("graphs_bf16", "2.00050"));
        assertThat(runs)
                .filteredOn(arguments -> arguments.contains("--or-eager"))
                .hasSize(3)
                .allMatch(arguments -> arguments.contains("text-classifier"));
    }

    @Test
    void capturedStepsThatTrainOtherwiseFail() {
        StepResult result = run("cuda:0", arguments -> is(arguments, "mnist-mlp", "fp32", true) ? 2.01 : 2.0);
        assertThat(result.status()).isEqualTo(StepResult.FAILED);
        assertThat(result.failures()).singleElement().asString().startsWith("mnist-mlp graphs fp32: the loss is 2.01");
    }

    @Test
    void lossesThatAreNoNumbersFail() {
        assertThat(run("cpu", arguments -> is(arguments, "tabular", "bf16", false) ? "NaN" : (Object) 2.0)
                        .failures())
                .singleElement()
                .asString()
                .startsWith("tabular eager bf16: the loss is NaN");
        assertThat(runs).hasSize(18).noneMatch(arguments -> arguments.contains("--graphs"));
    }

    @Test
    void processesThatFailAreReported() {
        StepResult result = new TrainersRun("cpu", line -> {}).run((arguments, line) -> Optional.of("it ended with 3"));
        assertThat(result.failures()).hasSize(18).contains("char-gpt eager bf16: it ended with 3");
    }
}
