package dev.lanewise.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.autograd.Gradients;
import dev.lanewise.nn.prune.Units;
import dev.lanewise.nn.sequence.Embedding;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** What changes layers from outside: {@link Layer#adapt} and {@link Layer#substitute}. */
class AdaptedLayersTest {
    private final Rng rng = new Rng(7);

    @Test
    void aConvolutionBeforeAReluIsAdaptedToo() {
        Conv2d conv = new Conv2d(2, 3, 3);
        Sequential net = new Sequential(conv, new ReLU());
        Tensor x = rng.randn(DType.F32, 1, 2, 5, 5);
        Tensor before = net.forward(x);
        Layer.Adaptation doubled = (layer, input, inner) -> {
            assertThat(layer).isSameAs(conv);
            return inner.apply(input).mul(-2);
        };
        conv.adapt(doubled);
        assertThat(conv.isAdapted()).isTrue();
        assertThat(net.forward(x).toFloatArray())
                .containsExactly(conv.forward(x).relu().toFloatArray())
                .isNotEqualTo(before.toFloatArray());
        assertThatThrownBy(() -> Units.between("channels", conv, conv))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("with an adapter");
        conv.restore(doubled);
        assertThat(conv.isAdapted()).isFalse();
        assertThat(net.forward(x).toFloatArray()).isEqualTo(before.toFloatArray());
    }

    @Test
    void adaptationsAreAppliedInTheirOrder() {
        Linear layer = new Linear(3, 3);
        Tensor x = rng.randn(DType.F32, 2, 3);
        Tensor plain = layer.forward(x);
        layer.adapt((own, input, inner) -> inner.apply(input).add(1));
        layer.adapt((own, input, inner) -> inner.apply(input).mul(2));
        assertThat(layer.forward(x).toFloatArray())
                .containsExactly(plain.add(1).mul(2).toFloatArray(), within(1e-6f));
    }

    @Test
    void substitutesReachEveryFormOfCallAndNoOtherLayer() {
        Parameter table = new Parameter(rng.randn(DType.F32, 4, 3));
        Embedding words = new Embedding(table);
        Linear head = new Linear(table, null);
        final class Model extends Layer {
            private final Parameter scale = parameter("scale", Tensor.ones(3));
            private final Embedding in = child("in", words);
            private final Linear out = child("out", head);

            Tensor scores(Tensor numbers) {
                return called(() -> out.forward(in.forward(numbers).mul(scale.tensor())));
            }
        }
        Model model = new Model();
        Tensor numbers = Tensor.of(1L, 3L);
        Tensor before = Autograd.noGrad(() -> model.scores(numbers));
        Parameter other = new Parameter(Tensor.ones(3).mul(3));
        Runnable scaled = model.substitute(() -> Map.of("scale", other.tensor()));
        assertThat(Autograd.noGrad(() -> model.scores(numbers)).toFloatArray())
                .containsExactly(before.mul(3).toFloatArray(), within(1e-5f));
        Gradients gradients = Autograd.gradients(model.scores(numbers).sum());
        assertThat(gradients.has(other.leaf())).isTrue();
        assertThat(gradients.has(model.scale.leaf())).isFalse();
        scaled.run();
        Supplier<Map<String, Tensor>> zeros = () -> Map.of("weight", Tensor.zeros(4, 3));
        Runnable first = words.substitute(zeros);
        Runnable second = words.substitute(zeros);
        first.run();
        assertThat(words.isAdapted()).isTrue();
        assertThat(words.forward(numbers).toFloatArray()).containsOnly(0);
        assertThat(head.forward(Tensor.ones(1, 3)).toFloatArray()).doesNotContain(0);
        second.run();
        assertThat(Autograd.noGrad(() -> model.scores(numbers)).toFloatArray()).isEqualTo(before.toFloatArray());
        Runnable wrong = words.substitute(() -> Map.of("weight", Tensor.zeros(4, 4)));
        assertThatThrownBy(() -> words.forward(numbers)).isInstanceOf(TensorException.class);
        wrong.run();
    }
}
