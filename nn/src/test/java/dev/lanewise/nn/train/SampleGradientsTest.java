package dev.lanewise.nn.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lanewise.nn.Activation;
import dev.lanewise.nn.AvgPool2d;
import dev.lanewise.nn.BatchNorm1d;
import dev.lanewise.nn.Conv1d;
import dev.lanewise.nn.Conv2d;
import dev.lanewise.nn.Dropout;
import dev.lanewise.nn.Flatten;
import dev.lanewise.nn.GroupNorm;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.LayerNorm;
import dev.lanewise.nn.Linear;
import dev.lanewise.nn.MaxPool1d;
import dev.lanewise.nn.PReLU;
import dev.lanewise.nn.ReLU;
import dev.lanewise.nn.Residual;
import dev.lanewise.nn.Sequential;
import dev.lanewise.nn.data.Batch;
import dev.lanewise.nn.io.Safetensors;
import dev.lanewise.nn.io.SafetensorsFile;
import dev.lanewise.nn.loss.CrossEntropyLoss;
import dev.lanewise.nn.loss.Loss;
import dev.lanewise.nn.loss.Losses;
import dev.lanewise.nn.parametrize.WeightNorm;
import dev.lanewise.nn.sequence.Embedding;
import dev.lanewise.nn.sequence.LSTM;
import dev.lanewise.nn.spatial.Conv3d;
import dev.lanewise.tensor.Autocast;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Reduction;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.Window;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Gradients of single samples, as {@code samples.py} stored them of torch.func, and those of samples by themselves. */
final class SampleGradientsTest {
    private static final Rng RNG = new Rng(0);

    /** The last result of an LSTM. */
    private static final class Last extends Layer {
        private final LSTM rnn = child("rnn", new LSTM(3, 4));

        @Override
        protected Tensor compute(Tensor x) {
            return rnn.forward(x).select(1, -1);
        }
    }

    private static Tensor read(SafetensorsFile file, String name) {
        return file.entry(name).toTensor();
    }

