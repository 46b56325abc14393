package dev.lanewise.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.nn.optim.Adam;
import dev.lanewise.nn.sequence.GRU;
import dev.lanewise.nn.sequence.LSTM;
import dev.lanewise.nn.sequence.LearnedPositions;
import dev.lanewise.nn.sequence.MultiHeadAttention;
import dev.lanewise.nn.sequence.SinusoidalPositions;
import dev.lanewise.nn.sequence.TransformerEncoderLayer;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Keep;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.Window;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Layers compute and are trained in every floating-point type; those with several inputs and results need no stub. */
final class LayerTypesTest {
    record Case(String name, Layer model, Function<DType, Tensor> input) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static Stream<Case> cases() {
        Rng rng = new Rng(1);
        Map<String, Layer> images = new LinkedHashMap<>();
        images.put("conv2d", new Conv2d(4, 6, Window.of(3).padding(1), rng));
        images.put("conv_transpose2d", new ConvTranspose2d(4, 6, Window.of(2).stride(2), rng));
        images.put("batch_norm", new BatchNorm(4));
        images.put("group_norm", new GroupNorm(2, 4));
        images.put("instance_norm", new InstanceNorm(4, true));
        images.put("prelu", new PReLU(4, 0.25));
        images.put(
                "pools",
                new Sequential(new Conv2d(4, 4, Window.of(1), rng), new MaxPool2d(2), new AvgPool2d(2), new Flatten()));
        Map<String, Layer> sequences = new LinkedHashMap<>();
        sequences.put("linear", new Sequential(new Linear(8, 4, rng), new ReLU(), new Linear(4, 8, rng)));
        sequences.put("layer_norm", new LayerNorm(8));
        sequences.put("rms_norm", new RmsNorm(8, 1e-5));
        sequences.put("lstm", new LSTM(8, 4, 2, true, 0, rng));
        sequences.put("gru", new GRU(8, 4));
        sequences.put("encoder", new TransformerEncoderLayer(8, 2, 16, 0.1, rng));
        Tensor hidden = Tensor.of(new boolean[] {false, true, false, false, false, true})
                .reshape(2, 1, 1, 3);
        MultiHeadAttention attention = new MultiHeadAttention(8, 2, rng);
        sequences.put("masked", new Lambda(x -> attention.selfAttention(x, hidden, false), attention));
        MultiHeadAttention padded = new MultiHeadAttention(8, 2, rng);
        Tensor mask = MultiHeadAttention.paddingMask(hidden.reshape(2, 3));
        sequences.put("padded", new Lambda(x -> padded.selfAttention(x, mask, false), padded));
        sequences.put("positions", new Sequential(new LearnedPositions(5, 8, rng), new SinusoidalPositions(5, 8)));
        return Stream.concat(
                images.entrySet().stream()
                        .map(e -> new Case(
                                e.getKey(),
                                e.getValue(),
                                t -> new Rng(2).randn(DType.F32, 2, 4, 4, 4).to(t))),
                sequences.entrySet().stream()
                        .map(e -> new Case(
                                e.getKey(),
                                e.getValue(),
                                t -> new Rng(2).randn(DType.F32, 2, 3, 8).to(t))));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void layersAreTrainedInEveryFloatingPointType(Case c) {
        c.model.eval();
        double expected =
                c.model.forward(c.input.apply(DType.F32)).square().mean().item();
        for (DType dtype : List.of(DType.F64, DType.BF16, DType.F16, DType.F32)) {
            c.model.to(dtype);
            c.model.eval();
            Tensor measured = c.model.forward(c.input.apply(dtype));
            assertThat(measured.dtype()).isEqualTo(dtype);
            double tolerance = dtype == DType.F64 || dtype == DType.F32 ? 1e-5 : 0.1;
            if (dtype != DType.F32) {
                assertThat(measured.to(DType.F64).square().mean().item())
                        .isCloseTo(expected, Offset.offset(tolerance * (1 + expected)));
            }
            c.model.train();
            Adam adam = new Adam(c.model.parameters(), dtype == DType.F64 ? 1e-9 : 1e-6);
            adam.step(Autograd.gradients(
                    c.model.forward(c.input.apply(dtype)).square().mean()));
            assertThat(c.model.parameters().getFirst().leaf().dtype()).isEqualTo(dtype);
            assertThat(c.model.parameters().getFirst().leaf().isFinite().all().itemLong())
                    .isOne();
        }
    }

    @Test
    void wholeNumbersAreNoTypeForALayer() {
        Linear linear = new Linear(2, 2);
        assertThatThrownBy(() -> linear.to(DType.I32))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("expected F32, F64, F16 or BF16");
        BatchNorm norm = new BatchNorm(2);
        norm.to(DType.F64);
        assertThat(norm.stateDict().get("num_batches_tracked").dtype()).isEqualTo(DType.I64);
        assertThat(norm.stateDict().get("running_var").dtype()).isEqualTo(DType.F64);
    }

    private record Ends(Tensor least, Tensor most) {}

    private static final class Between extends Layer {
        private final Linear score = child("score", new Linear(2, 3, new Rng(1)));

        Ends ends(Tensor a, Tensor b) {
            return called(
                    () -> new Ends(
                            score.forward(a).minimum(score.forward(b)),
                            score.forward(a).maximum(score.forward(b))),
                    ends -> List.of(ends.least(), ends.most()));
        }
    }

