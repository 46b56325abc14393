package dev.lanewise.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.autograd.Gradients;
import dev.lanewise.autograd.Graph;
import dev.lanewise.tensor.Autocast;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Keep;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.Window;
import dev.lanewise.tensor.spi.Backends;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

final class AutocastTest {
    private static final CountingCasts CASTS = new CountingCasts();

    private final Rng rng = new Rng(11);
    private final Tensor a = rng.randn(DType.F32, 4, 4);
    private final Tensor b = rng.randn(DType.F32, 4, 4);

    @BeforeAll
    static void decorate() {
        Backends.decorate(Device.CPU, CASTS::around);
    }

    @AfterEach
    void stopCounting() {
        CASTS.stop();
    }

    static Stream<Arguments> operations() {
        Rng rng = new Rng(12);
        Tensor f32 = rng.rand(DType.F32, 4, 4);
        Tensor image = rng.rand(DType.F32, 1, 2, 4, 4);
        Tensor filter = rng.rand(DType.F32, 2, 2, 3, 3);
        Tensor pairs = rng.rand(DType.F32, 1, 4, 4, 4);
        Tensor vector = rng.rand(DType.F32, 4);
        Tensor classes = Tensor.of(0L, 1L, 2L, 3L);
        return Stream.of(
                operation("matmul", DType.BF16, x -> x.matmul(f32)),
                operation("linear", DType.BF16, x -> x.linear(f32, vector)),
                operation("conv2d", DType.BF16, x -> image.conv2d(filter, null)),
                operation("conv2d_relu", DType.BF16, x -> image.conv2dRelu(filter, null, Window.of(3), 1)),
                operation(
                        "conv2d_relu with bias and groups",
                        DType.BF16,
                        x -> pairs.conv2dRelu(filter, vector.narrow(0, 0, 2), Window.of(3), 2)),
                operation("softmax", DType.F32, x -> x.softmax(1)),
                operation("log_softmax", DType.F32, x -> x.logSoftmax(1)),
                operation("layer_norm", DType.F32, x -> x.layerNorm(1, vector, vector, 1e-5)),
                operation(
                        "batch_norm",
                        DType.F32,
                        x -> x.batchNorm(vector, vector, 1e-5).output()),
                operation("cross_entropy", DType.F32, x -> x.crossEntropy(classes)),
                operation("sum", DType.F32, Tensor::sum),
                operation("mean", DType.F32, x -> x.mean(1)),
                operation("var", DType.F32, x -> x.var(new int[] {1}, 1, Keep.REMOVE)),
                operation("std", DType.F32, x -> x.std(new int[] {1}, 1, Keep.REMOVE)),
                operation("norm", DType.F32, x -> x.norm(1)),
                operation("rms_norm", DType.F32, x -> x.rmsNorm(1, null, 1e-6)),
                operation("exp", DType.F32, Tensor::exp),
                operation("log", DType.F32, Tensor::log),
                operation("pow", DType.F32, x -> x.pow(3)),
                operation("add", DType.F32, x -> x.add(f32)),
                operation("add of its own type", DType.BF16, x -> x.add(x)),
                operation("where", DType.F32, x -> x.gt(0).where(x, f32)),
                operation("cat", DType.F32, x -> Tensor.cat(0, x, f32)),
                operation("relu", DType.BF16, Tensor::relu),
                operation("gelu", DType.BF16, Tensor::gelu),
                operation("amax", DType.BF16, Tensor::amax),
                operation("max_pool2d", DType.BF16, x -> x.reshape(1, 1, 4, 4).maxPool2d(Window.of(2))),
                operation("transpose", DType.BF16, Tensor::transpose));
    }

