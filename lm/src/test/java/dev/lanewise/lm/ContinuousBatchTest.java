package dev.lanewise.lm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Lanewise;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Sequences of different lengths that are continued together. */
class ContinuousBatchTest {
    private static final GenerationOptions GREEDY = GenerationOptions.greedy(9).withStopTokens(List.of());

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(
            strings = {"gpt2", "llama", "llama-llama3", "llama-dynamic", "mistral", "qwen2-windows", "qwen3", "gemma2"})
    void scoresAreThoseOfEachSequenceAlone(String family) {
        CausalLM model = SmallModels.causal(family, folder);
        long[][] starts = {{3, 9, 4, 12, 5, 8, 2, 6}, {7}, {11, 6, 10}};
        Autograd.noGrad(() -> {
            List<KvCache> together = new ArrayList<>();
            List<KvCache> alone = new ArrayList<>();
            for (long[] start : starts) {
                for (List<KvCache> caches : List.of(together, alone)) {
                    KvCache cache = new KvCache();
                    model.logits(Tensor.of(start, 1, start.length), null, cache);
                    caches.add(cache);
                }
            }
            for (long step = 0; step < 4; step++) {
                Tensor next = Tensor.of(new long[] {step + 1, 2 * step, 9 - step}, 3, 1);
                Tensor found = model.logits(next, together);
                for (int row = 0; row < 3; row++) {
                    Tensor expected = model.logits(next.narrow(0, row, 1), null, alone.get(row));
                    assertThat(found.narrow(0, row, 1)
                                    .sub(expected)
                                    .abs()
                                    .amax()
                                    .item())
                            .as("row %d of step %d", row, step)
                            .isLessThan(1e-5);
                    assertThat(together.get(row).length()).isEqualTo(starts[row].length + step + 1);
                }
            }
            together.forEach(KvCache::close);
            alone.forEach(KvCache::close);
        });
    }

    @Test
    void sequencesThatComeAndGoGetWhatTheyGetAlone() {
        CausalLM model = SmallModels.causal("llama", folder);
        List<int[]> prompts = List.of(new int[] {3, 9, 4, 12, 5}, new int[] {7}, new int[] {11, 6, 10}, new int[] {2});
        List<GenerationOptions> options = List.of(
                GREEDY,
                GenerationOptions.greedy(3).withStopTokens(List.of()),
                GenerationOptions.sampled(7, 5).withTemperature(2).withStopTokens(List.of()),
                GREEDY.withRepetitionPenalty(1.3));
        try (var batch = new ContinuousBatch(model)) {
            List<ContinuousBatch.Sequence> sequences = new ArrayList<>();
            for (int i = 0; i < prompts.size(); i++) {
                sequences.add(batch.add(prompts.get(i), options.get(i)));
                batch.step();
                batch.step();
            }
            ContinuousBatch.Sequence left = batch.add(new int[] {1}, GREEDY);
            batch.step();
            left.close();
            while (batch.size() > 0) {
                batch.step();
            }
            assertThat(left.count()).isEqualTo(1);
            assertThat(left.end()).isEqualTo(ContinuousBatch.End.CLOSED);
            for (int i = 0; i < prompts.size(); i++) {
                assertThat(sequences.get(i).end()).isEqualTo(ContinuousBatch.End.LENGTH);
                assertThat(sequences.get(i).newTokens())
                        .isEqualTo(Generation.stream(model, prompts.get(i), options.get(i))
                                .rest());
            }
        }
    }

    @Test
    void aStopTokenEndsASequenceAndIsSeen() {
        CausalLM model = SmallModels.causal("llama", folder);
        int[] whole = Generation.stream(model, new int[] {3, 9}, GREEDY).rest();
        int stop = whole[4];
        int[] cut = Generation.stream(model, new int[] {3, 9}, GREEDY.withStopTokens(List.of(stop)))
                .rest();
        try (var batch = new ContinuousBatch(model)) {
            ContinuousBatch.Sequence sequence = batch.add(new int[] {3, 9}, GREEDY.withStopTokens(List.of(stop)));
            while (sequence.end() == null) {
                batch.step();
            }
            assertThat(sequence.end()).isEqualTo(ContinuousBatch.End.STOP_TOKEN);
            assertThat(sequence.token()).isEqualTo(stop);
            assertThat(sequence.newTokens()).isEqualTo(Arrays.copyOf(whole, cut.length + 1));
        }
    }