    @Test
    void layersWithSeveralInputsAndResultsNeedNoStub() {
        Between layer = new Between();
        Ends ends = layer.ends(Tensor.ones(4, 2), Tensor.zeros(4, 2));
        assertThat(ends.most().sub(ends.least()).amin().item()).isNotNegative();
        Tensor loss = ends.most().sub(ends.least()).sum();
        assertThat(Autograd.gradients(loss).has(layer.score.weight().leaf())).isTrue();
        assertThatThrownBy(() -> layer.forward(Tensor.ones(4, 2)))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("Between")
                .hasMessageContaining("no compute(Tensor)");
    }

    @Test
    @SuppressWarnings("NullAway") // what a caller without it does
    void nothingInPlaceOfATensorOrLayerIsNamed() {
        assertThatThrownBy(() -> new Linear(3, 2).forward(null))
                .hasMessageContaining("layer Linear: the input is null");
        assertThatThrownBy(() -> new Sequential(new ReLU(), null))
                .hasMessageContaining("layer: '1' of Sequential is null");
    }

    @Test
    void windowsThatDoNotFitAreRefused() {
        assertThatThrownBy(() -> new Conv2d(3, 4, Window.of(3), 2, true, new Rng(1)))
                .hasMessageContaining("2 groups for 3 and 4 channels");
        assertThatThrownBy(() -> new Conv2d(3, 4, Window.of(3).stride(1, 2, 3))).hasMessageContaining("or 2");
        assertThatThrownBy(() -> new Conv1d(3, 4, Window.of(3, 3))).hasMessageContaining("or 1");
        assertThatThrownBy(() -> new Conv2d(3, 4, Window.of(3).ceil())).hasMessageContaining("poolings only");
        assertThatThrownBy(() -> new Conv2d(3, 4, Window.of(3).outputPadding(1)))
                .hasMessageContaining("transposed convolutions only");
        assertThatThrownBy(() -> new AvgPool2d(Window.of(3).dilation(2)))
                .hasMessageContaining("convolutions and max poolings only");
        assertThatThrownBy(() -> new MaxPool1d(2, 1, 2)).hasMessageContaining("half the kernel");
        assertThatThrownBy(() -> new MaxPool2d(Window.of(2).outputPadding(1)))
                .hasMessageContaining("transposed convolutions only");
        assertThatThrownBy(
                        () -> new ConvTranspose2d(3, 4, Window.of(3).stride(2).outputPadding(2)))
                .hasMessageContaining("less than stride");
        for (Runnable bad : List.<Runnable>of(
                () -> Window.of(0),
                () -> Window.of(),
                () -> Window.of(1).stride(0),
                () -> Window.of(1).padding(-1))) {
            assertThatThrownBy(bad::run).isInstanceOf(TensorException.class);
        }
    }

    @Test
    void instanceNormIsOfSoManyChannels() {
        InstanceNorm norm = new InstanceNorm(3);
        assertThat(norm.forward(Tensor.ones(2, 3, 4)).shape().elements()).isEqualTo(24);
        assertThatThrownBy(() -> norm.forward(Tensor.ones(2, 4, 4))).hasMessageContaining("[n, 3, ...]");
        assertThatThrownBy(() -> norm.forward(Tensor.ones(2, 3, 1))).hasMessageContaining("1 value per channel");
    }

    /** As in PyTorch: whatever the mode, as there are no running statistics. */
    @Test
    void nothingIsLeftOfOneValue() {
        InstanceNorm instances = new InstanceNorm(3);
        GroupNorm groups = new GroupNorm(4, 4);
        for (Layer norm : List.of(instances, groups)) {
            norm.eval();
        }
        assertThatThrownBy(() -> instances.forward(Tensor.ones(2, 3, 1)))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("1 value per channel");
        assertThatThrownBy(() -> groups.forward(Tensor.ones(1, 4)))
                .isInstanceOf(TensorException.class)
                .hasMessageStartingWith("group_norm: input F32[1, 4] has 1 value per group (expected 2 or more)");
        assertThat(groups.forward(Tensor.ones(2, 4)).toFloatArray()).containsOnly(0);
        assertThat(new GroupNorm(2, 4).forward(Tensor.ones(1, 4)).toFloatArray())
                .containsOnly(0);
    }

    @Test
    void reductionsAndFreezingAreNamedInErrors() {
        assertThatThrownBy(() -> Tensor.ones(2, 2).sum(3)).hasMessageStartingWith("sum: ");
        assertThatThrownBy(() -> Tensor.ones(2, 2).mean(0, 0)).hasMessageStartingWith("mean: dimensions [0, 0]");
        assertThatThrownBy(() -> Tensor.ones(2, 2).amax(5, Keep.KEEP)).hasMessageStartingWith("amax: ");
        Linear frozen = new Linear(2, 2);
        frozen.freeze(true);
        assertThatThrownBy(() ->
                        Autograd.gradients(frozen.forward(Tensor.ones(1, 2)).sum()))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("freeze");
        var others =
                Autograd.gradients(new Linear(2, 1).forward(Tensor.ones(1, 2)).sum());
        for (Tensor tensor : List.of(frozen.weight().leaf(), frozen.weight().tensor())) {
            assertThatThrownBy(() -> others.of(tensor)).hasMessageContaining("freeze");
        }
    }
}