    private static Arguments operation(String name, DType result, UnaryOperator<Tensor> operation) {
        return arguments(name, result, operation);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("operations")
    void operationOnA16BitTensorGives(String name, DType result, UnaryOperator<Tensor> operation) {
        Tensor x = rng.rand(DType.F32, 4, 4).to(DType.BF16);
        assertThat(Autocast.run(DType.BF16, () -> operation.apply(x)).dtype())
                .as(name)
                .isEqualTo(result);
    }

    @Test
    void attentionRunsIn16BitsWithLogarithmsOfSumsInF32() {
        Tensor[] results = Autocast.run(
                DType.F16, () -> Tensor.applyAll(new dev.lanewise.tensor.op.sequence.Attention(0.5, true), a, b, a));
        assertThat(results).extracting(Tensor::dtype).containsExactly(DType.F16, DType.F32);
    }

    @Test
    void productEqualsTheProductOfCastOperands() {
        Tensor expected = a.to(DType.F16).matmul(b.to(DType.F16));
        Tensor product = Autocast.run(DType.F16, () -> a.matmul(b));
        assertThat(product.dtype()).isEqualTo(DType.F16);
        assertThat(product.toFloatArray()).containsExactly(expected.toFloatArray());
    }

    @Test
    void otherTypesAreLeftAlone() {
        Tensor whole = Tensor.of(1L, 2L).reshape(1, 2);
        Tensor real = a.to(DType.F64);
        try (var ignored = Autocast.bf16()) {
            assertThat(real.matmul(real).dtype()).isEqualTo(DType.F64);
            assertThat(whole.matmul(whole.transpose()).dtype()).isEqualTo(DType.I64);
            assertThat(whole.sum().dtype()).isEqualTo(DType.I64);
            assertThatThrownBy(() -> real.add(a))
                    .isInstanceOf(TensorException.class)
                    .hasMessageContaining("mixed types");
        }
    }

    @Test
    void regionsNest() {
        assertThat(Autocast.current()).isNull();
        try (var ignored = Autocast.bf16()) {
            try (var inner = Autocast.f16()) {
                assertThat(a.matmul(b).dtype()).isEqualTo(DType.F16);
            }
            try (var inner = Autocast.off()) {
                assertThat(Autocast.current()).isNull();
                assertThat(a.matmul(b).dtype()).isEqualTo(DType.F32);
            }
            assertThat(a.matmul(b).dtype()).isEqualTo(DType.BF16);
        }
        assertThat(a.matmul(b).dtype()).isEqualTo(DType.F32);
    }

    @Test
    void aRegionBelongsToItsThread() {
        try (var region = Autocast.bf16()) {
            assertThat(CompletableFuture.supplyAsync(() -> a.matmul(b).dtype()).join())
                    .isEqualTo(DType.F32);
            try (var inner = Autocast.off()) {
                assertThatThrownBy(region::close).hasMessageContaining("out of order");
                // both are closed, so that nothing is cast where nobody expects it
                assertThat(Autocast.current()).isNull();
                assertThat(a.matmul(b).dtype()).isEqualTo(DType.F32);
            }
            assertThat(Autocast.current()).isNull();
            try (var half = Autocast.f16()) {
                CompletableFuture<Void> other = CompletableFuture.runAsync(half::close);
                assertThatThrownBy(other::join).hasMessageContaining("closed by another thread");
                assertThat(Autocast.current()).isEqualTo(DType.F16);
            }
        }
        assertThatThrownBy(() -> Autocast.run(DType.F64, () -> a)).hasMessageContaining("F64");
    }

    @Test
    void gradientsHaveTheParametersTypesAndAreClose() {
        Tensor w = Autograd.watch(b);
        Tensor expected = gradient(w, null);
        assertThat(gradient(w, DType.BF16).dtype()).isEqualTo(DType.F32);
        assertThat(gradient(w, DType.BF16).toFloatArray()).containsExactly(expected.toFloatArray(), offset(0.02f));
        assertThat(gradient(w, DType.F16).toFloatArray()).containsExactly(expected.toFloatArray(), offset(0.003f));
    }

    /** The gradients too, and those of no image at all, which are zeros. */
    @ParameterizedTest
    @ValueSource(ints = {0, 3})
    void convolutionWithReLUIsThatOfCastOperands(int batch) {
        Window window = Window.of(3).padding(1);
        Tensor x = Autograd.watch(rng.randn(DType.F32, batch, 4, 6, 5));
        Tensor w = Autograd.watch(rng.randn(DType.F32, 6, 2, 3, 3));
        Tensor bias = Autograd.watch(rng.randn(DType.F32, 6));
        Tensor fused = Autocast.run(DType.BF16, () -> x.conv2dRelu(w, bias, window, 2));
        Tensor apart = x.to(DType.BF16)
                .conv2d(w.to(DType.BF16), bias.to(DType.BF16), window, 2)
                .relu();
        assertThat(fused.dtype()).isEqualTo(DType.BF16);
        assertThat(fused.shape().toArray()).containsExactly(batch, 6, 6, 5);
        assertThat(fused.to(DType.F32).toFloatArray())
                .isEqualTo(apart.to(DType.F32).toFloatArray());
        Gradients gradients = Autograd.gradients(fused.to(DType.F32).square().sum());
        Gradients expected = Autograd.gradients(apart.to(DType.F32).square().sum());
        for (Tensor parameter : List.of(x, w, bias)) {
            assertThat(gradients.of(parameter).spec()).isEqualTo(parameter.spec());
            assertThat(gradients.of(parameter).toFloatArray())
                    .isEqualTo(expected.of(parameter).toFloatArray());
        }
        assertThat(batch > 0 || gradients.of(w).abs().sum().item() == 0).isTrue();
    }

    private Tensor loss(Tensor w) {
        return a.matmul(w).relu().matmul(w).softmax(1).square().mean();
    }

    private Tensor gradient(Tensor w, @Nullable DType narrow) {
        Tensor loss = Autocast.run(narrow, () -> loss(w));
        return Autograd.gradients(loss).of(w);
    }

    @Test
    void gradientsInsideTheRegionEqualThoseAfterIt() {
        Tensor w = Autograd.watch(b);
        Tensor inside =
                Autocast.run(DType.BF16, () -> Autograd.gradients(loss(w)).of(w));
        assertThat(inside.toFloatArray())
                .containsExactly(gradient(w, DType.BF16).toFloatArray());
    }

    @Test
    void aWatchedTensorIsCastOnceARegionAndAgainAfterAChange() {
        Tensor x = rng.randn(DType.F32, 3, 4);
        Tensor w = Autograd.watch(rng.randn(DType.F32, 4, 7));
        try (var ignored = Autocast.bf16()) {
            CASTS.start();
            Tensor unrecorded = Autograd.noGrad(() -> x.matmul(w));
            Tensor first = Autograd.gradients(x.matmul(w).sum()).of(w);
            Tensor second = Autocast.run(
                    null,
                    () -> Autocast.run(
                            DType.BF16,
                            () -> Autograd.gradients(x.matmul(w).sum()).of(w)));
            assertThat(unrecorded.dtype()).isEqualTo(DType.BF16);
            assertThat(second.toFloatArray()).containsExactly(first.toFloatArray());
            assertThat(CASTS.of(w.shape())).isEqualTo(1);

            w.assign(Tensor.zeros(4, 7));
            assertThat(Autograd.noGrad(() -> x.matmul(w)).abs().amax().item()).isZero();
            assertThat(CASTS.of(w.shape())).isEqualTo(2);
            assertThat(CASTS.held(w.shape())).isEqualTo(1);
        }
        assertThat(CASTS.held(w.shape())).isZero();
    }

    @Test
    void secondDerivativesGoThroughTheCasts() {
        Tensor x = Autograd.watch(Tensor.of(new float[][] {{1.5f}}));
        Tensor cube = Autocast.run(DType.BF16, () -> x.matmul(x).matmul(x).sum());
        Gradients first = Autograd.gradients(cube, Graph.DIFFERENTIATE);
        assertThat(first.of(x).item()).isEqualTo(3 * 1.5 * 1.5);
        assertThat(Autograd.gradients(first.of(x).sum()).of(x).item()).isEqualTo(6 * 1.5);
    }

    /** A product whose rule uses operands as they were given, F32, beside the upstream gradient in 16 bits. */
    private record Product() implements Autograd.CustomOp {
        @Override
        public String name() {
            return "product";
        }

        @Override
        public Tensor forward(Tensor[] inputs) {
            return inputs[0].matmul(inputs[1]);
        }

        @Override
        public @Nullable Tensor[] backward(Tensor upstream, Tensor[] inputs, Tensor output) {
            return new Tensor[] {
                upstream.matmul(inputs[1].transpose()), inputs[0].transpose().matmul(upstream)
            };
        }
    }

    @Test
    void customRulesAreCastLikeTheirForwardPass() {
        Tensor w = Autograd.watch(b);
        Tensor expected = Autograd.gradients(
                        Autocast.run(DType.BF16, () -> a.matmul(w).sum()))
                .of(w);
        Tensor loss = Autocast.run(
                DType.BF16, () -> Autograd.apply(new Product(), a, w).sum());
        Tensor gradient = Autograd.gradients(loss).of(w);
        assertThat(gradient.dtype()).isEqualTo(DType.F32);
        assertThat(gradient.toFloatArray()).containsExactly(expected.toFloatArray());
    }

    @Test
    void checkpointedPartsAreComputedAgainInTheSameTypes() {
        Tensor w = Autograd.watch(b);
        Tensor x = Autograd.watch(a);
        Tensor plain = Autocast.run(DType.BF16, () -> x.matmul(w).exp().sum());
        Tensor expected = Autograd.gradients(plain).of(w);
        Tensor again = Autocast.run(
                DType.BF16,
                () -> Autograd.checkpoint(xs -> xs[0].matmul(w).exp(), x).sum());
        assertThat(Autograd.gradients(again).of(w).toFloatArray()).containsExactly(expected.toFloatArray());
    }

    @Test
    void lossesMadeOfSeveralOperationsCanAskForF32() {
        Tensor narrow = a.to(DType.F16);
        assertThat(Autocast.widened(narrow)).isSameAs(narrow);
        try (var ignored = Autocast.f16()) {
            assertThat(Autocast.widened(narrow).dtype()).isEqualTo(DType.F32);
            assertThat(Autocast.widened(a)).isSameAs(a);
        }
    }
}
