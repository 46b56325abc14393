package dev.lanewise.lm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GenerationTest {
    private static final GenerationOptions GREEDY = GenerationOptions.greedy(9).withStopTokens(List.of());

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"gpt2", "llama", "llama-llama3", "mistral", "qwen2-windows", "qwen3", "gemma2"})
    void scoresThroughTheCacheAreThoseOfTheWholeSequence(String family) {
        CausalLM model = SmallModels.causal(family, folder);
        Tensor ids = SmallModels.named(family).ids().narrow(0, 0, 1);
        Autograd.noGrad(() -> {
            Tensor whole = model.forward(ids);
            for (int piece : new int[] {1, 3, 7}) {
                List<Tensor> parts = new ArrayList<>();
                try (KvCache cache = new KvCache(1)) {
                    for (long at = 0; at < 10; at += piece) {
                        parts.add(model.logits(ids.narrow(1, at, Math.min(piece, 10 - at)), null, cache));
                    }
                }
                Tensor joined = Tensor.cat(1, parts.toArray(Tensor[]::new));
                assertThat(joined.sub(whole).abs().amax().item())
                        .as("pieces of %d", piece)
                        .isLessThan(1e-5);
            }
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt2", "llama", "mistral", "gemma2"})
    void rowsOfABatchGetWhatTheyGetAlone(String family) {
        CausalLM model = SmallModels.causal(family, folder);
        List<int[]> prompts = List.of(new int[] {3, 9, 4, 12, 5}, new int[] {7}, new int[] {11, 6, 10});
        List<int[]> together = Generation.batch(model, prompts, GREEDY);
        for (int i = 0; i < prompts.size(); i++) {
            assertThat(together.get(i))
                    .isEqualTo(Generation.stream(model, prompts.get(i), GREEDY).rest());
        }
    }

    @Test
    void aCacheGrowsPastItsBlock() {
        CausalLM model = SmallModels.causal("llama", folder);
        int[] tokens = Generation.stream(
                        model,
                        new int[] {3},
                        GenerationOptions.greedy(2 * KvCache.BLOCK + 5).withStopTokens(List.of()))
                .rest();
        assertThat(tokens).hasSize(2 * KvCache.BLOCK + 5);
        Autograd.noGrad(() -> {
            long[] all = new long[tokens.length];
            all[0] = 3;
            for (int i = 1; i < all.length; i++) {
                all[i] = tokens[i - 1];
            }
            Tensor logits = model.forward(Tensor.of(all, 1, all.length));
            assertThat(logits.select(0, 0).argmax(-1).toLongArray())
                    .isEqualTo(Arrays.stream(tokens).asLongStream().toArray());
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt2", "llama", "gemma2"})
    void aCacheOf16BitsTakesHalfAndGivesNearlyTheSame(String family) {
        CausalLM model = SmallModels.causal(family, folder);
        long wide = ContinuousBatch.cacheBytes(model, 10);
        Tensor ids = SmallModels.named(family).ids().narrow(0, 0, 1);
        Tensor whole = Autograd.noGrad(() -> model.forward(ids));
        for (DType type : List.of(DType.F16, DType.BF16)) {
            model.setCacheType(type);
            assertThat(ContinuousBatch.cacheBytes(model, 10)).isEqualTo(wide / 2);
            try (KvCache cache = model.newCache(1)) {
                Tensor last = Autograd.noGrad(() -> {
                    model.logits(ids.narrow(1, 0, 6), null, cache);
                    return model.logits(ids.narrow(1, 6, 4), null, cache);
                });
                double error = last.sub(whole.narrow(1, 6, 4)).abs().amax().item();
                assertThat(error / whole.abs().amax().item()).isBetween(1e-7, type == DType.F16 ? 2e-3 : 2e-2);
            }
            assertThat(Generation.beams(model, new int[] {3, 9}, new Generation.BeamOptions(3, 4, 1, List.of())))
                    .hasSize(3);
        }
        assertThatThrownBy(() -> model.setCacheType(DType.I32))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("I32");
    }

    @Test
    void equalSeedsGiveEqualTextsAndOthersOthers() {
        CausalLM model = SmallModels.causal("gpt2", folder);
        GenerationOptions options =
                GenerationOptions.sampled(20, 5).withTemperature(2).withStopTokens(List.of());
        int[] first = Generation.stream(model, new int[] {3, 4}, options).rest();
        assertThat(Generation.stream(model, new int[] {3, 4}, options).rest()).isEqualTo(first);
        GenerationOptions other =
                GenerationOptions.sampled(20, 6).withTemperature(2).withStopTokens(List.of());
        assertThat(Generation.stream(model, new int[] {3, 4}, other).rest()).isNotEqualTo(first);
    }

    @Test
    void topKOfOneIsGreedy() {
        CausalLM model = SmallModels.causal("llama", folder);
        GenerationOptions one = GenerationOptions.sampled(9, 1).withTopK(1).withStopTokens(List.of());
        assertThat(Generation.stream(model, new int[] {5, 8}, one).rest())
                .isEqualTo(Generation.stream(model, new int[] {5, 8}, GREEDY).rest());
    }

    @Test
    void aStopTokenEndsTheStreamAndIsNotGiven() {
        CausalLM model = SmallModels.causal("llama", folder);
        int[] whole = Generation.stream(model, new int[] {3, 9}, GREEDY).rest();
        int stop = whole[4];
        int first = 0;
        while (whole[first] != stop) {
            first++;
        }
        int[] cut = Generation.stream(model, new int[] {3, 9}, GREEDY.withStopTokens(List.of(stop)))
                .rest();
        assertThat(cut).isEqualTo(Arrays.copyOf(whole, first));
        // a batch gives it, so that one sees what ended the text
        int[] row = Generation.batch(model, List.of(new int[] {3, 9}), GREEDY.withStopTokens(List.of(stop)))
                .getFirst();
        assertThat(row).isEqualTo(Arrays.copyOf(whole, first + 1));
    }

    @Test
    void closingEndsAStream() {
        CausalLM model = SmallModels.causal("llama", folder);
        TokenStream stream = Generation.stream(model, new int[] {3, 9}, GREEDY);
        stream.next();
        stream.close();
        assertThat(stream.hasNext()).isFalse();
    }

    @Test
    void textsEndWhereThereIsNoPositionLeft() {
        CausalLM model = SmallModels.causal("gpt2", folder);
        assertThat(model.lengthLimit()).isEqualTo(32);
        GenerationOptions many = GenerationOptions.greedy(100).withStopTokens(List.of());
        int[] prompt = new int[29];
        // a token has a position when the next one is asked for: the last has none
        int[] tokens = Generation.stream(model, prompt, many).rest();
        assertThat(tokens).hasSize(4);
        assertThat(Generation.batch(model, List.of(prompt, new int[] {3}), many).getFirst())
                .isEqualTo(tokens);
        assertThat(Generation.beams(model, prompt, new Generation.BeamOptions(2, 100, 1, List.of())))
                .allMatch(beam -> beam.tokens().length == 33);
        try (ContinuousBatch batch = new ContinuousBatch(model)) {
            ContinuousBatch.Sequence sequence = batch.add(prompt, many);
            while (sequence.end() == null) {
                batch.step();
            }
            assertThat(sequence.end()).isEqualTo(ContinuousBatch.End.LENGTH);
            assertThat(sequence.newTokens()).isEqualTo(tokens);
        }
    }

    @Test
    void scoresThatAreNoNumbersAreAnError() {
        CausalLM model = SmallModels.causal("llama", folder);
        Tensor norm =
                Autograd.detach(model.namedParameters().get("model.norm.weight").leaf());
        norm.assign(Tensor.full(
                Double.NaN, norm.dtype(), norm.device(), norm.shape().toArray()));
        TokenStream stream = Generation.stream(model, new int[] {3, 9}, GREEDY);
        assertThatThrownBy(stream::next).isInstanceOf(TensorException.class).hasMessageContaining("NaN as the score");
        assertThat(stream.hasNext()).isFalse();
        assertThatThrownBy(() -> Generation.batch(model, List.of(new int[] {3}), GREEDY))
                .isInstanceOf(TensorException.class);
        assertThatThrownBy(() -> Generation.beams(
                        model, new int[] {3}, new Generation.BeamOptions(Integer.MAX_VALUE, 3, 1, List.of())))
                .isInstanceOf(TensorException.class);
        try (ContinuousBatch batch = new ContinuousBatch(model)) {
            ContinuousBatch.Sequence sequence = batch.add(new int[] {3}, GREEDY);
            batch.step();
            assertThat(sequence.failure()).hasMessageContaining("NaN as the score");
        }
    }

    /** Asks for one token after the other, up to a number. */
    private static final class Reader implements Flow.Subscriber<Integer> {
        private final List<Integer> tokens = new ArrayList<>();
        private final CompletableFuture<List<Integer>> end = new CompletableFuture<>();
        private final int most;
        private final long request;
        private Flow.Subscription subscription;

        Reader(int most, long request) {
            this.most = most;
            this.request = request;
        }

        @Override
        public void onSubscribe(Flow.Subscription given) {
            subscription = given;
            given.request(request);
        }

        @Override
        public void onNext(Integer token) {
            tokens.add(token);
            if (tokens.size() == most) {
                subscription.cancel();
                end.complete(tokens);
            }
            subscription.request(request);
        }

        @Override
        public void onError(Throwable e) {
            end.completeExceptionally(e);
        }

        @Override
        public void onComplete() {
            end.complete(tokens);
        }
    }

    @Test
    void tokensArePublishedAsTheyAreAskedFor() throws Exception {
        CausalLM model = SmallModels.causal("llama", folder);
        List<Integer> want = Arrays.stream(
                        Generation.stream(model, new int[] {3, 9}, GREEDY).rest())
                .boxed()
                .toList();
        for (Reader reader : List.of(new Reader(100, 1), new Reader(100, Long.MAX_VALUE), new Reader(4, 2))) {
            Flow.Publisher<Integer> publisher =
                    Generation.stream(model, new int[] {3, 9}, GREEDY).publisher();
            publisher.subscribe(reader);
            assertThat(reader.end.get(1, TimeUnit.MINUTES)).isEqualTo(want.subList(0, Math.min(9, reader.most)));
            Reader second = new Reader(1, 1);
            publisher.subscribe(second);
            assertThatThrownBy(() -> second.end.get(1, TimeUnit.MINUTES))
                    .hasRootCauseInstanceOf(IllegalStateException.class);
        }
        Reader none = new Reader(1, 0);
        Generation.stream(model, new int[] {3, 9}, GREEDY).publisher().subscribe(none);
        assertThatThrownBy(() -> none.end.get(1, TimeUnit.MINUTES))
                .hasRootCauseInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void oneBeamIsGreedyAndMoreBeamsAreNoWorse() {
        CausalLM model = SmallModels.causal("gpt2", folder);
        int[] prompt = {3, 9, 4};
        Generation.Beam one = Generation.beams(model, prompt, new Generation.BeamOptions(1, 9, 1, List.of()))
                .getFirst();
        int[] greedy = Generation.stream(model, prompt, GREEDY).rest();
        assertThat(Arrays.copyOfRange(one.tokens(), 3, 12)).isEqualTo(greedy);
        List<Generation.Beam> four = Generation.beams(model, prompt, new Generation.BeamOptions(4, 9, 1, List.of()));
        assertThat(four).hasSize(4);
        assertThat(four.getFirst().score()).isGreaterThan(one.score() - 1e-6);
        assertThat(four).isSortedAccordingTo((a, b) -> Double.compare(b.score(), a.score()));
    }

    @Test
    void promptsThatCannotBeAreRefused() {
        CausalLM model = SmallModels.causal("gpt2", folder);
        assertThatThrownBy(() -> Generation.stream(model, new int[0], GREEDY).next())
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("empty prompt");
        assertThatThrownBy(
                        () -> Generation.stream(model, new int[] {13}, GREEDY).next())
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("token 13");
        int[] tooLong = new int[33];
        assertThatThrownBy(() -> Generation.stream(model, tooLong, GREEDY).next())
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("33 tokens (expected at most 32");
    }
}
