package dev.lanewise.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.nn.sequence.LSTM;
import dev.lanewise.nn.sequence.MultiHeadAttention;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Layers that compute in a model without being among its children are noticed, and only those that matter. */
final class UnlistedLayersTest {
    private static final Tensor X = Tensor.ones(2, 3);

    private static final class Forgetful extends Layer {
        private final Layer hidden;
        private final Linear out = child("out", new Linear(3, 3, new Rng(2)));

        Forgetful(Layer hidden) {
            this.hidden = hidden;
        }

        @Override
        protected Tensor compute(Tensor x) {
            return out.forward(hidden.forward(x));
        }
    }

    private static Linear linear() {
        return new Linear(3, 3, new Rng(1));
    }

    private static void assertNoticed(Layer model) {
        assertThatThrownBy(() -> model.forward(X))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("Linear is called inside")
                .hasMessageContaining("child(...)");
    }

    @Test
    void childWithoutChildIsAnError() {
        assertNoticed(new Forgetful(linear()));
        assertNoticed(new Sequential(new Forgetful(linear())));
        assertThatThrownBy(() -> new Forgetful(new Sequential(linear(), new ReLU(), linear())).forward(X))
                .hasMessageContaining("Sequential is called inside layer Forgetful");
    }

    @Test
    void lambdaWithUnlistedLayersIsAnError() {
        Linear block = linear();
        assertNoticed(new Lambda(x -> x.add(block.forward(x))));
        assertNoticed(new Sequential(new ReLU(), new Lambda(x -> x.add(block.forward(x)))));
        assertThat(new Lambda(x -> x.add(block.forward(x)), block)
                        .forward(X)
                        .shape()
                        .rank())
                .isEqualTo(2);
    }

    @Test
    void listThatIsNoChildIsNoticedByItsLayers() {
        LayerList<Linear> list = new LayerList<>(List.of(linear()));
        assertNoticed(new Lambda(x -> list.get(0).forward(x)));
    }

    @Test
    void layersWithSeveralInputsAndRecurrentOnesAreNoticed() {
        MultiHeadAttention attention = new MultiHeadAttention(4, 2, new Rng(1));
        LSTM lstm = new LSTM(4, 4);
        Tensor x = Tensor.ones(1, 2, 4);
        assertThatThrownBy(() -> new Lambda(y -> attention.selfAttention(y, null, true)).forward(x))
                .hasMessageContaining("MultiHeadAttention is called inside layer Lambda");
        assertThatThrownBy(() -> new Lambda(y -> lstm.run(y).output()).forward(x))
                .hasMessageContaining("LSTM");
    }

    @Test
    void errorLeavesNothingBehind() {
        assertNoticed(new Forgetful(linear()));
        assertThat(linear().forward(X).shape().elements()).isEqualTo(6);
    }

    @Test
    void frozenTeachersAndThoseWithoutRecordingAreAllowed() {
        Linear frozen = linear();
        frozen.freeze(true);
        assertThat(new Forgetful(frozen).forward(X).shape().elements()).isEqualTo(6);
        Linear teacher = linear();
        Lambda quiet = new Lambda(x -> Autograd.noGrad(() -> teacher.forward(x)));
        assertThat(quiet.forward(X).shape().elements()).isEqualTo(6);
    }

    @Test
    void layersWithoutParametersNeedNotBeChildren() {
        assertThat(new Forgetful(new ReLU()).forward(X).shape().elements()).isEqualTo(6);
    }

    @Test
    void dropoutThatEvaluationModeDoesNotReachIsAnError() {
        Forgetful model = new Forgetful(new Dropout(0.5));
        assertThat(model.forward(X).shape().elements()).isEqualTo(6);
        model.eval();
        assertThatThrownBy(() -> Autograd.noGrad(() -> model.forward(X)))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("Dropout is in training mode inside")
                .hasMessageContaining("child(...)");
    }

    @Test
    void sharedParametersMayComputeThroughAnotherLayer() {
        Linear tied = linear();
        final class Tied extends Layer {
            Tied() {
                parameter("weight", tied.weight());
                parameter("bias", tied.bias());
            }

            @Override
            protected Tensor compute(Tensor x) {
                return tied.forward(x);
            }
        }
        assertThat(new Tied().forward(X).shape().elements()).isEqualTo(6);
    }
}
