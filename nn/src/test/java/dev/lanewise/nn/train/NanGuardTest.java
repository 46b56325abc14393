package dev.lanewise.nn.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.lanewise.nn.Lambda;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.Linear;
import dev.lanewise.nn.Sequential;
import dev.lanewise.nn.data.DataLoader;
import dev.lanewise.nn.data.TensorDataset;
import dev.lanewise.nn.loss.CrossEntropyLoss;
import dev.lanewise.nn.loss.Loss;
import dev.lanewise.nn.optim.Sgd;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.spi.Backend;
import dev.lanewise.tensor.spi.Backends;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

final class NanGuardTest {
    private static final Loss SQUARES = (output, y) -> output.square().mean();

    private static DataLoader ones(float first) {
        Tensor x = Tensor.ones(8, 3);
        x.select(0, 0).assign(Tensor.scalar(first));
        return new DataLoader(new TensorDataset(x, Tensor.zeros(8, 1)), 4, false, 0);
    }

    private static Layer then(UnaryOperator<Tensor> last) {
        return new Sequential(new Linear(3, 2, new Rng(1)), new Lambda(last));
    }

    private static String failure(Layer model, Loss loss, double rate, DataLoader data, Callback... callbacks) {
        Backend before = Backends.of(Device.CPU);
        NonFiniteException[] failure = new NonFiniteException[1];
        assertThatExceptionOfType(NonFiniteException.class)
                .isThrownBy(() -> new Trainer(model, loss, new Sgd(model.parameters(), rate))
                        .callbacks(callbacks)
                        .fit(data, 3))
                .satisfies(e -> failure[0] = e);
        assertThat(Backends.of(Device.CPU)).isSameAs(before);
        assertThat(failure[0].getMessage()).doesNotContain("\n");
        return failure[0].getMessage();
    }

    @Test
    void theFirstOperationIsNamedWithShapesStepAndRemedy() {
        Layer model = then(x -> x.square().neg().log());
        float[] before = model.parameters().getFirst().leaf().toFloatArray();
        assertThat(failure(model, SQUARES, 0.1, ones(1)))
                .contains("the loss became NaN in epoch 1, step 1", "the first NaN came from log of", "[4, 2]")
                .contains("on the way forward", "8 of 8 elements", "clamp");
        assertThat(model.parameters().getFirst().leaf().toFloatArray()).containsExactly(before);
    }

    @Test
    void gradientsAreGuardedBeforeTheySpoilTheWeights() {
        // sqrt has an infinite slope at 0, which the chain rule multiplies by 0
        UnaryOperator<Tensor> flat = x -> x.mul(0).sqrt();
        Layer guarded = then(flat);
        float[] before = guarded.parameters().getFirst().leaf().toFloatArray();
        assertThat(failure(guarded, (output, y) -> output.mean(), 0.1, ones(1), new NanGuard()))
                .contains("the gradient of 0.weight became NaN in epoch 1, step 1", "on the way backward")
                .contains("after the first infinity from div");
        assertThat(guarded.parameters().getFirst().leaf().toFloatArray()).containsExactly(before);
        assertThat(failure(then(flat), (output, y) -> output.mean(), 0.1, ones(1)))
                .contains("the loss became NaN in epoch 1, step 2", "the model's 0.weight has", "NanGuard");
    }

    @Test
    void badDataIsNamed() {
        assertThat(failure(then(x -> x), SQUARES, 0.1, ones(Float.NaN)))
                .contains("step 1", "the batch's", "[4, 3]", "3 NaN or infinite elements");
    }

    @Test
    void aTrainingThatExplodesIsToldToSlowDown() {
        assertThat(failure(Toy.plainModel(1), new CrossEntropyLoss(), 1e30, Toy.loader(22)))
                .contains("the loss became", "came from", "smaller learning rate");
    }

    @Test
    void theStepIsWatchedWithItsOwnRandomNumbers() {
        // one element in a thousand steps over the edge; only the same numbers find the operation again
        Rng.global().seed(5);
        Layer rare = then(x -> x.mul(0)
                .add(Rng.global().rand(DType.F32, x.shape().toArray()).sub(1e-3))
                .log());
        DataLoader many = new DataLoader(new TensorDataset(Tensor.ones(4000, 3), Tensor.zeros(4000, 1)), 4, false, 0);
        assertThat(failure(rare, SQUARES, 0, many)).contains("the first NaN came from log of", "1 of 8 elements");
    }
}
