package dev.lanewise.serve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.nn.io.TensorData;
import dev.lanewise.serve.http.Caller;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Token sequences of different lengths, computed together. */
class PaddingTest {
    private static final int VOCABULARY = 20;
    private static final int HIDDEN = 8;
    private static final int POSITIONS = 64;
    private static final Duration LONG = Duration.ofSeconds(60);

    /** How a model treats what its mask hides. */
    enum Kind {
        MASKED,
        MEAN_OF_ALL,
        LAST,
        NO_MASK,
        LENGTH_AND_ONE
    }

    /** One layer of attention: the last hidden state, its mean, and the weights of the attention. */
    private record Encoder(Kind kind, Tensor words, Tensor positions) implements Servable {
        static Encoder of(Kind kind) {
            Rng rng = new Rng(5);
            return new Encoder(kind, rng.randn(DType.F32, VOCABULARY, HIDDEN), rng.randn(DType.F32, POSITIONS, HIDDEN));
        }

        @Override
        public Signature signature() {
            return new Signature(
                    List.of(
                            TensorInfo.of("input_ids", DType.I64, TensorInfo.OPEN, TensorInfo.OPEN),
                            TensorInfo.of("attention_mask", DType.I64, TensorInfo.OPEN, TensorInfo.OPEN)),
                    List.of(
                            TensorInfo.of("pooled", DType.F32, TensorInfo.OPEN, HIDDEN),
                            TensorInfo.of("hidden", DType.F32, TensorInfo.OPEN, TensorInfo.OPEN, HIDDEN),
                            TensorInfo.of("weights", DType.F32, TensorInfo.OPEN, TensorInfo.OPEN, TensorInfo.OPEN)));
        }

        @Override
        public Map<String, Tensor> compute(Map<String, Tensor> inputs) {
            Tensor ids = inputs.get("input_ids");
            long length = ids.shape().size(1);
            Tensor mask = inputs.get("attention_mask").to(DType.F32);
            if (kind == Kind.NO_MASK) {
                mask = mask.mul(0).add(1);
            }
            Tensor x = words.embedding(ids).add(positions.narrow(0, 0, length));
            Tensor scores =
                    x.matmul(x.transpose(1, 2)).add(mask.unsqueeze(1).sub(1).mul(1e9));
            Tensor weights = scores.softmax(2);
            Tensor hidden = weights.matmul(x);
            Tensor pooled = switch (kind) {
                case MEAN_OF_ALL -> hidden.mean(1);
                case LAST -> hidden.select(1, length - 1);
                default -> hidden.mul(mask.unsqueeze(2)).sum(1).div(mask.sum(1).unsqueeze(1));
            };
            Tensor longer = kind == Kind.LENGTH_AND_ONE ? Tensor.cat(1, hidden, pooled.unsqueeze(1)) : hidden;
            return Map.of("pooled", pooled, "hidden", longer, "weights", weights);
        }
    }

    private static InferRequest request(long[] ids, long[] mask, int rows) {
        int length = ids.length / rows;
        return new InferRequest(
                null,
                Map.of(
                        "input_ids", TensorData.of(ids, rows, length),
                        "attention_mask", TensorData.of(mask, rows, length)),
                List.of(
                        new InferRequest.Output("hidden", true),
                        new InferRequest.Output("pooled", false),
                        new InferRequest.Output("weights", true)),
                null);
    }

    private static InferRequest random(RandomGenerator random, int length) {
        int rows = 1 + random.nextInt(2);
        long[] ids = random.longs((long) rows * length, 0, VOCABULARY).toArray();
        long[] mask = random.longs((long) rows * length, 0, 2).toArray();
        for (int row = 0; row < rows; row++) {
            mask[row * length + random.nextInt(length)] = 1;
        }
        return request(ids, mask, rows);
    }

    private static Answer answer(Lane lane, InferRequest request) {
        Pending pending = lane.pending(request);
        assertThat(lane.offer(pending)).isTrue();
        return lane.await(pending, LONG, Caller.UNWATCHED);
    }

