package dev.lanewise.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.nn.optim.Sgd;
import dev.lanewise.nn.sequence.LSTM;
import dev.lanewise.nn.sequence.TransformerEncoderLayer;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.Window;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

final class ServingModelTest {
    private static final int THREADS = 64;

    private static Layer network() {
        Rng rng = new Rng(3);
        return new Sequential(
                new Conv2d(1, 4, Window.of(3).padding(1), rng),
                new BatchNorm2d(4),
                new ReLU(),
                new Dropout(0.5, rng),
                new Flatten(),
                new Linear(4 * 36, 10, rng));
    }

    /** What every one of many virtual threads, which start together, computes. */
    private static <T> List<T> onManyThreads(Supplier<T> body) throws Exception {
        CountDownLatch ready = new CountDownLatch(THREADS);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<T>> running = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                running.add(threads.submit(() -> {
                    ready.countDown();
                    ready.await();
                    return body.get();
                }));
            }
            List<T> results = new ArrayList<>();
            for (Future<T> future : running) {
                results.add(future.get());
            }
            return results;
        }
    }

    private static float[] scores(Supplier<Tensor> prediction) {
        try (var ignored = Scope.open("request")) {
            return prediction.get().toFloatArray();
        }
    }

    @Test
    void manyThreadsGetTheBitsOfOne() throws Exception {
        Layer model = network();
        model.eval();
        Tensor x = new Rng(5).randn(DType.F32, 7, 1, 6, 6);
        float[] alone = scores(() -> model.forward(x));
        for (float[] scores : onManyThreads(() -> scores(() -> model.forward(x)))) {
            assertThat(scores).containsExactly(alone);
        }
    }

    @Test
    void recurrentAndAttentionNetworksToo() throws Exception {
        Rng rng = new Rng(8);
        Layer model = new Sequential(new TransformerEncoderLayer(8, 2, 16, 0.1, rng), new LSTM(8, 6));
        ServingModel serving = new ServingModel(model);
        Tensor x = rng.randn(DType.F32, 3, 5, 8);
        float[] alone = scores(() -> serving.predict(x));
        for (float[] scores : onManyThreads(() -> scores(() -> serving.predict(x)))) {
            assertThat(scores).containsExactly(alone);
        }
    }

    @Test
    void predictionsUsePublishedWeightsInEvaluationModeWhileTrainingGoesOn() throws Exception {
        Layer model = network();
        Tensor x = new Rng(5).randn(DType.F32, 7, 1, 6, 6);
        ServingModel serving = new ServingModel(model);
        float[] first = scores(() -> serving.predict(x));
        List<float[]> meanwhile;
        AtomicBoolean done = new AtomicBoolean();
        Thread training = Thread.ofVirtual().start(() -> {
            Sgd sgd = new Sgd(model.parameters(), 0.1);
            do {
                try (var ignored = Scope.open("step")) {
                    sgd.step(Autograd.gradients(model.forward(x).square().mean()));
                }
            } while (!done.get());
        });
        try {
            meanwhile = onManyThreads(() -> scores(() -> serving.predict(x)));
        } finally {
            done.set(true);
            training.join();
        }
        meanwhile.forEach(scores -> assertThat(scores).containsExactly(first));
        assertThat(model.isTraining()).isTrue();
        assertThat(serving.publish()).isEqualTo(2);
        float[] second = scores(() -> serving.predict(x));
        assertThat(second).isNotEqualTo(first);
        model.eval();
        assertThat(second).containsExactly(scores(() -> model.forward(x)));
    }

    /** Weight, bias and buffer always have one value; a reader that sees two of them has seen half an update. */
    private static final class Counter extends Layer {
        private final Parameter weight = parameter("weight", Tensor.zeros(1000));
        private final Parameter bias = parameter("bias", Tensor.zeros(1000));

        Counter() {
            buffer("seen", Tensor.zeros(1000));
        }

        @Override
        protected Tensor compute(Tensor x) {
            return weight.tensor()
                    .sub(bias.tensor())
                    .abs()
                    .add(weight.tensor().sub(buffer("seen")).abs());
        }
    }

    @Test
    void noReaderSeesHalfAnUpdate() throws Exception {
        Counter model = new Counter();
        ServingModel serving = new ServingModel(model);
        AtomicBoolean done = new AtomicBoolean();
        Thread publisher = Thread.ofPlatform().start(() -> {
            for (int version = 1; !done.get(); version++) {
                try (var ignored = Scope.open("step")) {
                    Tensor now = Tensor.full(version, DType.F32, Device.CPU, 1000);
                    serving.publish(Map.of("weight", now, "bias", now, "seen", now));
                }
            }
        });
        List<Float> differences;
        try {
            while (serving.version() == 1 && publisher.isAlive()) {
                Thread.onSpinWait();
            }
            differences = onManyThreads(() -> {
                float largest = 0;
                for (int i = 0; i < 50; i++) {
                    try (var ignored = Scope.open("request")) {
                        largest = Math.max(largest, (float)
                                serving.predict(Tensor.zeros(1)).amax().item());
                    }
                }
                return largest;
            });
        } finally {
            done.set(true);
            publisher.join();
        }
        assertThat(differences).containsOnly(0f);
        assertThat(serving.version()).isGreaterThan(1);
        assertThat(model.stateDict().get("weight").toFloatArray()).containsOnly(0f);
    }

    @Test
    void callsOfOneComputationHaveOneSetOfWeights() {
        Linear model = new Linear(1, 1, false, new Rng(1));
        ServingModel serving = new ServingModel(model);
        Tensor x = Tensor.ones(1, 1);
        serving.call(() -> {
            float before = model.forward(x).toFloatArray()[0];
            serving.publish(Map.of("weight", Tensor.ones(1, 1)));
            assertThat(model.forward(x).toFloatArray()[0]).isEqualTo(before);
            return before;
        });
        assertThat(serving.predict(x).toFloatArray()).containsExactly(1f);
    }

    @Test
    void weightsOfAnotherModelAreRefused() {
        Linear model = new Linear(2, 2);
        ServingModel serving = new ServingModel(model);
        assertThatThrownBy(() -> serving.publish(Map.of("weight", Tensor.ones(2, 3))))
                .hasMessageContaining("publish")
                .hasMessageContaining("missing bias")
                .hasMessageContaining("weight is [2, 3] (expected [2, 2])");
        assertThat(serving.version()).isEqualTo(1);
    }

    @Test
    void predictionsAreNotRecorded() {
        ServingModel serving = new ServingModel(new Linear(2, 2));
        assertThat(Autograd.isTracked(serving.predict(Tensor.ones(1, 2)))).isFalse();
    }
}
