package dev.lanewise.lm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.lm.cases.LmCases;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.text.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Every family computes what transformers does, from weights by a formula. */
class FamiliesTest {
    @TempDir
    Path folder;

    static List<SmallModels.Case> cases() {
        return SmallModels.cases();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void scoresAreThoseOfTransformers(SmallModels.Case c) {
        PretrainedModel model = Models.load(SmallModels.write(c, folder));
        double[][] want = c.logits();
        double largest = 0;
        for (double[] row : want) {
            for (double value : row) {
                largest = Math.max(largest, Math.abs(value));
            }
        }
        for (int row = 0; row < want.length; row++) {
            int place = row;
            double[] got = Autograd.noGrad(() -> logits(model, c, place)).toDoubleArray();
            assertThat(got).as("row %d", row).containsExactly(want[row], within(2e-5 * largest));
        }
    }

    private static Tensor logits(PretrainedModel model, SmallModels.Case c, int row) {
        int[] lastReal = {9, 3};
        Tensor logits = switch (model) {
            case CausalLM causal -> causal(causal, c, row, lastReal[row]);
            case Encoder encoder -> {
                Json types = c.json().get("types");
                yield encoder.run(c.ids(), c.mask(), types.isNull() ? null : SmallModels.numbers(types))
                        .logits();
            }
            case Seq2SeqLM seq2seq -> {
                lastReal[0] = 3;
                Tensor encoded = seq2seq.encode(c.ids(), c.mask());
                Tensor labels = SmallModels.numbers(c.json().need("labels"));
                yield seq2seq.head(seq2seq.decode(encoded, c.mask(), seq2seq.shiftRight(labels), null));
            }
            case ImageEncoder images -> throw new AssertionError(images.family());
        };
        Tensor all = Objects.requireNonNull(logits);
        Tensor own = all.select(0, all.shape().size(0) == 1 ? 0 : row);
        return (own.shape().rank() == 2 ? own.select(0, lastReal[row]) : own).to(DType.F64);
    }

    /** The longest row of a batch decides for all how positions are scaled dynamically. */
    private static Tensor causal(CausalLM model, SmallModels.Case c, int row, int last) {
        return c.name().equals("llama-dynamic")
                ? model.forward(c.ids().narrow(0, row, 1).narrow(1, 0, last + 1L))
                : model.logits(c.ids(), c.mask(), null);
    }

    @Test
    @EnabledIfEnvironmentVariable(named = "LANEWISE_LM_CASES", matches = ".+")
    void storedCasesHold() {
        List<LmCases.Result> bad = new ArrayList<>();
        int[] passed = {0};
        LmCases.run(Path.of(System.getenv("LANEWISE_LM_CASES")), "", result -> {
            switch (result.status()) {
                case PASSED -> passed[0]++;
                case FAILED, ERROR -> bad.add(result);
                case UNSUPPORTED -> {}
            }
        });
        assertThat(bad).isEmpty();
        assertThat(passed[0]).isGreaterThan(1_000);
    }

    @ParameterizedTest
    @CsvSource({"3,,ONE_CLASS", "1,,REGRESSION", "3,multi_label_classification,MANY_CLASSES", "3,regression,REGRESSION"
    })
    void aHeadOverImagesLearnsWhatItsSettingsSay(int labels, @Nullable String problem, Encoder.Task task)
            throws IOException {
        Path config = folder.resolve("config.json");
        Files.writeString(config, """
                {"model_type":"vit","architectures":["ViTForImageClassification"],"hidden_size":8,"num_hidden_layers":1,
                "num_attention_heads":2,"intermediate_size":8,"image_size":4,"patch_size":2,"num_labels":%d,"problem_type":%s}
                """.formatted(labels, problem == null ? "null" : '"' + problem + '"'));
        ImageEncoder model = (ImageEncoder) Models.untrained(config, new Rng(1));
        assertThat(model.task()).isEqualTo(task);
        Tensor logits = model.forward(Tensor.ones(2, 3, 4, 4));
        Tensor numbers = Tensor.ones(2, labels);
        Tensor answers = task == Encoder.Task.ONE_CLASS ? Tensor.of(new long[] {0, 2}) : numbers;
        double want = switch (task) {
            case REGRESSION -> logits.sub(numbers).square().mean().item();
            case MANY_CLASSES -> logits.sigmoid().log().neg().mean().item();
            default ->
                logits.logSoftmax(-1)
                        .gather(-1, answers.unsqueeze(-1))
                        .neg()
                        .mean()
                        .item();
        };
        assertThat(model.loss(logits, answers).item()).isCloseTo(want, within(1e-5));
    }
}
