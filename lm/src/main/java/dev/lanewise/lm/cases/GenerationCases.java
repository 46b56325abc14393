package dev.lanewise.lm.cases;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.lm.CausalLM;
import dev.lanewise.lm.Generation;
import dev.lanewise.lm.Generation.Beam;
import dev.lanewise.lm.Generation.BeamOptions;
import dev.lanewise.lm.GenerationOptions;
import dev.lanewise.lm.KvCache;
import dev.lanewise.lm.Seq2SeqLM;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.text.json.Json;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Checks greedy decoding, batches padded on the left, and beam search. */
final class GenerationCases {
    private final Stored stored;
    private final Report report;

    GenerationCases(Stored stored, Report report) {
        this.stored = stored;
        this.report = report;
    }

    void causal(CausalLM model) {
        if (stored.has("generate/output_ids")) {
            report.guarded("generate", () -> greedy(model));
        }
        Json info = stored.json("case");
        if (stored.has("batch/output_ids")) {
            report.guarded("batch", () -> {
                List<int[]> prompts = prompts();
                int count = newTokens("batch/output_ids", "batch/input_ids");
                List<int[]> got = Generation.batch(model, prompts, options(count, List.of()));
                report.equal("batch", padded(stored.get("batch/input_ids"), got), stored.longs("batch/output_ids"));
            });
            report.guarded("eos", () -> {
                int eos = info.need("eos_token_id").index();
                int count = info.need("new_tokens").index();
                List<int[]> got = Generation.batch(model, prompts(), options(count, List.of(eos)));
                report.equal("eos", padded(stored.get("batch/input_ids"), got), stored.longs("eos/output_ids"));
            });
        }
        if (stored.has("beam/output_ids")) {
            report.guarded("beam", () -> {
                int[] prompt = ints(stored.longs("generate/input_ids"));
                beams(Generation.beams(model, prompt, beamOptions(info)));
            });
        }
    }

    void seq2seq(Seq2SeqLM model) {
        Json info = stored.json("case");
        Tensor ids = stored.get("input_ids");
        Tensor mask = stored.get("attention_mask");
        int count = info.need("new_tokens").index();
        Tensor start = Tensor.full(
                info.need("decoder_start_token_id").index(),
                ids.dtype(),
                ids.device(),
                ids.shape().size(0),
                1);
        report.guarded("generate", () -> {
            List<int[]> got = Generation.batch(model, ids, mask, options(count, List.of()));
            report.equal("generate", padded(start, got), stored.longs("generate/output_ids"));
            Tensor written = stored.get("generate/output_ids");
            Tensor logits = Autograd.noGrad(() -> {
                Tensor encoded = model.encode(ids, mask);
                return model.head(model.decode(encoded, mask, written.narrow(1, 0, count), null));
            });
            report.close("generate/logits", logits, stored.get("generate/logits"), ModelCases.VALUES);
            report.guarded("cached", () -> cached(model, ids, mask, written, count));
        });
        report.guarded("eos", () -> {
            int eos = info.need("eos_token_id").index();
            List<int[]> got = Generation.batch(model, ids, mask, options(count, List.of(eos)));
            report.equal("eos", padded(start, got), stored.longs("eos/output_ids"));
        });
        if (stored.has("beam/output_ids")) {
            report.guarded(
                    "beam",
                    () -> beams(Generation.beams(model, ids.narrow(0, 0, 1), mask.narrow(0, 0, 1), beamOptions(info))));
        }
    }

    private void cached(Seq2SeqLM model, Tensor ids, Tensor mask, Tensor written, int count) {
        List<Tensor> steps = new ArrayList<>();
        Autograd.noGrad(() -> {
            try (KvCache cache = new KvCache()) {
                Tensor encoded = model.encode(ids, mask);
                for (int i = 0; i < count; i++) {
                    steps.add(model.head(model.decode(encoded, mask, written.narrow(1, i, 1), cache)));
                }
            }
        });
        report.close(
                "cached/logits",
                Tensor.cat(1, steps.toArray(Tensor[]::new)),
                stored.get("generate/logits"),
                ModelCases.VALUES);
    }

    private void greedy(CausalLM model) {
        int[] prompt = ints(stored.longs("generate/input_ids"));
        long[] want = stored.longs("generate/output_ids");
        int count = want.length - prompt.length;
        int[] got = Generation.stream(model, prompt, options(count, List.of())).rest();
        long[] whole = new long[prompt.length + got.length];
        for (int i = 0; i < whole.length; i++) {
            whole[i] = i < prompt.length ? prompt[i] : got[i - prompt.length];
        }
        report.equal("generate", whole, want);
        Tensor logits = Autograd.noGrad(() -> model.logits(stored.get("generate/output_ids"), null, null)
                .select(0, 0)
                .narrow(0, prompt.length - 1L, count));
        report.close("generate/logits", logits, stored.get("generate/logits"), ModelCases.VALUES);
    }

    private static GenerationOptions options(int count, List<Integer> stop) {
        return GenerationOptions.greedy(count).withStopTokens(stop);
    }

    private int newTokens(String output, String input) {
        return Math.toIntExact(
                stored.get(output).shape().size(1) - stored.get(input).shape().size(1));
    }

    /** The rows of a batch without their padding. */
    private List<int[]> prompts() {
        Tensor ids = stored.get("batch/input_ids");
        Tensor mask = stored.get("batch/attention_mask");
        List<int[]> all = new ArrayList<>();
        for (int row = 0; row < ids.shape().size(0); row++) {
            long[] tokens = ids.select(0, row).toLongArray();
            int real = (int) Arrays.stream(mask.select(0, row).toLongArray()).sum();
            all.add(ints(Arrays.copyOfRange(tokens, tokens.length - real, tokens.length)));
        }
        return all;
    }

    /** The beginnings of the rows and the generated tokens, padded with 0 to the longest. */
    private static long[] padded(Tensor starts, List<int[]> written) {
        int start = Math.toIntExact(starts.shape().size(1));
        int longest = written.stream().mapToInt(row -> row.length).max().orElse(0);
        long[] all = new long[written.size() * (start + longest)];
        for (int row = 0; row < written.size(); row++) {
            long[] tokens = starts.select(0, row).toLongArray();
            int at = row * (start + longest);
            System.arraycopy(tokens, 0, all, at, start);
            for (int i = 0; i < written.get(row).length; i++) {
                all[at + start + i] = written.get(row)[i];
            }
        }
        return all;
    }

    private static BeamOptions beamOptions(Json info) {
        Json beam = info.need("beam");
        return new BeamOptions(
                beam.need("num_beams").index(),
                beam.need("new_tokens").index(),
                beam.need("length_penalty").number(),
                List.of());
    }

    private void beams(List<Beam> got) {
        long[] tokens = got.stream()
                .flatMapToInt(beam -> Arrays.stream(beam.tokens()))
                .asLongStream()
                .toArray();
        report.equal("beam", tokens, stored.longs("beam/output_ids"));
        double[] scores = got.stream().mapToDouble(Beam::score).toArray();
        report.close("beam/scores", scores, stored.doubles("beam/scores"), 1e-4);
    }

    private static int[] ints(long[] values) {
        return Arrays.stream(values).mapToInt(Math::toIntExact).toArray();
    }
}