    private static void assertSame(Map<String, TensorData> found, Map<String, TensorData> expected) {
        assertThat(found.keySet()).isEqualTo(expected.keySet());
        expected.forEach((name, data) -> {
            assertThat(found.get(name).shape()).as(name).isEqualTo(data.shape());
            assertThat(found.get(name).toFloatArray())
                    .as(name)
                    .usingComparatorWithPrecision(1e-5f)
                    .containsExactly(data.toFloatArray());
        });
    }

    @Test
    void sequencesOfABucketAreComputedTogetherAndAnsweredAsAlone() throws Exception {
        Servable model = Encoder.of(Kind.MASKED);
        Together together = Trial.run(model, null, 32, Duration.ZERO);
        assertThat(together.padding())
                .isEqualTo(new Padding(Map.of("pooled", List.of(), "hidden", List.of(1), "weights", List.of(1, 2))));
        Set<Set<Long>> batches = ConcurrentHashMap.newKeySet();
        BatchObserver observer = (batch, start, nanos) -> {
            Set<Long> lengths = new HashSet<>();
            batch.forEach(pending -> lengths.add(pending.length));
            batches.add(lengths);
        };
        Batching batching =
                Batching.usual().withLongestWait(Duration.ofMillis(20)).withBucket(8);
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(3);
        List<Future<Answer>> answers = new ArrayList<>();
        List<InferRequest> requests = new ArrayList<>();
        try (Lane lane = new Lane("together", model, together, batching, observer);
                Lane apart = new Lane("apart", model, Together.NEVER, batching, BatchObserver.NONE);
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 200; i++) {
                InferRequest request = random(random, 1 + i % 20);
                requests.add(request);
                answers.add(threads.submit(() -> answer(lane, request)));
            }
            for (int i = 0; i < answers.size(); i++) {
                assertSame(
                        answers.get(i).get().outputs(),
                        answer(apart, requests.get(i)).outputs());
            }
        }
        assertThat(batches).anyMatch(lengths -> lengths.size() > 2);
        assertThat(batches)
                .allSatisfy(lengths -> assertThat(
                                lengths.stream().map(length -> (length + 7) / 8).distinct())
                        .hasSize(1));
    }

    @ParameterizedTest
    @EnumSource(value = Kind.class, mode = EnumSource.Mode.EXCLUDE, names = "MASKED")
    void lengthsThatInfluenceResultsStayApart(Kind kind) {
        Together together = Trial.run(Encoder.of(kind), null, 32, Duration.ZERO);
        assertThat(together.rows()).isTrue();
        assertThat(together.padding()).isNull();
    }

    @Test
    void onlyWhatPaddingLeavesAsItIsGoesIntoABucket() {
        Signature signature = Encoder.of(Kind.MASKED).signature();
        Map<String, InferRequest> requests = new HashMap<>();
        requests.put("plain", request(new long[] {1, 2, 3}, new long[] {0, 1, 0}, 1));
        requests.put("a row hidden", request(new long[] {1, 2, 3, 4}, new long[] {0, 0, 1, 1}, 2));
        requests.put("the last row hidden", request(new long[] {1, 2, 3, 4}, new long[] {0, 1, 0, 0}, 2));
        requests.put("another value", request(new long[] {1, 2}, new long[] {1, 2}, 1));
        requests.put("nothing", request(new long[0], new long[0], 1));
        requests.forEach((name, request) -> {
            Pending pending = new Pending(request, signature, 16);
            assertThat(pending.length).as(name).isEqualTo(name.equals("plain") ? 3 : 0);
            assertThat(pending.form.bucket()).as(name).isEqualTo(name.equals("plain") ? 16 : 0);
        });
        Pending exact = new Pending(requests.get("plain"), signature, 1);
        assertThat(exact.form.bucket()).isZero();
        Pending different = new Pending(
                new InferRequest(
                        null,
                        Map.of(
                                "input_ids", TensorData.of(new long[] {1, 2}, 1, 2),
                                "attention_mask", TensorData.of(new long[] {1}, 1, 1)),
                        List.of(),
                        null),
                signature,
                16);
        assertThat(different.length).isZero();
    }
}
