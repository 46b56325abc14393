package dev.lanewise.nn.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.nn.BatchNorm;
import dev.lanewise.nn.Checkpoint;
import dev.lanewise.nn.Init;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.LayerMap;
import dev.lanewise.nn.Linear;
import dev.lanewise.nn.ReLU;
import dev.lanewise.nn.Sequential;
import dev.lanewise.nn.sequence.Embedding;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LoadingTest {
    @TempDir
    Path folder;

    private static Sequential model(long seed) {
        Rng rng = new Rng(seed);
        return new Sequential().with("in", new Linear(3, 4, rng)).with("out", new Linear(4, 2, rng));
    }

    private static Map<String, Tensor> under(String prefix, Layer model) {
        Map<String, Tensor> state = new LinkedHashMap<>();
        model.stateDict().forEach((name, tensor) -> state.put(prefix + name, tensor));
        return state;
    }

    private static void assertSame(Layer got, Layer want) {
        want.stateDict()
                .forEach((name, tensor) -> assertThat(got.stateDict().get(name).toDoubleArray())
                        .as(name)
                        .containsExactly(tensor.toDoubleArray()));
    }

    @Test
    void prefixIsCutOffAndOthersArePassedOver() {
        Layer model = model(1);
        Map<String, Tensor> state = under("encoder.", model(2));
        state.put("decoder.in.weight", Tensor.ones(9));
        assertThat(model.loadStateDict(state, Loading.exact().withPrefix("encoder."))
                        .isComplete())
                .isTrue();
        assertSame(model, model(2));
    }

    @Test
    void namesAreRenamedOrLeftOut() {
        Layer model = model(1);
        Map<String, Tensor> state = under("", model(2));
        state.put("first.weight", state.remove("in.weight"));
        state.put("mask", Tensor.ones(1));
        Loading loading = Loading.exact().renamed(name -> name.equals("mask") ? null : name.replace("first.", "in."));
        model.loadStateDict(state, loading);
        assertSame(model, model(2));
        assertThatThrownBy(() -> model.loadStateDict(state, Loading.exact().renamed(name -> "in.bias")))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("both 'in.bias'");
    }

    @Test
    void lenientLoadingReportsAllThatDoesNotFit() {
        Layer model = model(1);
        Map<String, Tensor> state = under("", model(2));
        state.remove("in.bias");
        state.put("out.weight", Tensor.ones(7, 4));
        state.put("more", Tensor.ones(1));
        Loaded loaded = model.loadStateDict(state, Loading.lenient());
        assertThat(loaded.loaded()).containsExactly("in.weight", "out.bias");
        assertThat(loaded.missing()).containsExactly("in.bias");
        assertThat(loaded.unexpected()).containsExactly("more");
        assertThat(loaded.mismatched()).containsExactly("out.weight is [7, 4] (expected [2, 4])");
        assertThat(loaded.isComplete()).isFalse();
        assertThat(loaded.toString()).startsWith("2 loaded; missing in.bias; unexpected more; out.weight is");
        assertThat(model.stateDict().get("in.weight").toFloatArray())
                .containsExactly(model(2).stateDict().get("in.weight").toFloatArray());
        assertThat(model.stateDict().get("in.bias").toFloatArray())
                .containsExactly(model(1).stateDict().get("in.bias").toFloatArray());
    }

    @Test
    void exactLoadingChangesNothingWhereSomethingDoesNotFit() {
        Layer model = model(1);
        Map<String, Tensor> state = under("", model(2));
        state.remove("out.bias");
        assertThatThrownBy(() -> model.loadStateDict(state))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("missing out.bias");
        assertSame(model, model(1));
    }

    @Test
    void tiedParameterIsThereUnderOneOfItsNames() {
        final class Tied extends Layer {
            private final Embedding table = child("table", new Embedding(4, 3, new Rng(1)));

            Tied() {
                parameter("head", table.weight());
            }
        }
        Tied model = new Tied();
        model.loadStateDict(Map.of("table.weight", Tensor.ones(4, 3)));
        assertThat(model.stateDict().get("head").toFloatArray()).containsOnly(1f);
        assertThatThrownBy(() -> model.loadStateDict(Map.of())).hasMessageContaining("missing head, table.weight");
    }

    @Test
    void filesLoadStraightIntoParametersOfAnyType() {
        Path file = folder.resolve("weights.safetensors");
        Checkpoint.saveWeights(file, model(2));
        for (DType dtype : new DType[] {DType.F32, DType.F64, DType.BF16, DType.F16}) {
            Layer model = Init.skip(() -> model(1));
            model.to(dtype);
            assertThat(Checkpoint.loadWeights(file, model, Loading.lenient()).loaded())
                    .hasSize(4);
            model(2).stateDict()
                    .forEach((name, want) -> assertThat(
                                    model.stateDict().get(name).toDoubleArray())
                            .containsExactly(want.to(dtype).toDoubleArray()));
        }
        assertThatThrownBy(() -> Checkpoint.loadWeights(file, new Linear(3, 4)))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("unexpected in.bias");
    }

    @Test
    void tensorsOfSeveralPiecesAreReadWhole() {
        Path file = folder.resolve("large.safetensors");
        Tensor large = new Rng(3).randn(DType.F32, 1000, 1001);
        Tensor wide = new Rng(3).randn(DType.F64, 300, 1001);
        Safetensors.write(file, Map.of("weight", TensorData.of(large), "wide", TensorData.of(wide)));
        try (var open = Safetensors.open(file)) {
            Tensor target = Tensor.zeros(1000, 1001);
            open.copyTo("weight", target);
            assertThat(Arrays.equals(target.toFloatArray(), large.toFloatArray()))
                    .isTrue();
            Tensor transposed = Tensor.zeros(1001, 1000).transpose();
            open.copyTo("weight", transposed);
            assertThat(Arrays.equals(transposed.toFloatArray(), large.toFloatArray()))
                    .isTrue();
            Tensor narrow = Tensor.zeros(300, 1001);
            open.copyTo("wide", narrow);
            assertThat(Arrays.equals(narrow.toFloatArray(), wide.toFloatArray()))
                    .isTrue();
            assertThatThrownBy(() -> open.copyTo("weight", narrow)).isInstanceOf(CheckpointException.class);
        }
    }

    @Test
    void skippedInitializationDrawsNothing() {
        Rng rng = new Rng(5);
        long before = rng.counter();
        Linear linear = Init.skip(() -> new Linear(3, 4, rng));
        assertThat(rng.counter()).isEqualTo(before);
        assertThat(linear.weight().leaf().toFloatArray()).containsOnly(0f);
        assertThat(new Linear(3, 4, rng).weight().leaf().abs().amax().item()).isPositive();
    }

    @Test
    void mapsOfLayersGiveDottedNames() {
        LayerMap map = new LayerMap()
                .with("transformer.wte", new Embedding(4, 3, new Rng(1)))
                .with("transformer.h.0", new Linear(3, 3, new Rng(1)))
                .with("head", new ReLU());
        assertThat(map.stateDict().keySet())
                .containsExactly("transformer.wte.weight", "transformer.h.0.weight", "transformer.h.0.bias");
        assertThat(map.names()).containsExactly("transformer", "head");
        assertThat(map.get("transformer.h.0", Linear.class)
                        .weight()
                        .leaf()
                        .shape()
                        .rank())
                .isEqualTo(2);
        assertThatThrownBy(() -> map.get("transformer.x")).hasMessageContaining("no layer 'transformer.x'");
        assertThatThrownBy(() -> map.get("head", Linear.class)).hasMessageContaining("'head' is a ReLU");
        assertThatThrownBy(() -> map.with("head.x", new ReLU())).hasMessageContaining("inside 'head'");
        assertThatThrownBy(() -> map.with("head", new ReLU())).hasMessageContaining("two members 'head'");
        assertThatThrownBy(() -> map.forward(Tensor.ones(1))).hasMessageContaining("no compute(Tensor)");
    }

    @Test
    void sequentialWithNamesRunsInTheirOrder() {
        Sequential named = model(3);
        assertThat(named.stateDict().keySet()).containsExactly("in.weight", "in.bias", "out.weight", "out.bias");
        assertThat(named.forward(Tensor.ones(2, 3)).shape().toArray()).containsExactly(2, 2);
        assertThat(named.size()).isEqualTo(2);
    }

    /** PyTorch did not save them before version 0.4.1, and fills them in. */
    @Test
    void countersOfBatchesMayBeMissing() {
        Layer saved = new Sequential(new Linear(3, 4, new Rng(1)), new BatchNorm(4));
        saved.forward(Tensor.ones(2, 3));
        Map<String, Tensor> state = new LinkedHashMap<>(saved.stateDict());
        state.remove("1.num_batches_tracked");
        Layer model = new Sequential(new Linear(3, 4, new Rng(2)), new BatchNorm(4));
        model.loadStateDict(state);
        assertThat(model.stateDict().get("0.weight").toFloatArray())
                .containsExactly(state.get("0.weight").toFloatArray());
        assertThat(model.stateDict().get("1.num_batches_tracked").itemLong()).isZero();
        assertThat(model.loadStateDict(state, Loading.exact()).isComplete()).isTrue();
        state.remove("1.running_mean");
        assertThatThrownBy(() -> model.loadStateDict(state))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("missing 1.running_mean;");
    }
}