    @Test
    void onlyTheSequenceAtWhichTheModelFailsEnds() {
        CausalLM model = SmallModels.causal("gpt2", folder); // of 32 positions
        try (var batch = new ContinuousBatch(model)) {
            int[] most = new int[32];
            ContinuousBatch.Sequence full = batch.add(most, GREEDY);
            ContinuousBatch.Sequence filtered = batch.add(new int[] {3}, GREEDY.withFilters((scores, previous) -> {
                if (previous.length == 3) {
                    throw new IllegalStateException("no third");
                }
            }));
            ContinuousBatch.Sequence tooLong = batch.add(new int[33], GREEDY);
            ContinuousBatch.Sequence good = batch.add(new int[] {3, 4}, GREEDY);
            while (batch.size() > 0) {
                batch.step();
            }
            assertThat(full.end()).isEqualTo(ContinuousBatch.End.LENGTH);
            assertThat(full.count()).isEqualTo(1);
            assertThat(tooLong.end()).isEqualTo(ContinuousBatch.End.FAILED);
            assertThat(tooLong.failure()).isInstanceOf(TensorException.class).hasMessageContaining("positions");
            assertThat(filtered.end()).isEqualTo(ContinuousBatch.End.FAILED);
            assertThat(filtered.failure()).hasMessage("no third");
            assertThat(filtered.count()).isEqualTo(2);
            assertThat(good.newTokens())
                    .isEqualTo(
                            Generation.stream(model, new int[] {3, 4}, GREEDY).rest());
        }
    }

    @Test
    void memoryIsWhatWasForetoldAndIsReleased() {
        CausalLM model = SmallModels.causal("llama", folder);
        try (KvCache cache = new KvCache(300)) {
            Autograd.noGrad(() -> model.hidden(Tensor.zeros(DType.I64, model.device(), 1, 7), null, cache));
            assertThat(cache.bytes()).isPositive().isEqualTo(ContinuousBatch.cacheBytes(model, 300));
        }
        assertThat(ContinuousBatch.cacheBytes(model, 1)).isEqualTo(ContinuousBatch.cacheBytes(model, KvCache.BLOCK));
        GenerationOptions large = GenerationOptions.greedy(40_000).withStopTokens(List.of());
        long all = 60 * ContinuousBatch.cacheBytes(model, 40_001);
        long before = Lanewise.hostMemory();
        for (int i = 0; i < 20; i++) {
            try (var batch = new ContinuousBatch(model)) {
                batch.add(new int[] {3}, large);
                ContinuousBatch.Sequence closed = batch.add(new int[] {3}, large);
                batch.add(new int[] {3}, GREEDY);
                batch.step();
                batch.step();
                closed.close();
            }
        }
        assertThat(Lanewise.hostMemory() - before).isLessThan(all / 4);
    }

    @Test
    void promptsThatCannotBeAreRefusedAtOnce() {
        CausalLM model = SmallModels.causal("gpt2", folder);
        try (var batch = new ContinuousBatch(model)) {
            assertThatThrownBy(() -> batch.add(new int[0], GREEDY)).hasMessageContaining("empty prompt");
            assertThatThrownBy(() -> batch.add(new int[] {13}, GREEDY)).hasMessageContaining("token 13");
            assertThat(batch.size()).isZero();
            batch.step();
        }
        KvCache one = new KvCache();
        assertThatThrownBy(() -> model.logits(Tensor.of(new long[] {1, 2}, 2, 1), List.of(one, one)))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("a cache of its own");
    }
}