    private static Layer model(String name) {
        Linear shared = new Linear(3, 3);
        Layer model = switch (name) {
            case "mlp" -> new Sequential(new Linear(4, 5), Activation.tanh(), new Linear(5, 3, false));
            case "places" -> new Sequential(new Linear(4, 2), new ReLU(), new Linear(2, 3));
            case "shared" -> new Sequential(shared, Activation.tanh(), shared);
            case "conv1d" ->
                new Sequential(
                        new Conv1d(4, 6, Window.of(3).stride(2).padding(1).dilation(2), 2, false, RNG),
                        new ReLU(),
                        new MaxPool1d(2),
                        new Flatten(),
                        new Linear(6, 3));
            case "conv2d" ->
                new Sequential(
                        new Conv2d(4, 6, Window.of(3, 2).stride(2, 1).padding(1, 0), 2, true, RNG),
                        new ReLU(),
                        new AvgPool2d(2),
                        new Flatten(),
                        new Linear(24, 3));
            case "conv3d" -> new Sequential(new Conv3d(1, 2, 2), new Flatten(), new Linear(16, 3));
            case "embedding" -> new Sequential(new Embedding(5, 2, 1, RNG), new Flatten(), new Linear(8, 3));
            case "norms" ->
                new Sequential(
                        new Residual(new Sequential(new GroupNorm(2, 4), new PReLU(4, 0.25))),
                        new LayerNorm(4, 3),
                        new Flatten(),
                        new Linear(12, 3));
            case "batch_norm" -> new Sequential(new Linear(3, 4), new BatchNorm1d(4), new Linear(4, 3));
            case "lstm" -> new Sequential(new Last(), new Linear(4, 3));
            default -> throw new AssertionError(name);
        };
        model.to(DType.F64);
        model.eval();
        return model;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "mlp",
                "places",
                "shared",
                "conv1d",
                "conv2d",
                "conv3d",
                "embedding",
                "norms",
                "batch_norm",
                "lstm"
            })
    void gradientsAreThoseOfTorch(String name) {
        Layer model = model(name);
        Loss loss = name.equals("places") ? Losses.meanSquaredError(Reduction.MEAN) : new CrossEntropyLoss();
        Path cases = Path.of("src", "test", "resources", "dev", "lanewise", "nn", "train", "samples.safetensors");
        try (SafetensorsFile file = Safetensors.open(cases)) {
            Map<String, Tensor> state = new LinkedHashMap<>();
            Map<String, Tensor> expected = new LinkedHashMap<>();
            for (String key : file.names()) {
                if (key.startsWith(name + "/state/")) {
                    state.put(key.substring(name.length() + 7), read(file, key));
                } else if (key.startsWith(name + "/grad/")) {
                    expected.put(key.substring(name.length() + 6), read(file, key));
                }
            }
            model.loadStateDict(state);
            Batch batch = new Batch(read(file, name + "/x"), read(file, name + "/y"));
            assertThat(AllSamples.canRun(model, model.parameters())).isEqualTo(!name.equals("lstm"));
            Map<String, Tensor> found = SampleGradients.of(model, loss, batch);
            assertThat(new TreeSet<>(found.keySet())).isEqualTo(new TreeSet<>(expected.keySet()));
            found.forEach((key, gradient) -> {
                assertThat(gradient.shape()).isEqualTo(expected.get(key).shape());
                assertThat(gradient.flatten().toDoubleArray())
                        .as(key)
                        .containsExactly(expected.get(key).flatten().toDoubleArray(), within(1e-12));
            });
        }
    }

    private static Batch batch(int n) {
        return new Batch(new Rng(5).randn(n, 4), Tensor.arange(n).remainder(3));
    }

    /** The same gradients by a model whose layers nothing is known of. */
    private static void assertSameAsOneByOne(Layer model, Loss loss, Batch batch) {
        Layer own = new Layer() {
            private final Layer inner = child("inner", model);

            @Override
            protected Tensor compute(Tensor x) {
                return inner.forward(x);
            }
        };
        Map<String, Tensor> expected = SampleGradients.of(own, loss, batch);
        Map<String, Tensor> found = SampleGradients.of(model, loss, batch);
        assertThat(found).hasSameSizeAs(expected);
        found.forEach((name, gradient) -> assertThat(gradient.flatten().toFloatArray())
                .as(name)
                .containsExactly(expected.get("inner." + name).flatten().toFloatArray(), within(1e-6f)));
    }

    @Test
    void whatHasItsOwnWayOfComputingGoesOneByOne() {
        Linear hooked = new Linear(4, 3);
        Runnable remove = hooked.hookForward("", y -> y.mul(2));
        assertThat(AllSamples.canRun(hooked, hooked.parameters())).isFalse();
        assertSameAsOneByOne(hooked, new CrossEntropyLoss(), batch(3));
        remove.run();
        assertThat(AllSamples.canRun(hooked, hooked.parameters())).isTrue();
        Linear adapted = new Linear(4, 3);
        adapted.adapt((layer, x, inner) -> inner.apply(x).square());
        assertThat(AllSamples.canRun(adapted, adapted.parameters())).isFalse();
        assertSameAsOneByOne(adapted, new CrossEntropyLoss(), batch(3));
        Linear parametrized = new Linear(4, 3);
        WeightNorm.apply(parametrized, "weight", 0);
        assertThat(AllSamples.canRun(parametrized, parametrized.parameters())).isFalse();
        assertSameAsOneByOne(parametrized, new CrossEntropyLoss(), batch(3));
        Layer along = new Sequential(new Linear(4, 3), Activation.softmax(0));
        assertThat(AllSamples.canRun(along, along.parameters())).isFalse();
        assertSameAsOneByOne(along, Losses.meanSquaredError(Reduction.SUM), new Batch(batch(3).x(), Tensor.ones(3, 3)));
        Linear cast = new Linear(4, 3);
        Map<String, Tensor> half =
                Autocast.run(DType.BF16, () -> SampleGradients.of(cast, new CrossEntropyLoss(), batch(3)));
        assertThat(half.get("weight").dtype()).isEqualTo(DType.F32);
    }

    @Test
    void frozenAndUnusedParametersAndLossesOfTheirOwnKind() {
        Layer model = new Sequential(new Linear(4, 5), new ReLU(), new Linear(5, 3));
        model.layer("0").freeze(true);
        Map<String, Tensor> found = SampleGradients.of(model, new CrossEntropyLoss(), batch(4));
        assertThat(found.keySet()).containsExactlyInAnyOrder("2.weight", "2.bias");
        model.layer("0").freeze(false);
        // class weights and smoothing: each sample is averaged by its own weight alone
        Loss weighted = new CrossEntropyLoss(Reduction.MEAN, -100, 0.1, Tensor.of(1f, 2f, 5f));
        assertSameAsOneByOne(model, weighted, batch(4));
        assertSameAsOneByOne(model, new CrossEntropyLoss(), batch(1));
        Map<String, Tensor> none =
                SampleGradients.of(model, new CrossEntropyLoss(), batch(4).map(t -> t.narrow(0, 0, 0)));
        assertThat(none.get("0.weight").shape().toArray()).containsExactly(0, 5, 4);
        model.freeze(true);
        assertThatThrownBy(() -> SampleGradients.of(model, new CrossEntropyLoss(), batch(4)))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("4 parameters, all of them frozen")
                .hasMessageContaining("freeze(false)");
    }

    @Test
    void tablesByRowsAndNumbersOfSmallTypes() {
        Layer model = new Sequential(Embedding.sparse(6, 2, new Rng(2)), new Flatten(), new Linear(4, 3));
        Tensor numbers = Tensor.of(new int[] {0, 5, 3, 3}, 2, 2);
        assertSameAsOneByOne(model, new CrossEntropyLoss(), new Batch(numbers, Tensor.of(0L, 2L)));
    }

    @Test
    void convolutionsWhoseWindowHasItsUsualStride() {
        Layer signals = new Sequential(new Conv1d(2, 3, Window.of(2)), new Flatten());
        Batch batch = new Batch(new Rng(1).randn(3, 2, 4), Tensor.ones(3, 9));
        assertSameAsOneByOne(signals, Losses.meanSquaredError(Reduction.SUM), batch);
        Layer images = new Sequential(new Conv2d(2, 3, Window.of(2)), new Flatten());
        Batch ofImages = new Batch(new Rng(1).randn(3, 2, 4, 3), Tensor.ones(3, 18));
        assertSameAsOneByOne(images, Losses.meanSquaredError(Reduction.SUM), ofImages);
    }

    @Test
    void dropoutAndTheModelStayAsTheyAre() {
        Layer model = new Sequential(new Linear(4, 64), new Dropout(0.5, new Rng(1)), new Linear(64, 3));
        Map<String, Tensor> found = SampleGradients.of(model, new CrossEntropyLoss(), batch(3));
        // what was dropped differs between the samples
        Tensor dropped = found.get("0.bias").eq(0);
        assertThat(dropped.select(0, 0).toBooleanArray())
                .isNotEqualTo(dropped.select(0, 1).toBooleanArray());
        assertThat(model.layer("0").isHooked()).isFalse();
    }

    @Test
    void normalizationByTheBatchIsRefused() {
        Layer model = new Sequential(new Linear(4, 3), new BatchNorm1d(3));
        assertThatThrownBy(() -> SampleGradients.of(model, new CrossEntropyLoss(), batch(3)))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("BatchNorm1d in training mode")
                .hasMessageContaining("GroupNorm");
        model.eval();
        assertSameAsOneByOne(model, new CrossEntropyLoss(), batch(3));
    }
}
