package dev.lanewise.bench.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;

final class TrainersRunTest {
    private final List<List<String>> runs = new ArrayList<>();

    /** Runs all; {@code loss} is given a model and a setting. */
    private StepResult run(String device, BiFunction<String, TrainerSetting, Object> loss) {
        return new TrainersRun(TrainersRun.ALL, device, line -> {}).run((arguments, line) -> {
            runs.add(arguments);
            for (String setting : arguments.subList(2, arguments.size())) {
                Object value = loss.apply(arguments.get(1), TrainerSetting.valueOf(setting));
                line.accept("not a line of JSON");
                line.accept("{\"epoch\":1,\"train_loss\":3}");
                line.accept("{\"epoch\":2,\"train_loss\":" + value + "}");
                line.accept("{\"setting_ended\":0}");
            }
            return Optional.empty();
        });
    }

    @Test
    void equalLossesPassInOneProcessAModel() {
        StepResult result = run("cuda:0", (model, setting) -> setting.graphs ? 2.0005 : 2.0);
        assertThat(result.status()).isEqualTo(StepResult.PASSED);
        assertThat(result.rows())
                .hasSize(11)
                .first()
                .satisfies(row -> assertThat(row)
                        .containsEntry("model", "linear-regression")
                        .containsEntry("eager_fp32", "2.00000")
                        .containsEntry("graphs_bf16", "2.00050"));
        assertThat(runs).hasSize(11);
    }

    @Test
    void batchesOfSeveralShapesMayRunEagerly() {
        assertThat(TrainerProcess.arguments("cuda:0", "text-classifier", TrainerSetting.GRAPHS_FP32))
                .contains("--graphs", "--or-eager");
        assertThat(TrainerProcess.arguments("cuda:0", "mnist-mlp", TrainerSetting.GRAPHS_FP32))
                .contains("--graphs", "fp32")
                .doesNotContain("--or-eager");
        assertThat(TrainerProcess.arguments("cuda:0", "mnist-mlp", TrainerSetting.EAGER_F16))
                .contains("f16")
                .doesNotContain("--graphs");
    }

    @Test
    void capturedStepsThatTrainOtherwiseFail() {
        StepResult result = run(
                "cuda:0",
                (model, setting) -> model.equals("mnist-mlp") && setting == TrainerSetting.GRAPHS_FP32 ? 2.01 : 2.0);
        assertThat(result.status()).isEqualTo(StepResult.FAILED);
        assertThat(result.failures()).singleElement().asString().startsWith("mnist-mlp graphs fp32: the loss is 2.01");
    }

    @Test
    void lossesThatAreNoNumbersFail() {
        assertThat(run(
                                "cpu",
                                (model, setting) -> model.equals("tabular") && setting == TrainerSetting.EAGER_BF16
                                        ? "\"NaN\""
                                        : (Object) 2.0)
                        .failures())
                .singleElement()
                .asString()
                .startsWith("tabular eager bf16: the loss is NaN");
        assertThat(runs).hasSize(11).allMatch(arguments -> arguments.size() == 4);
    }

    @Test
    void processesThatFailAreReportedWithWhatTheyHad() {
        StepResult result = new TrainersRun(TrainersRun.FEW, "cuda:0", line -> {}).run((arguments, line) -> {
            line.accept("{\"epoch\":2,\"train_loss\":2}");
            line.accept("{\"setting_ended\":0}");
            line.accept("{\"setting_ended\":1}");
            return Optional.of("it was stopped");
        });
        assertThat(result.rows()).hasSize(3);
        assertThat(result.failures())
                .hasSize(6)
                .contains("char-gpt graphs fp32: it ended with 1", "char-gpt graphs bf16: it was stopped");
    }
}
