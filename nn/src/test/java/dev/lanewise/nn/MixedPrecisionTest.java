package dev.lanewise.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.autograd.Gradients;
import dev.lanewise.nn.loss.Losses;
import dev.lanewise.nn.optim.Adam;
import dev.lanewise.nn.optim.Clipping;
import dev.lanewise.nn.optim.GradScaler;
import dev.lanewise.nn.optim.Optimizer;
import dev.lanewise.nn.sequence.GRU;
import dev.lanewise.nn.sequence.LSTM;
import dev.lanewise.nn.sequence.MultiHeadAttention;
import dev.lanewise.nn.sequence.RNN;
import dev.lanewise.nn.sequence.Recurrent;
import dev.lanewise.tensor.Autocast;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Reduction;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.Window;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Models whose parameters are F32 and whose products run in 16 bits, against the same models in F32. */
final class MixedPrecisionTest {
    private static final int STEPS = 40;

    private final Tensor images = new Rng(1).randn(DType.F32, 64, 2, 8, 8);
    private final Tensor classes =
            images.flatten(1).matmul(new Rng(2).randn(DType.F32, 128, 3)).argmax(1);

    private static Layer convolutional() {
        Rng rng = new Rng(3);
        return new Sequential(
                new Conv2d(2, 6, Window.of(3).padding(1), rng),
                new BatchNorm(6),
                new ReLU(),
                new Flatten(),
                new Linear(6 * 64, 16, rng),
                new LayerNorm(16),
                Activation.gelu(),
                new Linear(16, 3, rng));
    }

    private Tensor loss(Layer model, @Nullable DType narrow) {
        return Autocast.run(narrow, () -> model.forward(images).crossEntropy(classes));
    }

    /** Trains with the scaler, clipping in between; returns the last loss. */
    private double train(@Nullable DType narrow, GradScaler scaler) {
        Layer model = convolutional();
        Optimizer optimizer = new Adam(model.parameters(), 3e-3);
        double last = Double.NaN;
        for (int i = 0; i < STEPS; i++) {
            try (var ignored = Scope.open("step")) {
                Tensor loss = loss(model, narrow);
                last = loss.item();
                GradScaler.Unscaled gradients = scaler.unscale(Autograd.gradients(scaler.scale(loss)));
                scaler.step(optimizer, gradients.map(g -> Clipping.byNorm(g, 5).gradients()));
                scaler.update();
            }
        }
        return last;
    }

    @Test
    void trainingComesToTheLossOfF32() {
        double f32 = train(null, new GradScaler(new GradScaler.Options(1, 2, 0.5, 1000)));
        assertThat(f32).isLessThan(0.3);
        assertThat(train(DType.BF16, new GradScaler(new GradScaler.Options(1, 2, 0.5, 1000))))
                .isCloseTo(f32, within(0.02));
        assertThat(train(DType.F16, new GradScaler())).isCloseTo(f32, within(0.005));
    }

    @Test
    void gradientsAreThoseOfF32UpToTheTypesRounding() {
        Layer model = convolutional();
        Gradients exact = Autograd.gradients(loss(model, null));
        Gradients bf16 = Autograd.gradients(loss(model, DType.BF16));
        Gradients f16 = Autograd.gradients(loss(model, DType.F16));
        model.namedParameters().forEach((name, parameter) -> {
            Tensor expected = exact.of(parameter.leaf());
            assertThat(bf16.of(parameter.leaf()).spec()).as(name).isEqualTo(expected.spec());
            // the bias before a batch norm has no gradient but rounding
            double floor = name.equals("0.bias") ? 1e-2 : 0;
            assertThat(distance(bf16.of(parameter.leaf()), expected))
                    .as(name)
                    .isLessThan(0.04 * norm(expected) + floor);
            assertThat(distance(f16.of(parameter.leaf()), expected))
                    .as(name)
                    .isLessThan(0.005 * norm(expected) + floor);
        });
    }

    private static double norm(Tensor x) {
        return Math.sqrt(x.square().sum().item());
    }

    private static double distance(Tensor a, Tensor b) {
        return norm(a.sub(b));
    }

    @Test
    void recurrentAndAttentionLayersRunAndComeClose() {
        Tensor x = new Rng(4).randn(DType.F32, 3, 5, 8);
        for (Recurrent recurrent : List.of(
                new RNN(8, 8, 2, true, 0, new Rng(5)),
                new GRU(8, 8, 2, true, 0, new Rng(5)),
                new LSTM(8, 8, 2, true, 0, new Rng(5)))) {
            assertClose(() -> recurrent.forward(x), 0.03);
        }
        MultiHeadAttention attention = new MultiHeadAttention(8, 2, new Rng(6));
        assertClose(() -> attention.forward(x), 0.03);
    }

    private static void assertClose(Supplier<Tensor> computation, double tolerance) {
        Tensor expected = computation.get();
        Tensor mixed = Autocast.run(DType.BF16, computation);
        assertThat(mixed.to(DType.F32).sub(expected).abs().amax().item()).isLessThan(tolerance);
    }

    @Test
    void evaluationUsesRunningStatisticsOfF32() {
        Layer model = convolutional();
        loss(model, DType.F16);
        assertThat(model.namedBuffers().get("1.running_var").dtype()).isEqualTo(DType.F32);
        model.eval();
        assertThat(loss(model, DType.F16).item()).isCloseTo(loss(model, null).item(), within(0.01));
    }

    @Test
    void lossesOf16BitPredictionsAreComputedInF32() {
        // squared in F16 it would be infinite
        Tensor prediction = Tensor.full(300, DType.F16, images.device(), 4);
        Tensor target = Tensor.zeros(4);
        double loss = Autocast.run(
                DType.F16,
                () -> Losses.meanSquaredError(Reduction.MEAN)
                        .of(prediction, target)
                        .item());
        assertThat(loss).isEqualTo(90_000);
        assertThat(List.of(prediction.dtype(), target.dtype())).containsExactly(DType.F16, DType.F32);
    }
}
