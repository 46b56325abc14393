package dev.lanewise.nn.prune;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.nn.Activation;
import dev.lanewise.nn.BatchNorm1d;
import dev.lanewise.nn.BatchNorm2d;
import dev.lanewise.nn.Conv2d;
import dev.lanewise.nn.Dropout;
import dev.lanewise.nn.Flatten;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.LayerNorm;
import dev.lanewise.nn.Linear;
import dev.lanewise.nn.MaxPool2d;
import dev.lanewise.nn.ReLU;
import dev.lanewise.nn.Residual;
import dev.lanewise.nn.Sequential;
import dev.lanewise.nn.sequence.TransformerEncoderLayer;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class UnitsTest {
    private final Rng rng = new Rng(7);

    private Sequential convolutions() {
        return new Sequential(
                new Sequential(new Conv2d(3, 8, 3, 1, 1), new BatchNorm2d(8), Activation.sigmoid(), new MaxPool2d(2)),
                new Conv2d(8, 6, 3, 1, 1),
                new ReLU(),
                new Flatten(),
                new Dropout(0.5),
                new Linear(6 * 4 * 4, 10, rng),
                new BatchNorm1d(10),
                Activation.gelu(),
                new Linear(10, 3, rng));
    }

    @Test
    void chainsOfConvolutionsAndLinearLayersShrink() {
        Sequential model = convolutions();
        Tensor x = rng.randn(DType.F32, 5, 3, 8, 8);
        model.forward(x); // statistics
        model.eval();
        Map<String, Units> units = Units.of(model);
        assertThat(units.keySet()).containsExactly("0.0", "1", "5");
        assertThat(units.values()).extracting(Units::count).containsExactly(8, 6, 10);
        equalWhenMasked(model, x, Map.of("0.0", new int[] {1, 2, 7}, "1", new int[] {0, 5}, "5", new int[] {3}));
        assertThat(model.forward(x).shape()).isEqualTo(Shape.of(5, 3));
        assertThat(model.parameterCount()).isEqualTo(3 * 3 * 9 + 3 + 2 * 3 + 2 * 3 * 9 + 2 + 2 * 16 + 1 + 2 + 3 + 3);
        assertThat(model.toString()).contains("in=3, out=2").contains("in=32, out=1");
        // a step of training in the smaller shape
        model.train();
        assertThat(Autograd.gradients(model.forward(x).sum())
                        .of(model.parameters().getFirst().leaf())
                        .shape())
                .isEqualTo(Shape.of(3, 3, 3, 3));
    }

    /** Compares the masked model with the one that is smaller. */
    private static void equalWhenMasked(Layer model, Tensor x, Map<String, int[]> kept) {
        Map<String, Units> units = Units.of(model);
        Map<String, Tensor> state = new LinkedHashMap<>();
        model.stateDict()
                .forEach((name, tensor) -> state.put(name, tensor.copy().keep()));
        Masks masks = new Masks();
        kept.forEach((name, which) -> requireNonNull(units.get(name)).mask(masks, which));
        Tensor masked = Autograd.noGrad(() -> model.forward(x));
        model.loadStateDict(state);
        kept.forEach((name, which) -> requireNonNull(units.get(name)).keep(which));
        Tensor small = Autograd.noGrad(() -> model.forward(x));
        double off = small.sub(masked).abs().amax().item();
        assertThat(off).isLessThan(1e-5 * masked.abs().amax().item());
        assertThat(masked.abs().amax().item()).isPositive();
    }

    @Test
    void headsAndFeedForwardPartsShrink() {
        TransformerEncoderLayer layer = new TransformerEncoderLayer(24, 4, 40, 0, rng);
        layer.eval();
        Tensor x = rng.randn(DType.F32, 2, 5, 24);
        assertThat(Units.of(layer).keySet()).containsExactly("feed_forward", "self_attn.heads");
        equalWhenMasked(
                layer, x, Map.of("self_attn.heads", new int[] {0, 3}, "feed_forward", new int[] {2, 3, 17, 39}));
        assertThat(requireNonNull(layer.stateDict().get("self_attn.in_proj_weight"))
                        .shape())
                .isEqualTo(Shape.of(36, 24));
        assertThat(requireNonNull(Units.of(layer).get("self_attn.heads")).count())
                .isEqualTo(2);
    }

    @Test
    void whatMixesUnitsOrReadsThemTwiceIsLeftAlone() {
        Linear twice = new Linear(4, 4, rng);
        assertThat(Units.of(new Sequential(twice, new ReLU(), twice))).isEmpty();
        assertThat(Units.of(new Sequential(new Linear(4, 4, rng), new LayerNorm(4), new Linear(4, 4, rng))))
                .isEmpty();
        assertThat(Units.of(new Sequential(new Linear(4, 4, rng), Activation.softmax(-1), new Linear(4, 4, rng))))
                .isEmpty();
        // a linear layer that reads rows of pixels
        assertThat(Units.of(new Sequential(new Conv2d(4, 4, 1), new Linear(4, 4, rng))))
                .isEmpty();
        Layer inner = new Sequential(new Linear(4, 6, rng), new ReLU(), new Linear(6, 4, rng));
        Layer residual = new Sequential(new Linear(4, 4, rng), new Residual(inner), new Linear(4, 4, rng));
        assertThat(Units.of(residual).keySet()).containsExactly("1.body.0");
    }

    @Test
    void theStrongestAreThoseOfLargestNorm() {
        Linear first = new Linear(2, 4, false, rng);
        first.weight().set(Tensor.of(new float[] {1, 1, 3, 0, 0, -3, 0.5f, 0}, 4, 2));
        Linear second = new Linear(4, 2, false, rng);
        Units units = Units.between("pair", first, second);
        assertThat(units.norms(2)).containsExactly(Math.sqrt(2), 3, 3, 0.5);
        assertThat(units.norms(1)).containsExactly(2, 3, 3, 0.5);
        assertThat(units.strongest(1)).containsExactly(1);
        assertThat(units.strongest(3)).containsExactly(0, 1, 2);
        assertThat(units.strongest(2, 4, 0, 0, 9)).containsExactly(0, 3);
        assertThatThrownBy(() -> units.strongest(0)).isInstanceOf(TensorException.class);
        assertThatThrownBy(() -> units.keep(2, 1)).isInstanceOf(TensorException.class);
        assertThatThrownBy(() -> units.keep(0, 4)).isInstanceOf(TensorException.class);
        assertThatThrownBy(() -> units.keep()).isInstanceOf(TensorException.class);
        assertThatThrownBy(() -> Units.between("pair", second, new Linear(3, 1, rng)))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("expected a multiple");
    }

    @Test
    void aPrunedModelIsReadByFittingTheWholeOne() {
        Sequential model = convolutions();
        model.eval();
        Units.of(model).values().forEach(units -> units.keep(units.strongest(units.count() / 2)));
        Map<String, Tensor> saved = new LinkedHashMap<>(model.stateDict());
        Sequential again = convolutions();
        again.eval();
        Map<String, Shape> sizes = new LinkedHashMap<>();
        saved.forEach((name, tensor) -> sizes.put(name, tensor.shape()));
        assertThat(Units.fit(again, sizes)).isEqualTo(3);
        again.loadStateDict(saved);
        Tensor x = rng.randn(DType.F32, 2, 3, 8, 8);
        assertThat(again.forward(x).toFloatArray()).isEqualTo(model.forward(x).toFloatArray());
        assertThat(Units.fit(again, sizes)).isZero();
    }
}
