package dev.lanewise.lm.cases;

import dev.lanewise.lm.GenerationOptions;
import dev.lanewise.lm.ScoreFilter;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.text.json.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;

/** Checks the scores of next tokens after the filters. */
final class SamplingCases implements CaseFolder.Part {
    SamplingCases() {}

    @Override
    public void run(Path folder, Report report) throws IOException {
        for (Path file : CaseFolder.children(folder)) {
            if (file.toString().endsWith(".safetensors")) {
                report.guarded(String.valueOf(file.getFileName()), () -> {
                    for (Stored.Case c : Stored.read(file).cases()) {
                        report.guarded(c.id(), () -> check(c, report));
                    }
                });
            }
        }
    }

    private static void check(Stored.Case c, Report report) {
        List<ScoreFilter> filters = filters(c);
        if (filters.isEmpty()) {
            report.unsupported(c.id(), "no filter " + c.op());
            return;
        }
        Tensor logits = c.in("logits");
        int rows = Math.toIntExact(logits.shape().size(0));
        int vocabulary = Math.toIntExact(logits.shape().size(1));
        double[] scores = new double[rows * vocabulary];
        for (int row = 0; row < rows; row++) {
            double[] own = logits.select(0, row).to(DType.F64).toDoubleArray();
            int[] previous = Arrays.stream(c.in("previous").select(0, row).toLongArray())
                    .mapToInt(Math::toIntExact)
                    .toArray();
            filters.forEach(filter -> filter.apply(own, previous));
            System.arraycopy(own, 0, scores, row * vocabulary, vocabulary);
        }
        Tensor all = Tensor.of(scores, rows, vocabulary);
        c.check(report, "scores", all);
        c.check(report, "probabilities", all.softmax(-1));
    }

    private static List<ScoreFilter> filters(Stored.Case c) {
        Json a = c.attrs();
        return switch (c.op()) {
            case "temperature" ->
                List.of(ScoreFilter.temperature(a.need("temperature").number()));
            case "top_k" -> List.of(ScoreFilter.topK(a.need("top_k").index()));
            case "top_p" -> List.of(ScoreFilter.topP(a.need("top_p").number()));
            case "min_p" -> List.of(ScoreFilter.minP(a.need("min_p").number()));
            case "typical_p" -> List.of(ScoreFilter.typicalP(a.need("typical_p").number()));
            case "epsilon_cutoff" ->
                List.of(ScoreFilter.epsilonCutoff(a.need("epsilon_cutoff").number()));
            case "eta_cutoff" ->
                List.of(ScoreFilter.etaCutoff(a.need("eta_cutoff").number()));
            case "repetition_penalty" ->
                List.of(ScoreFilter.repetitionPenalty(
                        a.need("repetition_penalty").number()));
            case "no_repeat_ngram" ->
                List.of(ScoreFilter.noRepeat(a.need("no_repeat_ngram_size").index()));
            case "min_length" ->
                List.of(ScoreFilter.minLength(
                        a.need("min_length").index(),
                        new HashSet<>(List.of(a.need("eos_token_id").index()))));
            case "suppress_tokens" ->
                List.of(ScoreFilter.suppress(new HashSet<>(Lines.ints(a.need("suppress_tokens")))));
            case "bad_words" ->
                List.of(ScoreFilter.badWords(
                        a.need("bad_words_ids").list().stream().map(Lines::ints).toList()));
            case "combined" -> combined(a);
            default -> List.of();
        };
    }

    private static List<ScoreFilter> combined(Json a) {
        GenerationOptions options = GenerationOptions.sampled(1, 0);
        if (!a.get("repetition_penalty").isNull()) {
            options = options.withRepetitionPenalty(a.get("repetition_penalty").number());
        }
        if (!a.get("temperature").isNull()) {
            options = options.withTemperature(a.get("temperature").number());
        }
        if (!a.get("top_k").isNull()) {
            options = options.withTopK(a.get("top_k").index());
        }
        if (!a.get("top_p").isNull()) {
            options = options.withTopP(a.get("top_p").number());
        }
        if (!a.get("min_p").isNull()) {
            options = options.withMinP(a.get("min_p").number());
        }
        return new ArrayList<>(options.allFilters());
    }
}
