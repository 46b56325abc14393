package dev.lanewise.distributed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.autograd.Gradients;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class GradientListenerTest {
    private final Tensor first = Autograd.watch(Tensor.of(1f, 2f));
    private final Tensor second = Autograd.watch(Tensor.of(3f, 4f));
    private final Tensor unused = Autograd.watch(Tensor.of(5f, 6f));
    private final Map<Integer, float[]> told = new LinkedHashMap<>();
    private final List<Tensor> watched = List.of(first, second, unused);

    private Gradients gradients(Tensor loss) {
        return Autograd.gradients(loss, watched, (index, gradient) -> told.put(index, gradient.toFloatArray()));
    }

    @Test
    void tellsInTheOrderInWhichGradientsBecomeFinalAndOfWholeSumsOnly() {
        // first is used at the beginning and at the end: its gradient is final after the beginning's
        Tensor loss = first.mul(2).exp().mul(second).mul(first).sum();
        Gradients all = gradients(loss);
        assertThat(told.keySet()).containsExactly(1, 0);
        assertThat(told.get(0)).isEqualTo(all.of(first).toFloatArray());
        assertThat(told.get(1)).isEqualTo(all.of(second).toFloatArray());
        assertThat(all.has(unused)).isFalse();
        Gradients plain =
                Autograd.gradients(first.mul(2).exp().mul(second).mul(first).sum());
        assertThat(told.get(0)).isEqualTo(plain.of(first).toFloatArray());
    }

    @Test
    void waitsForWhatACheckpointComputesAgain() {
        // second is used inside, where the record does not show it
        Tensor inside = Autograd.checkpoint(x -> x[0].mul(second), first);
        Gradients all = gradients(inside.mul(second).mul(first).sum());
        assertThat(told.get(0)).isEqualTo(all.of(first).toFloatArray());
        assertThat(told.get(1)).isEqualTo(all.of(second).toFloatArray());
        assertThat(told.get(1)).containsExactly(2 * 3 * 1, 2 * 4 * 4);
    }

    @Test
    void rowsAreInTheResultAlone() {
        Tensor table = Autograd.watchRows(Tensor.of(new float[][] {{1, 2}, {3, 4}, {5, 6}}));
        List<Integer> indices = new ArrayList<>();
        Gradients all = Autograd.gradients(
                table.embedding(Tensor.of(2L, 0L)).mul(first).sum(),
                List.of(table, first),
                (index, gradient) -> indices.add(index));
        assertThat(indices).containsExactly(1);
        assertThat(all.rows(table)).isPresent();
    }

    @Test
    void gradientsFromElsewhereAreFoundByTheirTensors() {
        Gradients made = Gradients.from(Map.of(first, Tensor.of(7f, 8f)), Map.of());
        assertThat(made.of(first).toFloatArray()).containsExactly(7, 8);
        assertThat(made.has(second)).isFalse();
        assertThatThrownBy(() -> Gradients.from(Map.of(Tensor.of(1f), Tensor.of(1f)), Map.of()))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("not watched");
    }
}
