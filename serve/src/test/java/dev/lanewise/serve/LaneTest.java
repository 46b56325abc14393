package dev.lanewise.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.nn.Linear;
import dev.lanewise.nn.ReLU;
import dev.lanewise.nn.Sequential;
import dev.lanewise.nn.ServingModel;
import dev.lanewise.nn.io.TensorData;
import dev.lanewise.serve.http.Caller;
import dev.lanewise.serve.http.Refusal;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Queues, and requests that are computed together. */
class LaneTest {
    private static final Duration LONG = Duration.ofSeconds(60);

    private static Pending request(Servable model, float... values) {
        return new Pending(
                new InferRequest(
                        null,
                        Map.of("x", TensorData.of(values, values.length / 3, 3)),
                        List.of(new InferRequest.Output("y", false)),
                        null),
                model.signature());
    }

    private static float[] answer(Lane lane, Pending pending) {
        assertThat(lane.offer(pending)).isTrue();
        return lane.await(pending, LONG, Caller.UNWATCHED).outputs().get("y").toFloatArray();
    }

    @Test
    void togetherEqualsApart() throws Exception {
        var network = new ServingModel(new Sequential(new Linear(3, 64), new ReLU(), new Linear(64, 3)));
        Servable model = Servable.of(network, TestServable.doubling().signature());
        assertThat(Trial.run(model, null, 32, Duration.ZERO).rows()).isTrue();
        AtomicLong largest = new AtomicLong();
        List<Future<float[]>> answers = new ArrayList<>();
        Batching batching = Batching.usual().withLongestWait(Duration.ofMillis(20));
        try (Lane lane = new Lane("together", model, Together.ROWS, batching, BatchObserver.NONE);
                Lane apart = new Lane("apart", model, Together.NEVER, batching, BatchObserver.NONE);
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 200; i++) {
                float[] values = new float[3 * (1 + i % 5)];
                for (int j = 0; j < values.length; j++) {
                    values[j] = (j * 31 % 17) / 17f - 0.5f;
                }
                answers.add(threads.submit(() -> {
                    Pending pending = request(model, values);
                    assertThat(lane.offer(pending)).isTrue();
                    Answer answer = lane.await(pending, LONG, Caller.UNWATCHED);
                    largest.accumulateAndGet(answer.rows(), Math::max);
                    float[] expected = answer(apart, request(model, values));
                    assertThat(answer.outputs().get("y").toFloatArray())
                            .hasSameSizeAs(expected)
                            .usingComparatorWithPrecision(1e-5f)
                            .containsExactly(expected);
                    return expected;
                }));
            }
            for (Future<float[]> future : answers) {
                future.get();
            }
        }
        assertThat(largest.get()).isBetween(6L, 32L);
    }

    @Test
    void onlyTheRequestAtFaultFails() {
        CountDownLatch go = new CountDownLatch(1);
        Servable model = TestServable.of(
                DType.F32,
                x -> {
                    TestServable.await(go);
                    if (x.toFloatArray()[0] < 0 || x.toFloatArray()[x.toFloatArray().length - 3] < 0) {
                        throw new TensorException("negative");
                    }
                    return x.mul(2);
                },
                TensorInfo.OPEN,
                3);
        try (Lane lane = new Lane("fault", model, Together.ROWS, Batching.usual(), BatchObserver.NONE)) {
            Pending first = request(model, 1, 1, 1);
            Pending good = request(model, 1, 2, 3);
            Pending bad = request(model, -1, 2, 3);
            lane.offer(first);
            lane.offer(good);
            lane.offer(bad);
            go.countDown();
            assertThat(lane.await(good, LONG, Caller.UNWATCHED)
                            .outputs()
                            .get("y")
                            .toFloatArray())
                    .containsExactly(2, 4, 6);
            assertThatThrownBy(() -> lane.await(bad, LONG, Caller.UNWATCHED))
                    .isInstanceOfSatisfying(Refusal.class, refusal -> {
                        assertThat(refusal.status()).isEqualTo(400);
                        assertThat(refusal.text()).contains("negative");
                    });
            assertThat(lane.await(first, LONG, Caller.UNWATCHED)
                            .outputs()
                            .get("y")
                            .toFloatArray())
                    .containsExactly(2, 2, 2);
        }
    }

    @Test
    void fullQueueAndLateAnswersAreRefusedAndClosingAnswersTheRest() throws Exception {
        CountDownLatch computing = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        Servable model = TestServable.of(
                DType.F32,
                x -> {
                    computing.countDown();
                    TestServable.await(go);
                    return x;
                },
                TensorInfo.OPEN,
                3);
        Lane lane = new Lane("full", model, Together.ROWS, Batching.usual().withQueue(2), BatchObserver.NONE);
        Pending first = request(model, 1, 1, 1);
        lane.offer(first);
        computing.await();
        Pending late = request(model, 2, 2, 2);
        lane.offer(late);
        Pending kept = request(model, 3, 3, 3);
        lane.offer(kept);
        assertThatThrownBy(() -> lane.offer(request(model, 4, 4, 4))).isInstanceOfSatisfying(Refusal.class, refusal -> {
            assertThat(refusal.status()).isEqualTo(429);
            assertThat(refusal.retrySeconds()).isPositive();
        });
        assertThatThrownBy(() -> lane.await(late, Duration.ofMillis(20), Caller.UNWATCHED))
                .isInstanceOfSatisfying(
                        Refusal.class, refusal -> assertThat(refusal.status()).isEqualTo(504));
        // the one that was late has given up its place
        Pending next = request(model, 5, 5, 5);
        assertThat(lane.offer(next)).isTrue();
        Thread closing = Thread.ofVirtual().start(lane::close);
        go.countDown();
        closing.join();
        assertThat(lane.await(first, LONG, Caller.UNWATCHED).outputs().get("y").toFloatArray())
                .containsExactly(1, 1, 1);
        assertThat(lane.await(kept, LONG, Caller.UNWATCHED).outputs().get("y").toFloatArray())
                .containsExactly(3, 3, 3);
        assertThat(lane.await(next, LONG, Caller.UNWATCHED).outputs().get("y").toFloatArray())
                .containsExactly(5, 5, 5);
        assertThat(lane.offer(request(model, 6, 6, 6))).isFalse();
    }

    @Test
    void rowsThatInfluenceEachOtherStayApart() {
        Servable centred = TestServable.of(DType.F32, x -> x.sub(x.mean()), TensorInfo.OPEN, 3);
        assertThat(Trial.run(centred, null, 32, Duration.ZERO).rows()).isFalse();
        Servable fixed = TestServable.of(DType.F32, x -> x, 1, 3);
        assertThat(Trial.run(fixed, null, 32, Duration.ZERO).rows()).isFalse();
        Servable turned = TestServable.of(DType.F32, Tensor::transpose, TensorInfo.OPEN, TensorInfo.OPEN);
        assertThat(Trial.run(turned, null, 32, Duration.ZERO).rows()).isFalse();
    }

    @Test
    void modelThatComputesNothingIsNotServed() {
        Servable broken = TestServable.of(
                DType.F32,
                x -> {
                    throw new TensorException("broken");
                },
                TensorInfo.OPEN,
                3);
        assertThatThrownBy(() -> Server.builder().model("broken", "1", broken).start())
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("broken");
    }
}
